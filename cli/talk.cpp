#include <fmt/format.h>
#include <signal.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>

#include <leat/go.hpp>
#include <leat/net/dial.hpp>
#include <leat/net/tcp_listener.hpp>
#include <leat/select.hpp>
#include <leat/signal.hpp>
#include <leat/wait_group.hpp>

#include <cli/console.hpp>
#include <cli/failure.hpp>
#include <cli/input.hpp>
#include <cli/outcome.hpp>
#include <cli/talk.hpp>
#include <cli/visible_text.hpp>

namespace cli {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view end_marker = "##";
constexpr std::size_t line_limit_bytes = 64 * 1024;
constexpr auto dial_patience = 10s;
constexpr auto write_patience = 30s;

enum class ending : std::uint8_t {
  marker,      // somebody has said ##
  both_ended,  // there is nothing more to say on either side
  vanished,    // the connection broke
  next,        // the other side had ended its direction, and another caller has come
  signal,      // the person wants out
};

using callers = leat::receiver<leat::net::tcp_conn>;

// The other side of a conversation: its lines, and how its direction ended.
class peer {
 public:
  explicit peer(leat::net::tcp_conn conn) : conn_(std::move(conn)) {
    reader_.go([this] { read_lines(); });
  }
  ~peer() {
    static_cast<void>(conn_.close());
    while (heard_.receive()) {}  // the reader may wait with a line that nobody takes any more
    reader_.wait();
  }
  peer(const peer&) = delete;
  peer& operator=(const peer&) = delete;

  leat::net::tcp_conn& conn() { return conn_; }
  leat::receiver<std::string> heard() const { return heard_; }
  /// Once heard() is closed: why, if the other side has not ended its direction in order.
  std::error_code error() const { return error_; }

 private:
  void read_lines() {
    line_cutter cutter(line_limit_bytes);
    std::array<char, 4096> buffer;
    for (;;) {
      const auto count = conn_.read(std::as_writable_bytes(std::span(buffer)));
      if (!count) error_ = count.error();
      if (!count || *count == 0) break;
      cutter.feed(std::string_view(buffer.data(), *count),
                  [&](std::string line) { heard_.send(std::move(line)); });
    }
    if (std::string rest = cutter.rest(); !rest.empty()) heard_.send(std::move(rest));
    heard_.close();
  }

  leat::net::tcp_conn conn_;
  std::error_code error_;
  leat::chan<std::string> heard_{16};
  leat::wait_group reader_;
};

class talker {
 public:
  talker()
      : signals_(leat::notify_signals({SIGINT, SIGTERM, SIGHUP})),
        person_(open_console({})),
        typed_(person_->lines()) {}

  int call(const std::string& address) {
    auto conn = leat::net::dial_tcp(address, {.timeout = dial_patience});
    if (!conn) {
      fmt::print(stderr, "leat talk: {}\n", dial_failure(address, conn.error()));
      return exit_failed;
    }
    note(fmt::format("connected to {}; a line of ## ends it", conn->remote_address().to_string()));
    peer other(std::move(*conn));
    converse(other, nullptr);
    return failed_ ? exit_failed : exit_done;
  }

  int listen(const std::string& address) {
    auto listener = leat::net::listen_tcp(address);
    if (!listener) {
      fmt::print(stderr, "leat talk: {}\n", listen_failure(address, listener.error()));
      return exit_failed;
    }
    announce(fmt::format("listening on {}", listener->local_address().to_string()));
    const leat::chan<leat::net::tcp_conn> accepted;
    const leat::chan<leat::unit> enough;
    leat::wait_group accepting;
    accepting.go([&] {
      bool wanted = true;
      while (wanted) {
        auto conn = listener->accept();
        if (!conn) break;
        leat::select(accepted.on_send(std::move(*conn)), enough.on_receive([&](auto) { wanted = false; }));
      }
    });
    while (auto caller = next_caller(accepted)) {
      peer other(std::move(*caller));
      note(fmt::format("{} calls; a line of ## ends it", other.conn().remote_address().to_string()));
      const ending how = converse(other, accepted);
      note(how == ending::marker ? "the conversation is over" : "the caller is gone");
      // Without input there is nothing left to say to the next caller.
      if (how == ending::signal || typed_ended_) break;
    }
    static_cast<void>(listener->close());
    enough.close();
    accepting.wait();
    return exit_done;
  }

 private:
  // Where the program is meant to be reached; scripts wait for it.
  void announce(std::string_view text) {
    if (person_->interactive()) {
      person_->show(text);
    } else {
      fmt::print("{}\n", text);
      std::fflush(stdout);
    }
  }

  // What only a person wants to know. It is no part of the conversation, so it goes to standard error.
  void note(std::string_view text) {
    if (person_->interactive()) {
      person_->show(fmt::format("-- {}", text));
    } else {
      fmt::print(stderr, "-- {}\n", text);
    }
  }

  // The next caller; nothing when the person wants out.
  std::optional<leat::net::tcp_conn> next_caller(const callers& accepted) {
    if (next_) return std::exchange(next_, std::nullopt);
    std::optional<leat::net::tcp_conn> caller;
    // Lines that are piped in wait for the next caller; a person is told that nobody hears them.
    auto typed = person_->interactive() ? typed_ : leat::receiver<std::string>(nullptr);
    for (bool waiting = true; waiting && !caller;) {
      leat::select(accepted.on_receive([&](auto conn) { caller = std::move(conn); }),
                   typed.on_receive([&](auto line) {
                     waiting = line.has_value();
                     if (waiting) note("nobody is there yet");
                   }),
                   signals_.on_receive([&](auto) { waiting = false; }));
    }
    return caller;
  }

  // `others` is where further callers come from, if any do.
  ending converse(peer& other, const callers& others) {
    auto heard = other.heard();
    bool ended_our_side = false;
    std::optional<ending> how;
    while (!how) {
      if (typed_ended_ && !std::exchange(ended_our_side, true)) static_cast<void>(other.conn().close_write());
      if (typed_ended_ && !heard) return ending::both_ended;
      const auto typed = typed_ended_ ? leat::receiver<std::string>(nullptr) : typed_;
      leat::select(heard.on_receive([&](std::optional<std::string> line) {
        if (line) {
          how = listen_to(*line);
        } else if (other.error()) {
          how = ending::vanished;
        } else {
          heard = nullptr;
          if (!typed_ended_ && person_->interactive())
            note("the other side has finished; a line of ## ends yours");
        }
      }),
                   typed.on_receive([&](std::optional<std::string> line) {
                     if (line) {
                       how = say(other.conn(), *line);
                     } else {
                       typed_ended_ = true;
                     }
                   }),
                   // Whether a caller who has ended one direction is still there, nobody can tell: the next
                   // one need not wait for it.
                   (heard ? callers(nullptr) : others).on_receive([&](auto conn) {
                     next_ = std::move(conn);
                     how = ending::next;
                   }),
                   signals_.on_receive([&](auto) { how = ending::signal; }));
    }
    return *how;
  }

  std::optional<ending> listen_to(const std::string& line) {
    if (line == end_marker) return ending::marker;
    person_->show(person_->interactive() ? visible(line) : line);
    return std::nullopt;
  }

  // Nothing: the conversation goes on.
  std::optional<ending> say(leat::net::tcp_conn& conn, const std::string& line) {
    static_cast<void>(conn.set_write_deadline(write_patience));
    if (auto sent = conn.write(line + '\n'); !sent) {
      note(fmt::format("not sent: {}", reason_of(sent.error())));
      failed_ = true;
      return ending::vanished;
    }
    return line == end_marker ? std::optional(ending::marker) : std::nullopt;
  }

  leat::receiver<int> signals_;
  std::unique_ptr<console> person_;
  leat::receiver<std::string> typed_;
  std::optional<leat::net::tcp_conn> next_;  // a caller who came before the last one was gone
  bool typed_ended_ = false;
  bool failed_ = false;
};

}  // namespace

int talk(const talk_options& options) {
  talker one;
  return options.listen ? one.listen(options.address) : one.call(options.address);
}

}  // namespace cli
