// Load for an echo server: each connection keeps `depth` messages of `size` bytes on their way, and sends one
// more for each that came back (closed loop). Prints one line of JSON.
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <bench/load.hpp>

namespace {

struct options {
  std::uint16_t port = 0;
  int pid = 0;
  std::size_t connections = 1;
  std::size_t size = 64;
  std::size_t depth = 1;
  double warm_up_s = 0.3;
  double seconds = 1;
};

struct connection {
  int fd = -1;
  std::size_t unsent = 0;                         // bytes
  std::size_t received = 0;                       // bytes of the message that is coming back
  std::size_t oldest = 0;                         // index into `sent_at` of the message that comes back next
  std::vector<bench::clock::time_point> sent_at;  // one for each message on its way
  bool watches_writable = false;
};

class load {
 public:
  explicit load(const options& wanted)
      : options_(wanted), poller_(epoll_create1(EPOLL_CLOEXEC)), payload_(wanted.size * wanted.depth, 'e') {
    if (poller_ < 0) bench::give_up("epoll_create1");
    connections_.resize(options_.connections);
    for (auto& each : connections_)
      open(each);
  }

  void run() {
    const auto now = bench::clock::now();
    for (auto& each : connections_) {
      each.sent_at.assign(options_.depth, now);
      each.unsent = payload_.size();
      send(each);
    }
    run_until(now + seconds(options_.warm_up_s));
    latencies_ = {};
    const auto cpu_before = bench::process_cpu_ns(options_.pid);
    const auto begin = bench::clock::now();
    run_until(begin + seconds(options_.seconds));
    const std::chrono::duration<double> took = bench::clock::now() - begin;
    report(took.count(), double(bench::process_cpu_ns(options_.pid) - cpu_before) / 1000);
  }

 private:
  static bench::clock::duration seconds(double count) {
    return std::chrono::duration_cast<bench::clock::duration>(std::chrono::duration<double>(count));
  }

  void open(connection& each) {
    each.fd = bench::connect_loopback(options_.port);
    watch(EPOLL_CTL_ADD, each);
  }

  void watch(int operation, connection& each) {
    epoll_event event{};
    event.events = each.watches_writable ? std::uint32_t{EPOLLIN} | EPOLLOUT : std::uint32_t{EPOLLIN};
    event.data.ptr = &each;
    if (epoll_ctl(poller_, operation, each.fd, &event) != 0) bench::give_up("epoll_ctl");
  }

  void send(connection& each) {
    while (each.unsent > 0) {
      const auto count = write(each.fd, payload_.data(), std::min(each.unsent, payload_.size()));
      if (count < 0 && errno != EAGAIN) bench::give_up("write");
      if (count < 0) break;
      each.unsent -= std::size_t(count);
    }
    if (each.watches_writable != (each.unsent > 0)) {
      each.watches_writable = !each.watches_writable;
      watch(EPOLL_CTL_MOD, each);
    }
  }

  void receive(connection& each) {
    const auto count = read(each.fd, inbox_.data(), inbox_.size());
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) bench::give_up("the server closed a connection: read");
    each.received += std::size_t(count);
    const auto now = bench::clock::now();
    for (; each.received >= options_.size; each.received -= options_.size) {
      auto& sent_at = each.sent_at[each.oldest];
      latencies_.add((now - sent_at).count());
      sent_at = now;
      each.oldest = (each.oldest + 1) % options_.depth;
      each.unsent += options_.size;
    }
    send(each);
  }

  void run_until(bench::clock::time_point end) {
    std::vector<epoll_event> events(512);
    while (bench::clock::now() < end) {
      const int count = epoll_wait(poller_, events.data(), int(events.size()), 100);
      if (count < 0 && errno != EINTR) bench::give_up("epoll_wait");
      for (int i = 0; i < count; ++i) {
        auto& each = *static_cast<connection*>(events[std::size_t(i)].data.ptr);
        if (events[std::size_t(i)].events & EPOLLOUT) send(each);
        if (events[std::size_t(i)].events & ~EPOLLOUT) receive(each);
      }
    }
  }

  void report(double took_s, double cpu_us) const {
    const auto requests = double(latencies_.total());
    std::printf(
        "{\"requests_per_s\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"cpu_us_per_request\": %.4f, "
        "\"server_busy\": %.3f}\n",
        requests / took_s, latencies_.percentile_us(0.5), latencies_.percentile_us(0.99),
        requests > 0 ? cpu_us / requests : 0, cpu_us / 1e6 / took_s);
  }

  options options_;
  int poller_;
  std::string payload_;
  std::string inbox_ = std::string(std::size_t{64} * 1024, '\0');
  std::vector<connection> connections_;
  bench::histogram latencies_;
};

}  // namespace

int main(int argc, char** argv) {
  options wanted;
  CLI::App app("Closed-loop load for an echo server on 127.0.0.1.");
  app.add_option("--port", wanted.port, "port of the server")->required();
  app.add_option("--pid", wanted.pid, "process of the server, to read its processor time")->required();
  app.add_option("--connections", wanted.connections)->check(CLI::Range(1, 18000))->capture_default_str();
  app.add_option("--size", wanted.size, "bytes of a message")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  app.add_option("--depth", wanted.depth, "messages on their way")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--warm-up", wanted.warm_up_s, "seconds")
      ->check(CLI::Range(0.0, 60.0))
      ->capture_default_str();
  app.add_option("--seconds", wanted.seconds)->check(CLI::Range(0.1, 60.0))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  bench::raise_descriptor_limit();
  load(wanted).run();
}
