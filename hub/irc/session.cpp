#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <leat/go.hpp>
#include <leat/time.hpp>

#include <hub/irc/session.hpp>

namespace hub::irc {
namespace {

// What is taken from the socket at once: as much as the longest line. It stands on the stack of a reader that
// waits, and must not make that touch a second page.
constexpr std::size_t read_bytes = 512;

constexpr std::size_t parts_per_write = 64;

leat::time_point now() {
  return std::chrono::steady_clock::now();
}

std::string reason_of(const std::error_code& error) {
  if (error == std::errc::connection_reset || error == std::errc::broken_pipe)
    return "Connection reset by peer";
  if (error == std::errc::timed_out) return "Connection timed out";
  if (error == leat::errc::closed) return "Connection closed";
  return fmt::format("Read error: {}", error.message());
}

}  // namespace

session::session(std::unique_ptr<leat::net::stream> conn, const leat::net::endpoint& remote,
                 const session_options& options)
    : conn_(std::move(conn)), remote_(remote), options_(options) {}

void session::read(const listener& tell) {
  hearing heard{.connected_at = now(), .heard_at = now()};
  flood_gate gate(options_.flood, heard.connected_at);
  std::string reason;
  for (;;) {
    std::string bytes = hear(heard, tell, reason);
    if (bytes.empty()) break;
    heard.asked = false;
    if (ending_.load() == ending::no && !heard.leaves_at) pass_on(std::move(bytes), gate, tell);
    // Only now: what the gate holds back for minutes is no silence of the client's.
    heard.heard_at = now();
  }
  if (ending_.load() == ending::too_slow) reason = "SendQ exceeded";
  // A writer that is still at work gets its chance, but not for ever.
  static_cast<void>(conn_->set_write_deadline(options_.close_timeout));
  has_gone_.store(true, std::memory_order_relaxed);
  tell(shared_from_this(), news::gone, std::move(reason));
}

// What the client says next; nothing when the connection has ended, for the reason that is then given.
std::string session::hear(hearing& heard, const listener& tell, std::string& reason) {
  std::array<char, read_bytes> buffer;
  while (reason.empty()) {
    static_cast<void>(conn_->set_read_deadline(next_deadline(heard)));
    // finish() may have set an earlier deadline just before that; it set `ending_` first. However much the
    // client goes on to say, it has only so long to close its side.
    if (ending_.load() == ending::finishing && !heard.leaves_at) {
      heard.leaves_at = now() + options_.close_timeout;
      continue;
    }
    if (ending_.load() == ending::too_slow) break;
    const auto count = conn_->read(std::as_writable_bytes(std::span(buffer)));
    if (count && *count != 0) return {buffer.data(), *count};
    if (count)
      reason = "Connection closed";
    else if (count.error() == leat::errc::deadline_exceeded)
      miss_deadline(heard, tell, reason);
    else
      reason = reason_of(count.error());
  }
  return {};
}

leat::time_point session::next_deadline(const hearing& heard) const {
  if (heard.leaves_at) return *heard.leaves_at;
  if (!registered_.load(std::memory_order_relaxed)) return heard.connected_at + options_.registration_timeout;
  return heard.heard_at + options_.ping_interval +
         (heard.asked ? options_.ping_timeout : std::chrono::milliseconds(0));
}

void session::miss_deadline(hearing& heard, const listener& tell, std::string& reason) {
  if (ending_.load() != ending::no || heard.leaves_at) {
    reason = "Connection closed";
    return;
  }
  // The deadline that passed may be an older one than what is due now.
  if (now() < next_deadline(heard)) return;
  std::string why;
  if (!registered_.load(std::memory_order_relaxed)) {
    why = "Registration timed out";
  } else if (heard.asked) {
    const auto silence = options_.ping_interval + options_.ping_timeout;
    why = fmt::format("Ping timeout: {} seconds", std::chrono::ceil<std::chrono::seconds>(silence).count());
  } else {
    heard.asked = true;
    tell(shared_from_this(), news::silent, {});
    return;
  }
  heard.leaves_at = now() + options_.close_timeout;
  tell(shared_from_this(), news::expelled, std::move(why));
}

void session::pass_on(std::string bytes, flood_gate& gate, const listener& tell) {
  std::size_t passed = 0;
  while (ending_.load() == ending::no) {
    const std::size_t count = gate.admit(std::string_view(bytes).substr(passed), now());
    if (count == bytes.size()) {
      // Nearly always all of it.
      tell(shared_from_this(), news::bytes, std::move(bytes));
      return;
    }
    if (count != 0) tell(shared_from_this(), news::bytes, bytes.substr(passed, count));
    passed += count;
    if (passed == bytes.size()) return;
    leat::sleep_for(gate.wait());
  }
}

bool session::push(const outgoing_line& line) {
  const std::size_t size = line.text().size();
  const std::lock_guard hold(mutex_);
  if (state_ != queue_state::open) return false;
  // Looked at before the line is added: an answer longer than the whole queue may be, such as a LIST, reaches
  // whoever reads.
  if (queued_bytes_.load(std::memory_order_relaxed) > options_.send_queue_bytes) {
    replace_queue_by_last_word();
  } else {
    queue_.push_back(line);
    queued_bytes_.fetch_add(size, std::memory_order_relaxed);
  }
  return !std::exchange(writer_runs_, true);
}

// Under mutex_. A writer that is stuck with an earlier batch gets a last chance to get rid of it.
void session::replace_queue_by_last_word() {
  const std::string last_word =
      fmt::format("ERROR :Closing Link: {} (SendQ exceeded)\r\n", remote_address().address().to_string());
  queue_.clear();
  queue_.push_back({.bytes = std::make_shared<const std::string>(last_word), .offset = 0});
  state_ = queue_state::finishing;
  ending_.store(ending::too_slow);
  static_cast<void>(conn_->set_write_deadline(options_.close_timeout));
  static_cast<void>(conn_->set_read_deadline(std::chrono::nanoseconds(0)));
}

bool session::finish() {
  const std::lock_guard hold(mutex_);
  if (state_ != queue_state::open) return false;
  state_ = queue_state::finishing;
  ending_.store(ending::finishing);
  static_cast<void>(conn_->set_write_deadline(options_.close_timeout));
  static_cast<void>(conn_->set_read_deadline(options_.close_timeout));
  return !std::exchange(writer_runs_, true);
}

void session::start_writer() {
  leat::go([self = shared_from_this()] { self->write_queued(); });
}

void session::write_queued() {
  leat::result<void> written;
  for (;;) {
    lines batch;
    {
      const std::lock_guard hold(mutex_);
      if (queue_.empty() || !written) {
        stop_writing(written.has_value());
        return;
      }
      batch.swap(queue_);
    }
    written = write_all(batch);
    std::size_t bytes = 0;
    for (const outgoing_line& one : batch)
      bytes += one.text().size();
    queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  }
}

// Under mutex_: whoever queues a line from now on starts another writer.
void session::stop_writing(bool all_written) {
  writer_runs_ = false;
  if (!all_written) {
    state_ = queue_state::closed;
    queue_.clear();
    abort();
  } else if (state_ == queue_state::finishing) {
    state_ = queue_state::closed;
    static_cast<void>(conn_->close_write());
  }
}

leat::result<void> session::write_all(const lines& batch) {
  std::array<std::span<const std::byte>, parts_per_write> parts;
  for (std::size_t at = 0; at < batch.size(); at += parts_per_write) {
    const std::size_t count = std::min(parts_per_write, batch.size() - at);
    for (std::size_t index = 0; index < count; ++index) {
      const outgoing_line& one = batch[at + index];
      parts[index] = std::as_bytes(std::span(one.text()));
    }
    // A single line is the usual case, and cheaper for the system as such.
    const auto written = count == 1 ? conn_->write(parts[0]) : conn_->writev(std::span(parts).first(count));
    if (!written) return written;
  }
  return {};
}

}  // namespace hub::irc
