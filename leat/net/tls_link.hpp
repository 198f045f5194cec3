// What a TLS connection is inside: the engine, the stream below, and who may use which of them when.
//
//  - A turn of `reads_` is the right to read from the stream below and to feed the engine; one of `writes_`
//    the right to take the engine's output and write it below. Before the handshake is done nobody takes
//    either, and a turn of `handshakes_` is the right to both.
//  - Output leaves in the order in which the engine made it, for only the holder of the turn takes it, and
//    sends all of it before the turn ends.
//  - A reader whose input made the engine answer does not send the answer itself, since it must not wait for
//    the peer to read: the one who is writing does, or a goroutine started for it.
//  - The stream below has one deadline in each direction: the user's, but during a handshake the earliest of
//    both and of the handshake's own.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <span>

#include <leat/mutex.hpp>
#include <leat/net/stream.hpp>
#include <leat/net/tls_conn.hpp>
#include <leat/net/tls_engine.hpp>
#include <leat/net/tls_turns.hpp>

namespace leat::net {

class tls_link : public std::enable_shared_from_this<tls_link> {
 public:
  /// `context` is kept as long as the connection: OpenSSL's callbacks need it.
  tls_link(ssl_handle ssl, std::unique_ptr<stream> below, std::chrono::nanoseconds handshake_timeout,
           std::shared_ptr<const void> context);
  tls_link(const tls_link&) = delete;
  tls_link& operator=(const tls_link&) = delete;

  result<void> handshake();
  result<std::size_t> read(std::span<std::byte> buffer);
  result<void> wait_readable();
  result<void> write(std::span<const std::byte> data);
  result<void> writev(std::span<const std::span<const std::byte>> parts);
  result<void> close_write();
  result<void> close_read();
  result<void> close() noexcept;
  result<void> set_read_deadline(time_point when) noexcept;
  result<void> set_write_deadline(time_point when) noexcept;
  result<void> update_keys();
  result<tls_details> details();
  stream& below() noexcept { return *below_; }

 private:
  struct flush_output {
    tls_link* link;
    void operator()() const noexcept { static_cast<void>(link->flush()); }
  };
  using write_turn = tls_turn<flush_output>;
  class user_write;

  // With a turn of reads_.
  result<bool> await_plaintext(const tls_step& step, bool hold_nothing);
  result<bool> fetch_input(bool hold_nothing);
  result<std::size_t> read_below(tls_buffer& buffer, bool wait_first);
  result<bool> end_reading(std::error_code why) noexcept;
  result<bool> stop_reading(std::error_code error) noexcept;

  // With a turn of writes_, or of handshakes_.
  result<void> check_writable() const noexcept;
  result<void> write_all(std::span<const std::byte> data) noexcept;
  result<void> encrypt(std::span<const std::byte> data) noexcept;
  result<void> carry_out(tls_step (tls_engine::*what)()) noexcept;
  result<void> flush() noexcept;
  result<void> end_writing() noexcept;
  void say_goodbye() noexcept;

  // Without a turn.
  result<void> check_open() const noexcept;
  void send_answers() noexcept;
  result<void> flush_in_turn() noexcept;
  std::unexpected<std::error_code> own_error(std::error_code error) const noexcept;

  // With a turn of handshakes_.
  result<void> shake_hands();
  result<void> receive(std::span<std::byte> landing);
  bool may_try_again(std::error_code error) noexcept;
  result<void> start_clock() noexcept;
  void stop_clock() noexcept;

  result<void> apply_deadlines() noexcept;

  const std::shared_ptr<const void> context_;
  const std::unique_ptr<stream> below_;
  const std::chrono::nanoseconds handshake_timeout_;
  tls_engine engine_;

  std::atomic<bool> shaken_{false};  // the handshake is done, its last output sent; never unset
  std::atomic<bool> closed_{false};
  std::atomic<bool> read_closed_{false};
  std::atomic<bool> write_closed_{false};
  std::atomic<bool> user_writes_{false};  // the turn of writes_ is a user's, not one for answers alone

  tls_turns handshakes_;
  std::error_code handshake_error_;  // guarded by the turn, as what follows each of the others is by that

  tls_turns reads_;
  bool more_waits_ = false;                  // the last read below filled its buffer
  std::optional<std::error_code> read_end_;  // reading has ended: properly, or by this error

  tls_turns writes_;
  std::error_code write_error_;  // of the write that failed half-way: none works after it

  mutex deadline_lock_;  // guards what follows, and that all to be told of it are told in one order
  time_point read_deadline_ = never;
  time_point write_deadline_ = never;
  time_point handshake_deadline_ = never;
  time_point told_read_ = never;  // to the stream below
  time_point told_write_ = never;
};

/// Makes connections out of what contexts prepare.
struct tls_access {
  static tls_conn connect(ssl_handle ssl, std::unique_ptr<stream> below,
                          std::chrono::nanoseconds handshake_timeout, std::shared_ptr<const void> context) {
    return tls_conn(
        std::make_shared<tls_link>(std::move(ssl), std::move(below), handshake_timeout, std::move(context)));
  }
};

}  // namespace leat::net
