// For tests that need more of a network than loopback: a network namespace that the test makes itself, in a
// process of its own.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <type_traits>

namespace leat::testing {

/// Loopback, up, and two interfaces that know IPv4, IPv6 and multicast: "left" is 192.168.1.1/24, "right" is
/// 192.168.2.1/24, and both have a link-local address.
class own_network {
 public:
  /// Makes it the network of this process. False if that is not permitted here.
  static bool enter() {
    if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
    // An address is usable at once: nobody else can have it.
    const int sysctl = ::open("/proc/sys/net/ipv6/conf/default/accept_dad", O_WRONLY | O_CLOEXEC);
    if (sysctl >= 0) {
      const bool written = ::write(sysctl, "0", 1) == 1;
      ::close(sysctl);
      if (!written) return false;
    }
    if (!bring_up("lo")) return false;
    return make_pair("left", "left_end", {192, 168, 1, 1}) &&
           make_pair("right", "right_end", {192, 168, 2, 1}) && await_link_local("left") &&
           await_link_local("right");
  }

  static std::uint32_t index_of(const char* name) { return ::if_nametoindex(name); }

  static bool set_mtu(const char* name, int bytes) {
    ifreq request = named(name);
    request.ifr_mtu = bytes;
    return control(SIOCSIFMTU, request);
  }

 private:
  // A request to make an interface, as rtnetlink(7) wants it: attributes in attributes.
  class link_request {
   public:
    link_request() {
      nlmsghdr header{};
      header.nlmsg_type = RTM_NEWLINK;
      header.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
      put(header);
      put(ifinfomsg{});
    }

    template <typename Value>
    void put(const Value& value) {
      std::memcpy(bytes_.data() + size_, &value, sizeof(value));
      size_ += NLMSG_ALIGN(sizeof(value));
    }

    void text(std::uint16_t type, std::string_view value) {
      const std::size_t start = open(type);
      std::memcpy(bytes_.data() + size_, value.data(), value.size());
      size_ += value.size() + 1;
      close(start);
    }

    std::size_t open(std::uint16_t type) {
      const std::size_t start = size_;
      rtattr header{};
      header.rta_type = type;
      put(header);
      return start;
    }

    void close(std::size_t start) {
      const auto length = static_cast<std::uint16_t>(size_ - start);
      std::memcpy(bytes_.data() + start, &length, sizeof(length));  // rta_len comes first
      size_ = NLMSG_ALIGN(size_);
    }

    /// Whether the kernel agreed.
    bool send() {
      const auto length = static_cast<std::uint32_t>(size_);
      std::memcpy(bytes_.data(), &length, sizeof(length));  // nlmsg_len comes first
      const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
      if (fd < 0) return false;
      const bool sent = ::send(fd, bytes_.data(), size_, 0) == static_cast<ssize_t>(size_);
      struct {
        nlmsghdr header;
        nlmsgerr error;
        std::array<std::byte, 1024> rest;
      } answer{};
      const bool answered = sent && ::recv(fd, &answer, sizeof(answer), 0) > 0;
      ::close(fd);
      return answered && answer.header.nlmsg_type == NLMSG_ERROR && answer.error.error == 0;
    }

   private:
    std::array<std::byte, 512> bytes_{};
    std::size_t size_ = 0;
  };

  static bool make_pair(const char* near, const char* far, std::array<std::uint8_t, 4> address) {
    link_request request;
    request.text(IFLA_IFNAME, near);
    const std::size_t info = request.open(IFLA_LINKINFO);
    request.text(IFLA_INFO_KIND, "veth");
    const std::size_t data = request.open(IFLA_INFO_DATA);
    const std::size_t peer = request.open(VETH_INFO_PEER);
    request.put(ifinfomsg{});
    request.text(IFLA_IFNAME, far);
    request.close(peer);
    request.close(data);
    request.close(info);
    if (!request.send()) return false;

    ifreq addressed = named(near);
    sockaddr_in raw{};
    raw.sin_family = AF_INET;
    std::memcpy(&raw.sin_addr, address.data(), address.size());
    std::memcpy(&addressed.ifr_addr, &raw, sizeof(raw));
    return control(SIOCSIFADDR, addressed) && bring_up(far) && bring_up(near);
  }

  // The kernel gives an interface its link-local address once it has noticed, in its own time, that it is up,
  // and lets it be used a little later still.
  static bool await_link_local(std::string_view name) {
    constexpr int most_ms = 5000;
    for (int waited_ms = 0; waited_ms < most_ms; ++waited_ms) {
      std::ifstream addresses("/proc/net/if_inet6");
      if (!addresses) return true;                                  // a kernel without IPv6
      std::string address, index, prefix, scope, flags, interface;  // all in hexadecimal but the last
      while (addresses >> address >> index >> prefix >> scope >> flags >> interface) {
        if (interface == name && (std::stoul(flags, nullptr, 16) & IFA_F_TENTATIVE) == 0) return true;
      }
      ::usleep(1000);
    }
    return false;
  }

  static bool bring_up(const char* name) {
    ifreq request = named(name);
    if (!control(SIOCGIFFLAGS, request)) return false;
    request.ifr_flags |= IFF_UP;
    return control(SIOCSIFFLAGS, request);
  }

  static ifreq named(const char* name) {
    ifreq request{};
    std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    return request;
  }

  static bool control(unsigned long what, ifreq& request) {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    const bool done = ::ioctl(fd, what, &request) == 0;
    ::close(fd);
    return done;
  }
};

/// Runs `body` in a process whose network is an own_network. Its failures are the caller's. A body may return
/// false: what it needs beyond the network is not permitted here either. Returns why it could not be run, for
/// GTEST_SKIP(); empty if it was.
template <typename Body>
std::string in_own_network(Body&& body) {
  constexpr int not_permitted = 77;
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    if (!own_network::enter()) ::_exit(not_permitted);
    if constexpr (std::is_same_v<std::invoke_result_t<Body&>, bool>) {
      if (!body()) ::_exit(not_permitted);
    } else {
      body();
    }
    std::fflush(nullptr);
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR)
    continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == not_permitted)
    return "this machine does not let tests make networks of their own (unshare, veth interfaces, mounts)";
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
      << "the test failed in its own network, see above";
  return {};
}

}  // namespace leat::testing
