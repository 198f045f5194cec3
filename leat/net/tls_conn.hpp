// A TLS connection (1.2 or 1.3): a stream whose bytes travel encrypted over another stream, and whose peer
// has shown who it is.
//
//   auto server = leat::net::tls_server::create({.identities = {own}}).value();
//   auto conn = server.wrap(std::move(tcp));  // a client: client.wrap(std::move(tcp), "example.org").value()
//   if (auto shaken = conn.handshake(); !shaken) log(shaken.error().message());
//
// It keeps the contract of leat::net::stream, also where TLS makes that hard: one goroutine may read while
// another writes, and what the protocol has to answer meanwhile (new keys) is answered though nobody writes.
//
// The handshake happens when it is first needed, or by handshake(). It needs both directions, so until it is
// done the earlier of the two deadlines holds for either, and it has a time limit of its own. What ends a
// handshake, but for those two deadlines, ends the connection: every later call returns the same error.
//
// The end of the stream is the peer's close_notify. A stream below that ends without one was cut, by a broken
// peer or by somebody between: reads return errc::unexpected_end.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <leat/net/stream.hpp>
#include <leat/net/tls_details.hpp>

namespace leat::net {

class tls_link;

class tls_conn final : public stream {
 public:
  /// A closed connection.
  tls_conn() noexcept = default;
  tls_conn(tls_conn&& other) noexcept = default;
  tls_conn& operator=(tls_conn&& other) noexcept;
  ~tls_conn() override;

  /// Agrees with the peer on keys, and finds out who it is. Returns at once if that is done. Blocks;
  /// unblocked by the peer's messages, the time limit of the configuration, both deadlines and close().
  /// Errors: errc::deadline_exceeded, errc::closed, errc::unexpected_end (the peer closed before the end);
  /// in tls_certificate_category(), why the peer's certificate was refused; tls_errc::not_pinned; in
  /// tls_category(), what the peer did or said ("wrong version number" when it speaks no TLS); and those of
  /// the stream below.
  result<void> handshake();

  /// As stream::read(). Errors, besides those: errc::unexpected_end when the stream was cut, those of
  /// handshake(), and the peer's alerts in tls_category().
  result<std::size_t> read(std::span<std::byte> buffer) override;

  /// As stream::wait_readable(); no buffer is held meanwhile, OpenSSL's included.
  result<void> wait_readable() override;

  /// As stream::write(). Up to four records go into one write of the stream below. After a write that failed
  /// half-way (a deadline, too), every later one fails with the same error, or with EPIPE after a reset.
  result<void> write(std::span<const std::byte> data) override;
  using stream::write;

  /// Small parts are gathered into full records.
  result<void> writev(std::span<const std::span<const std::byte>> parts) override;

  /// Sends close_notify: the peer reads what was written, and then the end of the stream. Reading goes on
  /// (RFC 8446, section 6.1); a peer of TLS 1.2 may answer by closing. A write under way is cut, as it would
  /// be on TCP, and the peer then finds the stream cut, too. Errors: as write().
  result<void> close_write() override;
  result<void> close_read() override;

  /// Says close_notify, if nobody is writing and close_write() has not, and closes the stream below. That
  /// may wait for the peer to read, for a second at most. As with any stream, closing over TCP with unread
  /// bytes resets the connection and may lose what is still on its way; in TLS 1.3 a client that never reads
  /// has some, the server's tickets. Who must be sure that all arrives ends with close_write() and reads to
  /// the end.
  result<void> close() noexcept override;

  result<void> set_read_deadline(time_point when) noexcept override;
  result<void> set_write_deadline(time_point when) noexcept override;
  using stream::set_read_deadline;
  using stream::set_write_deadline;

  /// Changes the keys of our direction and asks the peer to do so, too (RFC 8446, section 4.6.3). It happens
  /// by itself after some four million records. Errors: as write(); EOPNOTSUPP in TLS 1.2.
  result<void> update_keys();

  /// What was agreed on. Performs the handshake first if need be, with its errors.
  result<tls_details> details();

  /// The stream below, for its addresses and options; null once closed by moving. To read, write or close it
  /// behind the connection's back breaks the connection.
  stream* below() noexcept;

 private:
  friend struct tls_access;

  explicit tls_conn(std::shared_ptr<tls_link> link) noexcept : link_(std::move(link)) {}

  std::shared_ptr<tls_link> link_;  // null: closed since ever
};

}  // namespace leat::net
