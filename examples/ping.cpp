// Ping: is a machine there, and how far is it?
//
// Teaches: a name becomes addresses; an echo request is a datagram of its own protocol, ICMP, which not
// everybody may send; what does not answer in time is lost, and the next one is sent all the same; a context
// that ends on ctrl-c ends whatever waits.
//
// Try it: ./example_ping localhost
//     or: ./example_ping example.org 10
#include <charconv>
#include <csignal>
#include <iomanip>
#include <iostream>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

using namespace std::chrono_literals;
using namespace leat::net;

bool is_forbidden(std::error_code error) {
  return error == std::errc::permission_denied || error == std::errc::operation_not_permitted;
}

// Returns how many replies came, or why there can be none.
leat::result<int> ask(const leat::context& ctx, const ip_address& to, int times) {
  int heard = 0;
  for (int i = 1; i <= times && !ctx.error(); ++i) {
    const auto reply = ping(to, {.timeout = 1s, .ctx = ctx, .sequence = static_cast<std::uint16_t>(i)});
    if (reply) {
      ++heard;
      std::cout << reply->payload_bytes << " bytes from " << to << ": " << std::fixed << std::setprecision(3)
                << std::chrono::duration<double, std::milli>(reply->time).count() << " ms" << std::endl;
    } else if (reply.error() == leat::errc::deadline_exceeded) {
      std::cout << "no reply from " << to << " within a second" << std::endl;
    } else if (reply.error() != leat::errc::canceled) {
      return std::unexpected(reply.error());
    }
    if (i < times) static_cast<void>(leat::sleep_for(ctx, reply ? 200ms : 0ms));
  }
  return heard;
}

int main(int count, char** arguments) {
  int times = 3;
  const std::string_view number = count == 3 ? arguments[2] : "3";
  const auto read = std::from_chars(number.data(), number.data() + number.size(), times);
  if (count < 2 || count > 3 || read.ec != std::errc() || times < 1 || times > 1000) {
    std::cerr << "usage: " << arguments[0] << " HOST [TIMES, up to 1000]\n";
    return 2;
  }
  return leat::run([host = std::string_view(arguments[1]), times] {
    auto [ctx, cancel] = leat::with_cancel(leat::context::background());
    leat::go([interrupted = leat::notify_signals({SIGINT}), &cancel] {
      if (interrupted.receive()) cancel();
    });
    const auto addresses = resolve_host(host, {.ctx = ctx});
    if (!addresses) {
      std::cerr << "cannot find " << host << ": " << addresses.error().message() << '\n';
      return 1;
    }
    const auto heard = ask(ctx, addresses->front(), times);
    if (!heard) {
      std::cerr << "cannot ping " << addresses->front() << ": " << heard.error().message() << '\n';
      if (is_forbidden(heard.error())) {
        std::cerr << "(the system permits it to groups in net.ipv4.ping_group_range, and with CAP_NET_RAW)\n";
      }
      return 1;
    }
    return *heard > 0 ? 0 : 1;
  });
}
