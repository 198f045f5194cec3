#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <vector>

#include <leat/net/icmp.hpp>
#include <leat/net/icmp_message.hpp>
#include <leat/net/system_socket.hpp>

namespace leat::net {
namespace {

using runtime::direction;

// Without options: to an echo, nobody adds any.
constexpr std::size_t ipv4_header_bytes = 20;

// A raw socket is given everything unless it says what it wants.
result<void> want_replies_only(int fd, bool v6) noexcept {
  if (v6) {
    icmp6_filter wanted;
    ICMP6_FILTER_SETBLOCKALL(&wanted);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &wanted);
    if (::setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &wanted, sizeof(wanted)) != 0)
      return last_system_error();
    return {};
  }
  const ::icmp_filter unwanted{.data = ~(1U << ICMP_ECHOREPLY)};
  if (::setsockopt(fd, SOL_RAW, ICMP_FILTER, &unwanted, sizeof(unwanted)) != 0) return last_system_error();
  return {};
}

int hop_limit_of(msghdr& message) noexcept {
  for (cmsghdr* one = CMSG_FIRSTHDR(&message); one; one = CMSG_NXTHDR(&message, one)) {
    const bool tells = (one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_TTL) ||
                       (one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_HOPLIMIT);
    if (!tells || one->cmsg_len < CMSG_LEN(sizeof(int))) continue;
    int hops = 0;
    std::memcpy(&hops, CMSG_DATA(one), sizeof(hops));
    return hops;
  }
  return 0;
}

std::uint16_t any_identifier() {
  std::random_device random;
  return static_cast<std::uint16_t>(random());
}

}  // namespace

result<icmp_socket> open_icmp(const ip_address& family_of) {
  const bool v6 = family_of.unmapped().is_v6();
  const int family = v6 ? AF_INET6 : AF_INET;
  const int protocol = v6 ? static_cast<int>(IPPROTO_ICMPV6) : static_cast<int>(IPPROTO_ICMP);
  constexpr int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
  bool raw = false;
  raw_socket opened(::socket(family, SOCK_DGRAM | flags, protocol));
  if (opened.fd() < 0) {
    if (errno != EACCES && errno != EPERM && errno != EPROTONOSUPPORT) return last_system_error();
    opened = raw_socket(::socket(family, SOCK_RAW | flags, protocol));
    raw = true;
  }
  if (opened.fd() < 0) return last_system_error();
  if (raw) {
    if (auto set = want_replies_only(opened.fd(), v6); !set) return std::unexpected(set.error());
  }
  auto told = v6 ? set_option(opened.fd(), IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1)
                 : set_option(opened.fd(), IPPROTO_IP, IP_RECVTTL, 1);
  if (!told) return std::unexpected(told.error());
  return icmp_socket(icmp_socket::handle(opened.adopt().release()), v6, raw, raw ? any_identifier() : 0);
}

result<void> icmp_socket::send(const ip_address& to, std::uint16_t sequence,
                               std::span<const std::byte> payload) {
  if (payload.size() > icmp_payload_limit) return system_error(EMSGSIZE);
  if (!descriptor_) return fail(errc::closed);
  const ip_address plain = to.unmapped();
  if (plain.is_v6() != v6_) return system_error(EAFNOSUPPORT);
  // Header and payload are one for the checksum. Few requests are long, and none is sent in a hurry.
  std::array<std::byte, 512> room;
  std::vector<std::byte> more;
  std::span<std::byte> message(room);
  if (icmp_header_bytes + payload.size() > room.size()) {
    more.resize(icmp_header_bytes + payload.size());
    message = more;
  }
  const icmp_echo_message request{.identifier = identifier_, .sequence = sequence, .payload = payload};
  message = message.first(write_echo_request(v6_ ? icmp_family::v6 : icmp_family::v4, request, message));
  const socket_address where = to_socket_address(endpoint(plain, 0));
  const auto sent = descriptor_->perform(direction::write, [&](int fd) {
    return ::sendto(fd, message.data(), message.size(), MSG_NOSIGNAL, where.data(), where.size);
  });
  if (!sent) return std::unexpected(sent.error());
  return {};
}

result<icmp_reply> icmp_socket::receive(std::span<std::byte> payload) {
  if (!descriptor_) return fail(errc::closed);
  const bool has_ip_header = raw_ && !v6_;
  const std::size_t expected = icmp_header_bytes + (has_ip_header ? ipv4_header_bytes : 0);
  std::array<std::byte, ipv4_header_bytes + icmp_header_bytes> head;
  for (;;) {
    socket_address from;
    alignas(cmsghdr) std::array<std::byte, 64> control;
    std::array<iovec, 2> parts{iovec{head.data(), expected}, iovec{payload.data(), payload.size()}};
    msghdr message{};
    message.msg_name = from.data();
    message.msg_namelen = sizeof(from.storage);
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto size = descriptor_->perform(direction::read, [&](int fd) {
      message.msg_namelen = sizeof(from.storage);
      message.msg_controllen = control.size();
      return ::recvmsg(fd, &message, MSG_TRUNC);
    });
    if (!size) return std::unexpected(size.error());
    if (*size < expected) continue;
    std::span<const std::byte> icmp = std::span(head).first(expected);
    if (has_ip_header) {
      const auto content = content_of_ipv4(icmp);
      if (!content || content->size() != icmp_header_bytes) continue;
      icmp = *content;
    }
    const auto reply = read_echo_reply(v6_ ? icmp_family::v6 : icmp_family::v4, icmp);
    if (!reply || (raw_ && reply->identifier != identifier_)) continue;
    from.size = message.msg_namelen;
    return icmp_reply{.from = to_endpoint(from).value_or(endpoint()).address(),
                      .sequence = reply->sequence,
                      .payload_bytes = *size - expected,
                      .hop_limit = hop_limit_of(message)};
  }
}

result<ping_reply> ping(const ip_address& to, const ping_options& options) {
  const wait_limits limits{.deadline = deadline_after(options.timeout), .ctx = options.ctx};
  if (options.payload_bytes > icmp_payload_limit) return system_error(EMSGSIZE);
  if (auto passed = limits.passed()) return std::unexpected(passed);
  auto opened = open_icmp(to);
  if (!opened) return std::unexpected(opened.error());
  auto socket = std::make_shared<icmp_socket>(std::move(*opened));  // shared with who cancels
  std::optional<stop_handle> cancelled;
  if (options.ctx.node())
    cancelled.emplace(after_func(options.ctx, [socket] { static_cast<void>(socket->close()); }));
  static_cast<void>(socket->set_deadline(limits.last_moment()));
  const std::vector<std::byte> payload(options.payload_bytes);
  const auto why = [&](std::error_code error) {
    const auto given_up = options.ctx.error();
    return std::unexpected(error == errc::closed && given_up ? given_up : error);
  };
  const time_point begin = clock::now();
  if (auto sent = socket->send(to, options.sequence, payload); !sent) return why(sent.error());
  for (;;) {
    const auto reply = socket->receive();
    if (!reply) return why(reply.error());
    if (reply->sequence != options.sequence || reply->from.unmapped() != to.unmapped()) continue;
    return ping_reply{
        .time = clock::now() - begin, .hop_limit = reply->hop_limit, .payload_bytes = reply->payload_bytes};
  }
}

}  // namespace leat::net
