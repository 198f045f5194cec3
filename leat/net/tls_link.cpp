#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <mutex>

#include <leat/go.hpp>
#include <leat/net/stream_access.hpp>
#include <leat/net/system_error.hpp>
#include <leat/net/tls_link.hpp>
#include <leat/runtime/descriptor.hpp>

namespace leat::net {
namespace {

// How long close() waits at most for a peer that does not read, to tell it that this was all.
constexpr std::chrono::seconds goodbye_patience{1};

constexpr auto nothing = [] {};

// Every try has a buffer, and the waits between them have none.
result<std::size_t> read_carrier(runtime::descriptor& carrier, tls_buffer& buffer) {
  return carrier.perform_stream_read(tls_buffer_bytes, [&buffer](int fd) -> ssize_t {
    buffer = tls_buffer::take();
    if (!buffer) {
      errno = ENOMEM;
      return -1;
    }
    const ssize_t count = ::read(fd, buffer.bytes().data(), tls_buffer_bytes);
    if (count < 0) {
      const int why = errno;
      buffer.give_back();
      errno = why;
    }
    return count;
  });
}

}  // namespace

tls_link::tls_link(ssl_handle ssl, std::unique_ptr<stream> below, std::chrono::nanoseconds handshake_timeout,
                   std::shared_ptr<const void> context)
    : context_(std::move(context)),
      below_(std::move(below)),
      handshake_timeout_(handshake_timeout),
      engine_(std::move(ssl)) {}

// What the stream below says of a connection that is being closed is that it was closed.
std::unexpected<std::error_code> tls_link::own_error(std::error_code error) const noexcept {
  if (closed_.load(std::memory_order_acquire)) return fail(errc::closed);
  return std::unexpected(error);
}

result<void> tls_link::check_open() const noexcept {
  if (closed_.load(std::memory_order_acquire)) return fail(errc::closed);
  return {};
}

result<std::size_t> tls_link::read(std::span<std::byte> buffer) {
  if (buffer.empty()) {
    if (auto open = check_open(); !open) return std::unexpected(open.error());
    return 0;
  }
  if (auto ready = handshake(); !ready) return std::unexpected(ready.error());
  const tls_turn own(reads_, nothing);
  if (!own.begun()) return std::unexpected(own.begun().error());
  for (;;) {
    const tls_step step = engine_.read(buffer);
    if (step.has_output) send_answers();
    if (step.how == tls_progress::done) return step.bytes;
    const auto more = await_plaintext(step, false);
    if (!more) return std::unexpected(more.error());
    if (!*more) return 0;
  }
}

result<void> tls_link::wait_readable() {
  if (auto ready = handshake(); !ready) return ready;
  const tls_turn own(reads_, nothing);
  if (!own.begun()) return own.begun();
  for (;;) {
    const tls_step step = engine_.peek();
    if (step.has_output) send_answers();
    if (step.how == tls_progress::done) return {};
    const auto more = await_plaintext(step, true);
    if (!more && (more.error() == errc::closed || more.error() == errc::deadline_exceeded))
      return std::unexpected(more.error());
    if (!more || !*more) return {};  // a read returns at once
  }
}

// After a step that had no plaintext: true if it is worth repeating, false at the end of the stream.
result<bool> tls_link::await_plaintext(const tls_step& step, bool hold_nothing) {
  switch (step.how) {
    case tls_progress::wants_input:
      return fetch_input(hold_nothing);
    case tls_progress::wants_output:
      // So much to answer, and none of it sent yet: from here on the peer is not heard before it reads.
      if (auto sent = flush_in_turn(); !sent) return std::unexpected(sent.error());
      return true;
    case tls_progress::ended:
      return end_reading({});
    case tls_progress::failed:
      return end_reading(step.error);
    case tls_progress::done:
      break;
  }
  return true;
}

result<bool> tls_link::end_reading(std::error_code why) noexcept {
  read_end_ = why;
  if (why) return std::unexpected(why);
  return false;
}

// The stream below has failed, which it may tell only once. A deadline is no failure: it may be moved.
result<bool> tls_link::stop_reading(std::error_code error) noexcept {
  if (error == errc::deadline_exceeded || !check_open()) return own_error(error);
  return end_reading(error);
}

// A connection whose last read took all there was will probably wait: then it does so without buffers.
result<bool> tls_link::fetch_input(bool hold_nothing) {
  if (read_end_) return end_reading(*read_end_);
  const bool will_wait = hold_nothing || !more_waits_;
  if (will_wait) engine_.release_buffers();
  tls_buffer buffer;
  runtime::descriptor* carrier = stream_access::carrier(*below_);
  const auto count = carrier ? read_carrier(*carrier, buffer) : read_below(buffer, will_wait);
  if (!count) return stop_reading(count.error());
  if (*count == 0) {
    const bool asked_for = read_closed_.load(std::memory_order_acquire);
    return end_reading(asked_for ? std::error_code() : make_error_code(errc::unexpected_end));
  }
  more_waits_ = *count == buffer.bytes().size();
  engine_.feed(std::move(buffer), *count);
  return true;
}

result<std::size_t> tls_link::read_below(tls_buffer& buffer, bool wait_first) {
  if (wait_first) {
    if (auto ready = below_->wait_readable(); !ready) return std::unexpected(ready.error());
  }
  buffer = tls_buffer::take();
  if (!buffer) return system_error(ENOMEM);
  return below_->read(buffer.bytes());
}

// The reader goes on while somebody else writes what the engine has to say.
void tls_link::send_answers() noexcept {
  if (!writes_.ask()) return;
  const auto send = [self = shared_from_this()] {
    if (!self->flush_in_turn()) self->writes_.withdraw();
  };
  try {
    go(send);
  } catch (const std::exception&) {
    send();  // there is no memory for another goroutine
  }
}

result<void> tls_link::flush_in_turn() noexcept {
  const write_turn own(writes_, {this});
  if (!own.begun()) return own.begun();
  return flush();
}

// A turn in which a user's data is written.
class tls_link::user_write {
 public:
  explicit user_write(tls_link& link) noexcept : link_(link), turn_(link.writes_, {&link}) {
    if (!turn_.begun()) return;
    link_.user_writes_.store(true, std::memory_order_release);
    able_ = link_.check_writable();
  }
  ~user_write() {
    if (turn_.begun()) link_.user_writes_.store(false, std::memory_order_release);
  }
  user_write(const user_write&) = delete;
  user_write& operator=(const user_write&) = delete;

  const result<void>& able() const noexcept { return turn_.begun() ? able_ : turn_.begun(); }

 private:
  tls_link& link_;
  const write_turn turn_;
  result<void> able_;
};

result<void> tls_link::check_writable() const noexcept {
  if (write_closed_.load(std::memory_order_acquire)) return system_error(EPIPE);
  if (write_error_) return std::unexpected(write_error_);
  return {};
}

result<void> tls_link::write(std::span<const std::byte> data) {
  if (data.empty()) return check_open();
  if (auto ready = handshake(); !ready) return ready;
  const user_write own(*this);
  if (!own.able()) return own.able();
  return write_all(data);
}

result<void> tls_link::writev(std::span<const std::span<const std::byte>> parts) {
  if (std::ranges::all_of(parts, [](const auto& part) { return part.empty(); })) return check_open();
  if (auto ready = handshake(); !ready) return ready;
  const user_write own(*this);
  if (!own.able()) return own.able();
  const tls_buffer gathered = tls_buffer::take();
  if (!gathered) return system_error(ENOMEM);
  const std::span<std::byte> record = gathered.bytes().first(tls_record_bytes);
  std::size_t used = 0;
  for (std::span<const std::byte> rest : parts) {
    while (!rest.empty()) {
      if (used == 0 && rest.size() >= record.size()) {
        const auto whole = rest.first(rest.size() - rest.size() % record.size());
        if (auto sent = write_all(whole); !sent) return sent;
        rest = rest.subspan(whole.size());
        continue;
      }
      const std::size_t count = std::min(rest.size(), record.size() - used);
      std::memcpy(record.data() + used, rest.data(), count);
      rest = rest.subspan(count);
      used += count;
      if (used < record.size()) continue;
      if (auto done = encrypt(record); !done) return done;
      used = 0;
    }
  }
  if (used > 0) {
    if (auto done = encrypt(record.first(used)); !done) return done;
  }
  return flush();
}

result<void> tls_link::write_all(std::span<const std::byte> data) noexcept {
  constexpr std::size_t at_once = tls_records_per_buffer * tls_record_bytes;
  while (!data.empty()) {
    const auto part = data.first(std::min(data.size(), at_once));
    if (auto done = encrypt(part); !done) return done;
    if (auto sent = flush(); !sent) return sent;
    data = data.subspan(part.size());
  }
  return {};
}

result<void> tls_link::encrypt(std::span<const std::byte> data) noexcept {
  for (;;) {
    const tls_step step = engine_.write(data);
    if (step.how == tls_progress::done) return {};
    if (step.how != tls_progress::wants_output) {
      // Wanting input to write means to negotiate anew, which is switched off.
      write_error_ = step.error ? step.error : std::make_error_code(std::errc::protocol_error);
      return own_error(write_error_);
    }
    if (auto sent = flush(); !sent) return sent;
  }
}

// A step of the engine that has something to say, and its being said.
result<void> tls_link::carry_out(tls_step (tls_engine::*what)()) noexcept {
  for (;;) {
    const tls_step step = (engine_.*what)();
    if (auto sent = flush(); !sent) return sent;
    if (step.how == tls_progress::failed) return own_error(step.error);
    if (step.how != tls_progress::wants_output) return {};
  }
}

result<void> tls_link::flush() noexcept {
  for (;;) {
    const tls_output output = engine_.take_output();
    if (output.empty()) return {};
    if (write_error_) return own_error(write_error_);
    if (auto sent = below_->write(output.bytes()); !sent) {
      // A reset is told once, and from then on this direction is at its end: so sockets have it.
      const bool reset = sent.error() == std::errc::connection_reset;
      write_error_ = reset ? std::make_error_code(std::errc::broken_pipe) : sent.error();
      return own_error(sent.error());
    }
  }
}

result<void> tls_link::close_write() {
  if (auto ready = handshake(); !ready) return ready;
  const auto taken = writes_.try_begin();
  if (!taken) return std::unexpected(taken.error());
  if (*taken) {
    const write_turn own(writes_, {this}, write_turn::begun_before{});
    return end_writing();
  }
  if (user_writes_.load(std::memory_order_acquire)) {
    write_closed_.store(true, std::memory_order_release);
    return below_->close_write();  // wakes the writer
  }
  const write_turn own(writes_, {this});  // whoever has it only sends answers
  if (!own.begun()) return own.begun();
  return end_writing();
}

result<void> tls_link::end_writing() noexcept {
  if (write_error_) return own_error(write_error_);
  if (write_closed_.exchange(true, std::memory_order_acq_rel)) return {};
  return carry_out(&tls_engine::shutdown);
}

result<void> tls_link::close_read() {
  if (auto open = check_open(); !open) return open;
  read_closed_.store(true, std::memory_order_release);
  return below_->close_read();
}

result<void> tls_link::close() noexcept {
  if (closed_.exchange(true, std::memory_order_acq_rel)) return fail(errc::closed);
  handshakes_.close();
  reads_.close();
  const bool nobody_writes = writes_.close();
  if (nobody_writes && shaken_.load(std::memory_order_acquire)) say_goodbye();
  static_cast<void>(below_->close());
  return {};
}

void tls_link::say_goodbye() noexcept {
  {
    const std::lock_guard guard(deadline_lock_);  // who moves deadlines sees from now on that it is closed
    // Who waits below for input need not wait for the peer to read, too.
    static_cast<void>(below_->set_read_deadline(time_point{}));
    static_cast<void>(below_->set_write_deadline(deadline_after(goodbye_patience)));
  }
  if (!write_error_ && !write_closed_.load(std::memory_order_acquire))
    static_cast<void>(engine_.shutdown());  // nothing can be done if it fails
  static_cast<void>(flush());
}

result<void> tls_link::update_keys() {
  if (auto ready = handshake(); !ready) return ready;
  const user_write own(*this);
  if (!own.able()) return own.able();
  return carry_out(&tls_engine::update_keys);
}

result<tls_details> tls_link::details() {
  if (auto ready = handshake(); !ready) return std::unexpected(ready.error());
  return engine_.details();
}

}  // namespace leat::net
