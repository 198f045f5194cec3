// Load for an IRC server: registers idle clients and the members of one room; then one member speaks, with so
// many messages on their way at a time, and every other member must get each of them, in order. Prints one
// line of JSON.
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <bench/load.hpp>

namespace {

constexpr std::size_t text_bytes = 64;
constexpr std::string_view room = "#bench";

struct options {
  std::uint16_t port = 0;
  int pid = 0;
  std::size_t idle = 0;
  std::size_t members = 100;
  std::size_t deliveries = 200'000;
  std::size_t handshakes = 8;
  std::vector<std::size_t> in_flight{1, 16};
};

struct client {
  int fd = -1;
  std::string rest;               // of a line that is not complete yet
  std::string last_line;          // for the report when the server hangs up
  bool ready = false;             // the answer that it waits for has come
  std::uint64_t next_number = 0;  // of the message that must come next
};

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

class load {
 public:
  explicit load(options wanted) : options_(std::move(wanted)), poller_(epoll_create1(EPOLL_CLOEXEC)) {
    if (poller_ < 0) bench::give_up("epoll_create1");
    clients_.resize(options_.members + options_.idle);
  }

  void run() {
    const auto base = bench::process_resident_bytes(options_.pid);
    const auto begin = bench::clock::now();
    for_all(0, clients_.size(), [this](std::size_t i) { introduce(i); });
    const std::chrono::duration<double> registering = bench::clock::now() - begin;
    const auto registered = bench::process_resident_bytes(options_.pid);
    for_all(0, options_.members,
            [this](std::size_t i) { send(clients_[i], "JOIN " + std::string(room) + "\r\n"); });
    const auto joined = bench::process_resident_bytes(options_.pid);
    std::printf("{\"registrations_per_s\": %.1f, \"idle_bytes\": %.0f, \"member_bytes\": %.0f, \"runs\": [",
                double(clients_.size()) / registering.count(),
                double(registered - base) / double(clients_.size()),
                double(registered - base) / double(clients_.size()) +
                    double(joined - registered) / double(options_.members));
    for (std::size_t i = 0; i < options_.in_flight.size(); ++i) {
      speak(options_.in_flight[i], 20);  // warms up
      if (i > 0) std::printf(", ");
      report(options_.in_flight[i], speak(options_.in_flight[i], messages()));
    }
    std::printf("]}\n");
  }

 private:
  struct outcome {
    double seconds = 0;
    double cpu_s = 0;
    std::uint64_t deliveries = 0;
    bench::histogram fan_out;  // from a message's sending to its last delivery
  };

  std::size_t receivers() const { return options_.members - 1; }
  std::size_t messages() const { return std::max<std::size_t>(options_.deliveries / receivers(), 20); }

  /// Starts `act` for each client of the range, a few at a time, and waits until all of them are ready.
  void for_all(std::size_t from, std::size_t to, const std::function<void(std::size_t)>& act) {
    std::size_t started = from;
    ready_ = 0;
    for (std::size_t i = from; i < to; ++i)
      clients_[i].ready = false;
    while (ready_ < to - from) {
      for (; started < to && started - from < ready_ + options_.handshakes; ++started)
        act(started);
      poll();
    }
  }

  void introduce(std::size_t i) {
    client& each = clients_[i];
    each.fd = bench::connect_loopback(options_.port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &each;
    if (epoll_ctl(poller_, EPOLL_CTL_ADD, each.fd, &event) != 0) bench::give_up("epoll_ctl");
    const std::string nick = "b" + std::to_string(i);
    send(each, "NICK " + nick + "\r\nUSER " + nick + " 0 * :load\r\n");
  }

  void send(client& to, std::string_view bytes) {
    // What is on its way is little, so the socket's buffer holds it.
    if (write(to.fd, bytes.data(), bytes.size()) != ssize_t(bytes.size())) bench::give_up("write");
  }

  void poll() {
    std::array<epoll_event, 256> events;
    const int count = epoll_wait(poller_, events.data(), int(events.size()), 20'000);
    if (count < 0 && errno != EINTR) bench::give_up("epoll_wait");
    if (count == 0) fail("nothing came from the server for 20 s; last it said: " + clients_[0].last_line);
    for (int i = 0; i < count; ++i)
      receive(*static_cast<client*>(events[std::size_t(i)].data.ptr));
  }

  void receive(client& from) {
    const auto count = read(from.fd, inbox_.data(), inbox_.size());
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) fail("the server closed a connection; last it said: " + from.last_line);
    std::string_view bytes(inbox_.data(), std::size_t(count));
    for (auto end = bytes.find('\n'); end != bytes.npos; end = bytes.find('\n')) {
      if (from.rest.empty()) {
        line(from, bytes.substr(0, end));
      } else {
        from.rest += bytes.substr(0, end);
        line(from, from.rest);
        from.rest.clear();
      }
      bytes.remove_prefix(end + 1);
    }
    from.rest += bytes;
  }

  void line(client& from, std::string_view text) {
    if (text.starts_with("PING")) return send(from, "PONG" + std::string(text.substr(4)) + "\n");
    const auto command = text.substr(std::min(text.find(' '), text.size() - 1) + 1);
    if (command.starts_with("PRIVMSG #")) return deliver(from, command.substr(command.find(" :") + 2));
    const auto numeric = command.substr(0, 4);
    const bool answered = numeric == "376 " || numeric == "422 " || numeric == "366 ";
    if (answered && !from.ready) {
      from.ready = true;
      ++ready_;
    }
    if (!command.starts_with("JOIN ")) from.last_line = text;
  }

  void deliver(client& to, std::string_view text) {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    if (number != to.next_number)
      fail("message " + std::to_string(to.next_number) + " must come next, but came: " + std::string(text));
    ++to.next_number;
    auto& delivered = on_their_way_[number - first_on_its_way_];
    if (--delivered.missing > 0) return;
    fan_out_.add((bench::clock::now() - delivered.sent_at).count());
    while (!on_their_way_.empty() && on_their_way_.front().missing == 0) {
      on_their_way_.pop_front();
      ++first_on_its_way_;
    }
  }

  outcome speak(std::size_t in_flight, std::size_t count) {
    outcome result;
    fan_out_ = {};
    const auto cpu_before = bench::process_cpu_ns(options_.pid);
    const auto begin = bench::clock::now();
    const auto end_number = next_to_send_ + count;
    while (first_on_its_way_ < end_number) {
      std::string batch;
      for (; next_to_send_ < end_number && on_their_way_.size() < in_flight; ++next_to_send_) {
        std::string text = std::to_string(next_to_send_) + " ";
        text.resize(text_bytes, 'x');
        batch.append("PRIVMSG ").append(room).append(" :").append(text).append("\r\n");
        on_their_way_.push_back({bench::clock::now(), receivers()});
      }
      if (!batch.empty()) send(clients_[0], batch);
      poll();
    }
    result.seconds = std::chrono::duration<double>(bench::clock::now() - begin).count();
    result.cpu_s = double(bench::process_cpu_ns(options_.pid) - cpu_before) / 1e9;
    result.deliveries = count * receivers();
    result.fan_out = fan_out_;
    return result;
  }

  static void report(std::size_t in_flight, const outcome& measured) {
    const auto deliveries = double(measured.deliveries);
    std::printf(
        "{\"in_flight\": %zu, \"deliveries_per_s\": %.0f, \"cpu_s_per_million\": %.4f, \"server_busy\": "
        "%.3f, "
        "\"fan_out_p50_us\": %.1f, \"fan_out_p99_us\": %.1f}",
        in_flight, deliveries / measured.seconds, measured.cpu_s * 1e6 / deliveries,
        measured.cpu_s / measured.seconds, measured.fan_out.percentile_us(0.5),
        measured.fan_out.percentile_us(0.99));
  }

  struct message {
    bench::clock::time_point sent_at;
    std::size_t missing;  // receivers that have not got it yet
  };

  options options_;
  int poller_;
  std::vector<client> clients_;
  std::size_t ready_ = 0;
  std::deque<message> on_their_way_;
  std::uint64_t first_on_its_way_ = 0;
  std::uint64_t next_to_send_ = 0;
  bench::histogram fan_out_;
  std::string inbox_ = std::string(std::size_t{64} * 1024, '\0');
};

}  // namespace

int main(int argc, char** argv) {
  options wanted;
  CLI::App app("Fan-out load for an IRC server on 127.0.0.1.");
  app.add_option("--port", wanted.port, "port of the server")->required();
  app.add_option("--pid", wanted.pid, "process of the server")->required();
  app.add_option("--idle", wanted.idle, "clients that join nothing")->check(CLI::Range(0, 15000));
  app.add_option("--members", wanted.members, "clients in the room")->check(CLI::Range(2, 15000));
  app.add_option("--deliveries", wanted.deliveries, "about so many for each run")
      ->check(CLI::Range(100, 20'000'000));
  app.add_option("--in-flight", wanted.in_flight, "messages on their way, a run for each")->delimiter(',');
  app.add_option("--handshakes", wanted.handshakes, "clients that register at a time")
      ->check(CLI::Range(1, 5000));
  CLI11_PARSE(app, argc, argv);
  bench::raise_descriptor_limit();
  load(wanted).run();
}
