// Load for a UDP echo server: one socket keeps `window` datagrams of `size` bytes on their way, and sends one
// more for each that came back (closed loop). Prints one line of JSON.
//
// It must cost less than the server that it measures, so it sends and receives by the batch, and lets the
// kernel cut what it sends into datagrams (UDP_SEGMENT).
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include <CLI/CLI.hpp>
#include <bench/load.hpp>

namespace {

struct options {
  std::uint16_t port = 0;
  int pid = 0;
  std::size_t window = 64;
  std::size_t size = 64;
  double warm_up_s = 0.3;
  double seconds = 1;
};

constexpr std::size_t run_most = 64;                // datagrams in one message
constexpr int patience_ms = 100;                    // after which what has not come back is lost
constexpr std::size_t message_most_bytes = 65'000;  // of one message, segmented or not

class load {
 public:
  explicit load(const options& wanted)
      : options_(wanted),
        fd_(bench::connect_loopback_udp(wanted.port)),
        inbox_(wanted.window * wanted.size),
        outbox_(run_most * wanted.size) {
    const int room = 4 << 20;
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    for (std::size_t i = 0; i < options_.window; ++i) {
      parts_.push_back({.iov_base = &inbox_[i * options_.size], .iov_len = options_.size});
      headers_.emplace_back();
    }
    for (std::size_t i = 0; i < options_.window; ++i) {
      headers_[i].msg_hdr.msg_iov = &parts_[i];
      headers_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  void run() {
    send(options_.window);
    const auto now = bench::clock::now();
    run_until(now + seconds(options_.warm_up_s));
    latencies_ = {};
    lost_ = 0;
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

  // Each datagram carries the moment at which it was sent.
  void send(std::size_t count) {
    const std::size_t most = std::min(run_most, message_most_bytes / options_.size);
    const std::int64_t now = bench::clock::now().time_since_epoch().count();
    for (; count > 0; count -= std::min(count, most)) {
      const std::size_t in_run = std::min(count, most);
      for (std::size_t i = 0; i < in_run; ++i)
        std::memcpy(&outbox_[i * options_.size], &now, sizeof now);
      send_run(in_run);
    }
  }

  void send_run(std::size_t count) {
    iovec part{.iov_base = outbox_.data(), .iov_len = count * options_.size};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint16_t))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (count > 1) {
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      cmsghdr* const header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_UDP;
      header->cmsg_type = UDP_SEGMENT;
      header->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
      const auto segment = std::uint16_t(options_.size);
      std::memcpy(CMSG_DATA(header), &segment, sizeof segment);
    }
    if (sendmsg(fd_, &message, 0) < 0) bench::give_up("sendmsg");
  }

  // How many have come back; what is missing for too long is taken for lost, and sent again.
  std::size_t receive() {
    int count = recvmmsg(fd_, headers_.data(), unsigned(headers_.size()), MSG_DONTWAIT, nullptr);
    if (count < 0 && errno == EAGAIN) {
      pollfd wanted{.fd = fd_, .events = POLLIN, .revents = 0};
      if (poll(&wanted, 1, patience_ms) == 0) {
        lost_ += options_.window;
        return options_.window;
      }
      return 0;
    }
    if (count < 0) bench::give_up("the server is gone: recvmmsg");
    const std::int64_t now = bench::clock::now().time_since_epoch().count();
    for (std::size_t i = 0; i < std::size_t(count); ++i) {
      std::int64_t sent_at = 0;
      std::memcpy(&sent_at, parts_[i].iov_base, sizeof sent_at);
      latencies_.add(now - sent_at);
    }
    return std::size_t(count);
  }

  void run_until(bench::clock::time_point end) {
    while (bench::clock::now() < end) {
      if (const std::size_t count = receive()) send(count);
    }
  }

  void report(double took_s, double cpu_us) const {
    const auto requests = double(latencies_.total());
    std::printf(
        "{\"requests_per_s\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"cpu_us_per_request\": %.4f, "
        "\"server_busy\": %.3f, \"lost\": %zu}\n",
        requests / took_s, latencies_.percentile_us(0.5), latencies_.percentile_us(0.99),
        requests > 0 ? cpu_us / requests : 0, cpu_us / 1e6 / took_s, lost_);
  }

  options options_;
  int fd_;
  std::vector<char> inbox_;
  std::vector<char> outbox_;
  std::vector<iovec> parts_;
  std::vector<mmsghdr> headers_;
  std::size_t lost_ = 0;
  bench::histogram latencies_;
};

}  // namespace

int main(int argc, char** argv) {
  options wanted;
  CLI::App app("Closed-loop load for a UDP echo server on 127.0.0.1.");
  app.add_option("--port", wanted.port, "port of the server")->required();
  app.add_option("--pid", wanted.pid, "process of the server, to read its processor time")->required();
  app.add_option("--window", wanted.window, "datagrams on their way")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--size", wanted.size, "bytes of a datagram")
      ->check(CLI::Range(8, 1472))
      ->capture_default_str();
  app.add_option("--warm-up", wanted.warm_up_s, "seconds")
      ->check(CLI::Range(0.0, 60.0))
      ->capture_default_str();
  app.add_option("--seconds", wanted.seconds)->check(CLI::Range(0.1, 60.0))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  load(wanted).run();
}
