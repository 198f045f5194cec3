// What a batch of datagrams consists of. Not for users.
//
// `slots` are the buffers, side by side in `memory`, each with the address of what is in it; `entries` are
// the datagrams. After a plain read, and when datagrams are pushed, entry i stands in slot i. After a
// coalesced read one slot, as large as the largest datagram, holds a run of entries that came from one peer.
//
// Reading and writing have message headers of their own. Those for reading are arranged once; what the kernel
// has changed in them is mended before the next read.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include <leat/net/packet_info.hpp>

namespace leat::net {

struct udp_batch::state {
  /// What the kernel may put into one message, and what a message may hold to be taken for one: 64 segments.
  static constexpr std::size_t most_segments = 64;
  /// Segments that a run which this machine sends to itself may have in newer kernels.
  static constexpr std::size_t most_coalesced = 128;
  /// A slot of this size holds any run.
  static constexpr std::size_t coalesced_slot_bytes = std::size_t{1} << 16;
  /// A message may not be longer, headers included, than 64 KiB, segmented or not.
  static constexpr std::size_t most_message_bytes = 65507;
  /// So many messages go into one system call: more keep the worker from its other goroutines.
  static constexpr std::size_t messages_per_write = 128;

  /// How a socket is read.
  struct manner {
    bool connected = false;    // every datagram comes from the one peer: no addresses are asked for
    bool packet_info = false;  // datagrams come with where they were sent to
    bool coalesced = false;    // datagrams come in runs

    bool operator==(const manner&) const = default;
  };

  union any_address {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };

  struct slot {
    any_address address;         // valid up to `address_size`
    socklen_t address_size = 0;  // 0: the peer of a connected socket
    bool has_source = false;     // it is to be sent from `arrival.local`
    udp_arrival arrival;
    std::uint32_t source_interface = 0;  // 0: as the system's routes say
  };

  struct entry {
    std::byte* data = nullptr;
    std::uint32_t size = 0;
    std::uint32_t room = 0;
    std::uint32_t slot = 0;
    bool truncated = false;
    std::error_code error;
  };

  /// What a message that is sent holds: the entries before `end`, from where the message before it ended.
  struct outgoing {
    control_buffer control;
    std::size_t end = 0;
  };

  /// What the sender of a batch has found out so far.
  struct sending {
    std::size_t next = 0;         // the first entry that is neither sent nor given up
    std::size_t plain_until = 0;  // entries before this one are sent one by one
    std::size_t suspect = 0;      // segments of that size were refused, if one by itself is not; 0: none
    std::error_code suspicion;    // how they were refused
    std::error_code first;        // the first error
  };

  state(std::size_t datagrams, std::size_t bytes);

  // Reading.
  /// Makes the headers ready. False if there is no room for a run of datagrams.
  bool arrange(const manner& how, const endpoint& peer) noexcept;
  /// Makes entries of what the first `count` headers hold.
  void take(std::size_t count) noexcept;

  // Writing.
  /// Describes as many datagrams from `so_far.next` on as go into one system call, and returns in how many
  /// messages.
  std::size_t compose(const sending& so_far) noexcept;
  /// The first `count` messages were sent.
  void note_sent(sending& so_far, std::size_t count) noexcept;
  /// The first message was refused.
  void note_refused(sending& so_far, std::error_code why) noexcept;
  /// Nothing more is sent.
  void give_up(sending& so_far, std::error_code why) noexcept;

  bool full() const noexcept { return free_slot == slots.size(); }
  entry& add(std::size_t in_slot, std::byte* data, std::size_t size, std::size_t room) noexcept;

  const std::size_t bytes_each;
  const std::unique_ptr<std::byte[]> memory;
  std::vector<slot> slots;
  std::vector<entry> entries;  // `size` of them are in use
  std::size_t size = 0;
  std::size_t free_slot = 0;  // the first one whose buffer is not in use
  endpoint peer;              // of the connected socket that was read last

  manner arranged_for;
  std::size_t arranged = 0;  // headers that are arranged
  std::size_t touched = 0;   // those that the kernel has changed since
  std::vector<mmsghdr> in_headers;
  std::vector<iovec> in_parts;
  std::vector<control_buffer> in_controls;

  std::vector<mmsghdr> out_headers;
  std::vector<iovec> out_parts;
  std::vector<outgoing> out_messages;
  /// Longer ones are sent one by one: what the sockets that this batch met can cut into segments.
  std::size_t segment_limit = most_message_bytes;

 private:
  void arrange_header(std::size_t index) noexcept;
  void take_run(std::size_t in_slot, std::size_t segment_bytes) noexcept;
  bool continues_run(const entry& first, const entry& last, const entry& next) const noexcept;
  bool goes_to_v6(const slot& to) const noexcept;
  bool same_way(const slot& one, const slot& other) const noexcept;
  std::size_t run_end(std::size_t first, std::size_t plain_until) const noexcept;
  std::size_t describe(std::size_t message, std::size_t first, std::size_t end, std::size_t part) noexcept;
  std::size_t slot_bytes() const noexcept {
    return arranged_for.coalesced ? coalesced_slot_bytes : bytes_each;
  }
};

}  // namespace leat::net
