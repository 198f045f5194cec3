// Carries lines between the server, the person and the client's logic, and gets a new connection when one
// breaks.
#include <fmt/format.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <utility>

#include <leat/go.hpp>
#include <leat/mutex.hpp>
#include <leat/net/dial.hpp>
#include <leat/select.hpp>
#include <leat/signal.hpp>
#include <leat/wait_group.hpp>

#include <cli/chat.hpp>
#include <cli/chat_client.hpp>
#include <cli/console.hpp>
#include <cli/failure.hpp>
#include <cli/input.hpp>
#include <cli/outcome.hpp>

namespace cli {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t line_limit_bytes = 8192 + 512;  // of a line from the server, with its tags
constexpr auto dial_patience = 10s;
constexpr auto write_patience = 30s;
constexpr auto silence_until_probe = 60s;
constexpr auto silence_until_lost = 90s;
constexpr auto goodbye_patience = 2s;
constexpr auto piped_patience = 60s;  // without a connection, when nobody is there to give up
constexpr std::chrono::milliseconds shortest_pause = 500ms;
constexpr std::chrono::milliseconds longest_pause = 30s;

wall_time now() {
  return std::chrono::system_clock::now();
}

// The name of the user, as far as a nick may hold it.
std::string default_nick() {
  const char* name = ::getenv("USER");
  if (name == nullptr || *name == '\0') {
    const passwd* user = ::getpwuid(::getuid());
    name = user == nullptr ? "guest" : user->pw_name;
  }
  std::string nick(name);
  std::erase_if(nick, [](char letter) { return letter == '.' || letter == '@' || letter == ' '; });
  return hub::chat::is_nick(nick, 24) ? nick : "guest";
}

// A connection, and the goroutine that cuts what comes into lines.
class server_connection {
 public:
  explicit server_connection(leat::net::tcp_conn conn) : conn_(std::move(conn)) {
    reader_.go([this] { read_lines(); });
  }
  ~server_connection() {
    static_cast<void>(conn_.close());
    // The reader may wait with a line that nobody takes any more.
    while (lines_.receive()) {}
    reader_.wait();
  }
  server_connection(const server_connection&) = delete;
  server_connection& operator=(const server_connection&) = delete;

  /// Closed when the connection has ended; error() then tells why.
  leat::receiver<std::string> lines() const { return lines_; }
  std::error_code error() const { return error_; }

  bool send(const std::vector<std::string>& lines) {
    std::string bytes;
    for (const std::string& line : lines)
      bytes.append(line).append("\r\n");
    static_cast<void>(conn_.set_write_deadline(write_patience));
    return conn_.write(bytes).has_value();
  }
  void close() { static_cast<void>(conn_.close()); }

 private:
  void read_lines() {
    line_cutter cutter(line_limit_bytes);
    std::array<char, 16 * 1024> buffer;
    for (;;) {
      const auto count = conn_.read(std::as_writable_bytes(std::span(buffer)));
      if (!count) error_ = count.error();
      if (!count || *count == 0) break;
      cutter.feed(std::string_view(buffer.data(), *count),
                  [&](std::string line) { lines_.send(std::move(line)); });
    }
    lines_.close();
  }

  leat::net::tcp_conn conn_;
  std::error_code error_;
  leat::chan<std::string> lines_{64};
  leat::wait_group reader_;
};

class chat_session {
 public:
  chat_session(const chat_options& options, chat_settings settings)
      : server_(options.server),
        interactive_(settings.interactive),
        client_(std::move(settings)),
        signals_(leat::notify_signals({SIGINT, SIGTERM, SIGHUP})),
        person_(open_console({.prompt = "",
                              .erase_entered = true,
                              .complete =
                                  [this](std::string_view word, bool first) {
                                    const std::lock_guard hold(names_);
                                    return client_.completions(word, first);
                                  }})),
        typed_(person_->lines()) {}

  int run() {
    if (auto conn = dial(); conn) {
      start(std::move(*conn));
    } else {
      if (!stopped_) fmt::print(stderr, "leat chat: {}\n", dial_failure(server_, conn.error()));
      return exit_failed;
    }
    for (;;) {
      converse();
      if (done() || !reconnect()) break;
    }
    connection_.reset();
    if (!client_.failure().empty()) fmt::print(stderr, "leat chat: {}\n", client_.failure());
    const bool said_all = !client_.lost_something() && !gave_up_;
    return client_.failure().empty() && (interactive_ || said_all) ? exit_done : exit_failed;
  }

 private:
  bool done() const { return stopped_ || client_.leaving() || !client_.failure().empty(); }

  void start(leat::net::tcp_conn conn) {
    connection_.emplace(std::move(conn));
    {
      const std::lock_guard hold(names_);
      client_.connected();
    }
    pass_on();
  }

  // Sends and shows what the client has to say.
  void pass_on() {
    for (const std::string& line : client_.take_shown())
      person_->show(line);
    const std::vector<std::string> lines = client_.take_outgoing();
    if (connection_ && !lines.empty() && !connection_->send(lines)) connection_->close();
    person_->set_prompt(client_.prompt());
  }

  // Until the connection ends, or there is nothing left to stay for.
  void converse() {
    auto heard = std::chrono::steady_clock::now();
    bool probed = false;
    bool ended_there = false;
    std::optional<std::chrono::steady_clock::time_point> goodbye;
    for (bool open = true; open && client_.failure().empty();) {
      if (client_.leaving() && !goodbye) goodbye = std::chrono::steady_clock::now() + goodbye_patience;
      const auto typed = client_.wants_input() && !goodbye ? typed_ : leat::receiver<std::string>(nullptr);
      const auto wake = goodbye.value_or(heard + (probed ? silence_until_lost : silence_until_probe));
      leat::select(connection_->lines().on_receive([&](std::optional<std::string> line) {
        heard = std::chrono::steady_clock::now();
        probed = false;
        if (line) {
          const std::lock_guard hold(names_);
          client_.received(*line, now());
        } else {
          open = false;
          ended_there = true;
        }
      }),
                   typed.on_receive([&](std::optional<std::string> line) { take_typed(std::move(line)); }),
                   signals_.on_receive([&](auto) { stop(); }), leat::on_deadline(wake, [&] {
                     open = !goodbye && !std::exchange(probed, true);
                     if (open) client_.probe();
                   }));
      pass_on();
    }
    // The error may be looked at only once the reader has ended.
    reason_ = !client_.closing_reason().empty() ? client_.closing_reason()
              : !ended_there                    ? "the server does not answer"
              : connection_->error()            ? reason_of(connection_->error())
                                                : "the server has ended it";
    connection_.reset();
    {
      const std::lock_guard hold(names_);
      client_.disconnected();
    }
    pass_on();
  }

  void take_typed(std::optional<std::string> line) {
    if (line) {
      const std::lock_guard hold(names_);
      client_.typed(*line, now());
      return;
    }
    typed_ = nullptr;
    if (interactive_) {
      client_.quit({});
    } else {
      client_.input_ended();
    }
  }

  void stop() {
    if (stopped_) return;
    stopped_ = true;
    client_.quit({});
  }

  // Tries again and again, ever more seldom; false: given up.
  bool reconnect() {
    const auto began = std::chrono::steady_clock::now();
    client_.show_warning(fmt::format("connection lost ({}); connecting again", reason_));
    pass_on();
    std::minstd_rand random(std::random_device{}());
    for (auto pause = shortest_pause;; pause = std::min(pause * 2, longest_pause)) {
      // Not all clients of a server that was restarted should come back at one moment.
      const auto varied =
          pause / 2 + std::chrono::milliseconds(random() % static_cast<unsigned>(pause.count()));
      if (!wait_for_next_attempt(varied)) return false;
      if (auto conn = dial()) {
        start(std::move(*conn));
        return true;
      }
      if (done()) return false;
      if (!interactive_ && std::chrono::steady_clock::now() - began > piped_patience) {
        fmt::print(stderr, "leat chat: no connection to {} for {} seconds, given up\n", server_,
                   std::chrono::seconds(piped_patience).count());
        gave_up_ = true;
        return false;
      }
    }
  }

  // What is typed meanwhile waits for the connection. False: the person has had enough.
  bool wait_for_next_attempt(std::chrono::milliseconds pause) {
    const auto until = std::chrono::steady_clock::now() + pause;
    for (bool waiting = true; waiting && !done();) {
      const auto typed = client_.wants_input() ? typed_ : leat::receiver<std::string>(nullptr);
      leat::select(typed.on_receive([&](std::optional<std::string> line) { take_typed(std::move(line)); }),
                   signals_.on_receive([&](auto) { stop(); }),
                   leat::on_deadline(until, [&] { waiting = false; }));
      pass_on();
    }
    return !done();
  }

  leat::result<leat::net::tcp_conn> dial() {
    leat::chan<leat::result<leat::net::tcp_conn>> dialled{1};
    leat::go([dialled, server = server_] {
      dialled.send(leat::net::dial_tcp(server, {.timeout = dial_patience}));
    });
    leat::result<leat::net::tcp_conn> outcome = leat::fail(leat::errc::canceled);
    leat::select(dialled.on_receive([&](auto done) {
      if (done) outcome = std::move(*done);
    }),
                 signals_.on_receive([&](auto) { stop(); }));
    return outcome;
  }

  std::string server_;
  bool interactive_;
  leat::mutex names_;  // held by whatever changes what completions() looks at
  chat_client client_;
  leat::receiver<int> signals_;
  std::optional<server_connection> connection_;
  std::string reason_;  // why the last connection ended
  bool stopped_ = false;
  bool gave_up_ = false;

  // Last, so that the editor's thread is gone before what it completes from.
  std::unique_ptr<console> person_;
  leat::receiver<std::string> typed_;
};

}  // namespace

int chat(const chat_options& options) {
  chat_settings settings;
  settings.nick = options.nick.empty() ? default_nick() : options.nick;
  settings.room = options.room.empty()            ? "#lobby"
                  : options.room.starts_with('#') ? options.room
                                                  : fmt::format("#{}", options.room);
  settings.interactive = ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0;
  settings.colours = ::isatty(STDOUT_FILENO) != 0 && ::getenv("NO_COLOR") == nullptr;
  chat_session session(options, std::move(settings));
  return session.run();
}

}  // namespace cli
