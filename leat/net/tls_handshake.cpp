// The part of a TLS connection that is over once the handshake is, and its deadlines, which the handshake
// bends.
#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>

#include <leat/net/tls_link.hpp>

namespace leat::net {
namespace {

// Most flights of a handshake fit: this lies on the stack while the peer makes up its mind.
constexpr std::size_t landing_bytes = 4096;

}  // namespace

result<void> tls_link::handshake() {
  if (auto open = check_open(); !open) return open;
  if (shaken_.load(std::memory_order_acquire)) return {};
  const tls_turn own(handshakes_, [] {});
  if (!own.begun()) return own.begun();
  if (shaken_.load(std::memory_order_acquire)) return {};
  if (handshake_error_) return std::unexpected(handshake_error_);
  if (auto started = start_clock(); !started) return started;
  const auto shaken = shake_hands();
  if (shaken) {
    stop_clock();
    return {};
  }
  engine_.feed(std::span<const std::byte>());  // what may lie on the stack of this call
  if (!may_try_again(shaken.error())) handshake_error_ = shaken.error();
  return own_error(shaken.error());
}

result<void> tls_link::shake_hands() {
  std::array<std::byte, landing_bytes> landing;
  for (;;) {
    const tls_step step = engine_.handshake();
    if (step.has_output) {
      const auto sent = flush();
      // A client of TLS 1.3 may be gone before it is given tickets for later: what it has sent still counts.
      const bool only_tickets = step.how == tls_progress::done && engine_.is_server();
      if (!sent && step.how != tls_progress::failed && !only_tickets) return sent;
    }
    switch (step.how) {
      case tls_progress::done:
        if (!engine_.keep_input()) return std::unexpected(std::make_error_code(std::errc::not_enough_memory));
        return {};
      case tls_progress::wants_output:
        break;
      case tls_progress::wants_input:
        if (auto received = receive(landing); !received) return received;
        break;
      case tls_progress::ended:
        return fail(errc::unexpected_end);
      case tls_progress::failed:
        return std::unexpected(step.error);
    }
  }
}

result<void> tls_link::receive(std::span<std::byte> landing) {
  const auto count = below_->read(landing);
  if (!count) return std::unexpected(count.error());
  if (*count == 0) return fail(errc::unexpected_end);
  engine_.feed(landing.first(*count));
  return {};
}

// A user's deadline can be moved, and then the handshake goes on where it was; unless it was cut in a write.
bool tls_link::may_try_again(std::error_code error) noexcept {
  if (error != errc::deadline_exceeded || write_error_) return false;
  const std::lock_guard guard(deadline_lock_);
  return clock::now() < handshake_deadline_;
}

result<void> tls_link::start_clock() noexcept {
  const std::lock_guard guard(deadline_lock_);
  if (handshake_deadline_ == never) handshake_deadline_ = deadline_after(handshake_timeout_);
  return apply_deadlines();
}

void tls_link::stop_clock() noexcept {
  const std::lock_guard guard(deadline_lock_);
  shaken_.store(true, std::memory_order_release);
  static_cast<void>(apply_deadlines());  // a stream that was closed says so to whoever uses it next
}

result<void> tls_link::set_read_deadline(time_point when) noexcept {
  const std::lock_guard guard(deadline_lock_);
  if (auto open = check_open(); !open) return open;
  read_deadline_ = when;
  return apply_deadlines();
}

result<void> tls_link::set_write_deadline(time_point when) noexcept {
  const std::lock_guard guard(deadline_lock_);
  if (auto open = check_open(); !open) return open;
  write_deadline_ = when;
  return apply_deadlines();
}

// Expects the lock of the deadlines held.
result<void> tls_link::apply_deadlines() noexcept {
  reads_.set_deadline(read_deadline_);
  writes_.set_deadline(write_deadline_);
  time_point read = read_deadline_;
  time_point write = write_deadline_;
  if (!shaken_.load(std::memory_order_relaxed)) {
    handshakes_.set_deadline(std::min(read, write));
    read = write = std::min({read, write, handshake_deadline_});
  }
  if (read != told_read_) {
    if (auto told = below_->set_read_deadline(read); !told) return own_error(told.error());
    told_read_ = read;
  }
  if (write != told_write_) {
    if (auto told = below_->set_write_deadline(write); !told) return own_error(told.error());
    told_write_ = write;
  }
  return {};
}

}  // namespace leat::net
