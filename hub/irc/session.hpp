// One IRC connection: its stream, what waits to be written to it, and the two goroutines that serve it.
//
// The reader lives as long as the connection, mostly parked on a single page of stack. The
// writer exists only while something waits to be written; it takes all of it and sends it in one system call.
// Whoever delivers never blocks: a client that reads too slowly to keep its queue within the limit is
// dropped, and costs nobody else anything.
//
// How a connection ends:
//  - the client ends it, or it breaks: the reader sees that and says `gone`;
//  - we end it (finish): the writer sends what is left and half-closes; the reader waits a moment for the
//    client to close its side, so that our last words are not lost in a reset, and then says `gone`;
//  - the client reads too slowly: its queue is replaced by a last word, and the reader says `gone` at once.
// The reader's `gone` is the last thing heard of a session; a writer that still has something to send keeps
// the session until it has sent it, or close_timeout has passed.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <leat/mutex.hpp>
#include <leat/net/address.hpp>
#include <leat/net/stream.hpp>

#include <hub/irc/flood_gate.hpp>
#include <hub/irc/line_writer.hpp>

namespace hub::irc {

struct session_options {
  // When more than this waits for one client, the next line drops it; a single answer may be longer.
  std::size_t send_queue_bytes = 256 * 1024;
  std::chrono::milliseconds registration_timeout{30'000};
  std::chrono::milliseconds ping_interval{90'000};  // silence before a client is asked
  std::chrono::milliseconds ping_timeout{60'000};   // and silence after that before it is dropped
  std::chrono::milliseconds close_timeout{2'000};   // for our last words to get through
  flood_limits flood;
};

class session : public std::enable_shared_from_this<session> {
 public:
  enum class news : std::uint8_t {
    bytes,     // `text` came from the client
    silent,    // nothing came for ping_interval: ask
    expelled,  // too late: send it away, for the reason in `text`
    gone,      // the connection has ended, for the reason in `text`
  };
  // Takes what the reader has to tell; may park, which is how a busy server slows its clients down.
  using listener = std::function<void(const std::shared_ptr<session>& from, news what, std::string text)>;

  // Takes over the connection, which comes from `remote`. `options` must outlive the session.
  session(std::unique_ptr<leat::net::stream> conn, const leat::net::endpoint& remote,
          const session_options& options);
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  // How the chat calls it; given and read only by the goroutine that owns the rules.
  chat::session_id id = chat::nobody;

  // How many of its requests for history wait; for history_server.
  std::atomic<unsigned> history_requests{0};

  const leat::net::endpoint& remote_address() const { return remote_; }

  // Reads until the connection ends and tells the listener; the last news is `gone`. For one goroutine.
  void read(const listener& tell);

  // None of what follows blocks. All but push() and start_writer() is for one goroutine, the one that
  // delivers.

  // Queues a line. True: whoever queued it must call start_writer(), after which ever more lines.
  [[nodiscard]] bool push(const outgoing_line& line);
  void start_writer();
  // Whether the client has gone, so that nobody reads what is pushed. May be called from anywhere.
  bool has_gone() const { return has_gone_.load(std::memory_order_relaxed); }
  // How much history to push at most: with more than half a queue of it, a client that reads well would be
  // dropped for slowness as soon as somebody speaks.
  std::size_t room_for_history() const {
    const std::size_t allowed = options_.send_queue_bytes / 2;
    return allowed - std::min(queued_bytes_.load(std::memory_order_relaxed), allowed);
  }
  void set_registered() { registered_.store(true, std::memory_order_relaxed); }
  // Writes what is queued and ends the connection. True as push().
  [[nodiscard]] bool finish();
  // Ends the connection at once, whatever is under way. May be called from anywhere.
  void abort() noexcept { static_cast<void>(conn_->close()); }

 private:
  using lines = std::vector<outgoing_line>;

  // queue state   means
  // open          lines are taken
  // finishing     no more are taken; what is queued is still written, and then the connection is ended
  // closed        nothing is written any more
  enum class queue_state : std::uint8_t { open, finishing, closed };

  // Why the connection is being ended from our side, if it is.
  enum class ending : std::uint8_t { no, finishing, too_slow };

  // What the reader knows of its client.
  struct hearing {
    leat::time_point connected_at;
    leat::time_point heard_at;
    bool asked = false;  // since heard_at, by `silent`
    // Set: nothing is left but to wait for the client to close its side, until then.
    std::optional<leat::time_point> leaves_at{};
  };

  std::string hear(hearing& heard, const listener& tell, std::string& reason);
  void miss_deadline(hearing& heard, const listener& tell, std::string& reason);
  leat::time_point next_deadline(const hearing& heard) const;
  void pass_on(std::string bytes, flood_gate& gate, const listener& tell);
  void write_queued();
  leat::result<void> write_all(const lines& batch);
  void stop_writing(bool all_written);
  void replace_queue_by_last_word();

  const std::unique_ptr<leat::net::stream> conn_;
  const leat::net::endpoint remote_;
  const session_options& options_;
  std::atomic<bool> registered_{false};
  std::atomic<bool> has_gone_{false};
  std::atomic<ending> ending_{ending::no};    // if not `no`, what the client still sends is of no interest
  std::atomic<std::size_t> queued_bytes_{0};  // changed under mutex_

  leat::mutex mutex_;  // guards what follows
  lines queue_;
  queue_state state_ = queue_state::open;
  bool writer_runs_ = false;
};

}  // namespace hub::irc
