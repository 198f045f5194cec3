// Datagrams by the dozen: a batch is filled by one system call, and sent by one.
//
//   leat::net::udp_batch batch(64);
//   while (socket.read_batch(batch))                 // waits for one, takes all that have come
//     static_cast<void>(socket.write_batch(batch));  // each back to where it came from
//
// A batch owns its buffers and is used again and again: reading and writing allocate nothing. It belongs to
// one goroutine at a time. One that was moved from can be assigned to and destroyed, nothing else.
//
// Under it, where the system can, the network stack is passed once for many datagrams: neighbours in a batch
// that go to the same peer and have the same size are sent as one (segmentation offload, UDP_SEGMENT), and a
// socket with udp_options::coalesced_reads receives runs of datagrams as one (UDP_GRO). Neither changes what
// peers send and receive: the borders of the datagrams stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <string_view>

#include <leat/error.hpp>
#include <leat/net/address.hpp>

namespace leat::net {

/// Which of the machine's addresses a datagram came to. All zero on a socket without
/// udp_options::packet_info.
struct udp_arrival {
  /// Where it was sent to: an address of ours, or a broadcast or multicast address.
  ip_address destination;
  /// The address to answer from, if one follows from the destination; 0.0.0.0 or :: if not.
  ip_address local;
  /// The index of the interface that it came through.
  std::uint32_t interface = 0;
};

/// A datagram in a batch.
struct udp_datagram {
  std::span<std::byte> data;  ///< within the batch: good until the batch is read into, cleared or destroyed
  endpoint peer;           ///< where it came from, or goes to; 0.0.0.0:0 for the peer of a connected socket
  bool truncated = false;  ///< it was longer than its buffer, and the rest of it is lost
};

class udp_batch {
 public:
  /// More than this many datagrams at a time gain nothing.
  static constexpr std::size_t most_datagrams = 1024;
  /// Enough for what crosses the Internet and most networks without being cut into fragments.
  static constexpr std::size_t usual_bytes = 2048;

  /// Room for so many datagrams, 1 to most_datagrams, of so many bytes each, 1 to 65535. Longer ones that are
  /// read into it are truncated, and say so. Throws std::invalid_argument, std::bad_alloc.
  explicit udp_batch(std::size_t datagrams, std::size_t bytes_each = usual_bytes);
  udp_batch(udp_batch&&) noexcept;
  udp_batch& operator=(udp_batch&&) noexcept;
  ~udp_batch();

  /// How many datagrams it has room for.
  std::size_t capacity() const noexcept;
  /// The bytes that a datagram may have.
  std::size_t bytes_each() const noexcept;

  /// How many are in it. After a coalesced read these may be more than capacity().
  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }

  /// The datagram at `index` < size(), in the order in which they came or were pushed.
  udp_datagram operator[](std::size_t index) const noexcept;

  /// Which address of ours the datagram at `index` < size() came to, and will be sent from.
  udp_arrival arrival(std::size_t index) const noexcept;

  /// Why write_batch() could not send the datagram at `index` < size(); no error if it was sent.
  std::error_code error(std::size_t index) const noexcept;

  /// Takes everything out.
  void clear() noexcept;

  /// Puts a copy of `data` at the end, to be sent to `to`, or to the peer of a connected socket. Errors:
  /// errc::too_long (more than bytes_each()), ENOBUFS (capacity() is reached, or the last read was a
  /// coalesced one, which uses all buffers: clear() first).
  result<void> push(std::span<const std::byte> data, const endpoint& to);
  result<void> push(std::span<const std::byte> data);
  result<void> push(std::string_view text, const endpoint& to) {
    return push(std::as_bytes(std::span(text)), to);
  }
  result<void> push(std::string_view text) { return push(std::as_bytes(std::span(text))); }

  /// The buffer of the next datagram, bytes_each() long, to be filled in place; empty if there is none left.
  std::span<std::byte> prepare() noexcept;

  /// As push(), for the first `size` bytes of what prepare() returned.
  result<void> commit(std::size_t size, const endpoint& to);
  result<void> commit(std::size_t size);

  /// Shortens the datagram at `index` < size(), or lengthens it within its buffer; data behind its old end is
  /// what the buffer held. Errors: errc::too_long.
  result<void> resize(std::size_t index, std::size_t size) noexcept;

  /// Where the datagram at `index` < size() is to be sent from: an address of ours, or 0.0.0.0 to leave that
  /// to the system, and the index of an interface, or 0. Errors: EAFNOSUPPORT (its peer is of the other
  /// family).
  result<void> set_source(std::size_t index, const ip_address& local, std::uint32_t interface = 0) noexcept;

  class iterator {
   public:
    using value_type = udp_datagram;
    using difference_type = std::ptrdiff_t;

    iterator() noexcept = default;
    iterator(const udp_batch& of, std::size_t index) noexcept : of_(&of), index_(index) {}
    udp_datagram operator*() const noexcept { return (*of_)[index_]; }
    iterator& operator++() noexcept {
      ++index_;
      return *this;
    }
    iterator operator++(int) noexcept {
      iterator before = *this;
      ++index_;
      return before;
    }
    bool operator==(const iterator&) const noexcept = default;

   private:
    const udp_batch* of_ = nullptr;
    std::size_t index_ = 0;
  };
  iterator begin() const noexcept { return {*this, 0}; }
  iterator end() const noexcept { return {*this, size()}; }

 private:
  friend class udp_socket;
  struct state;

  std::unique_ptr<state> state_;
};

}  // namespace leat::net
