#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include <leat/blocking.hpp>
#include <leat/net/connections.hpp>
#include <leat/net/system_socket.hpp>

namespace leat::net {
namespace {

namespace fs = std::filesystem;

struct diag_request {
  nlmsghdr head;
  inet_diag_req_v2 body;
};

ip_address address_of(int family, const __be32 (&words)[4]) noexcept {
  if (family == AF_INET) {
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), words, bytes.size());
    return ip_address::v4(bytes);
  }
  std::array<std::uint8_t, 16> bytes;
  std::memcpy(bytes.data(), words, bytes.size());
  return ip_address::v6(bytes).unmapped();
}

connection to_connection(const inet_diag_msg& message) noexcept {
  const int family = message.idiag_family;
  return {.local = {address_of(family, message.id.idiag_src), ntohs(message.id.idiag_sport)},
          .remote = {address_of(family, message.id.idiag_dst), ntohs(message.id.idiag_dport)},
          .state = tcp_state{message.idiag_state},
          .user = message.idiag_uid,
          .inode = message.idiag_inode,
          .unread = message.idiag_rqueue,
          .unsent = message.idiag_wqueue};
}

// Copies one message's content, which lies in the buffer as it likes.
template <typename T>
std::optional<T> content_of(std::span<const std::byte> message) noexcept {
  T content;
  if (message.size() < NLMSG_HDRLEN + sizeof(content)) return std::nullopt;
  std::memcpy(&content, message.data() + NLMSG_HDRLEN, sizeof(content));
  return content;
}

// Calls `take(message)` for each message of a datagram. Returns whether more datagrams are to come. Errors:
// the kernel's, and those of `take`.
template <typename Take>
result<bool> read_messages(std::span<const std::byte> datagram, Take&& take) {
  while (datagram.size() >= NLMSG_HDRLEN) {
    nlmsghdr head;
    std::memcpy(&head, datagram.data(), sizeof(head));
    if (head.nlmsg_len < NLMSG_HDRLEN || head.nlmsg_len > datagram.size()) return system_error(EPROTO);
    const auto message = datagram.first(head.nlmsg_len);
    if (head.nlmsg_type == NLMSG_DONE) return false;
    if (head.nlmsg_type == NLMSG_ERROR) {
      const auto failure = content_of<nlmsgerr>(message);
      return system_error(failure && failure->error < 0 ? -failure->error : EPROTO);
    }
    if (head.nlmsg_type == SOCK_DIAG_BY_FAMILY) {
      if (auto taken = take(message); !taken) return std::unexpected(taken.error());
    }
    datagram = datagram.subspan(std::min<std::size_t>(NLMSG_ALIGN(head.nlmsg_len), datagram.size()));
  }
  return true;
}

// Asks for all TCP sockets of a family, and calls `take(connection)` for each. Blocks, but for the kernel's
// own work only: it writes an answer while that is read.
template <typename Take>
result<void> dump_family(int netlink, int family, std::span<std::byte> buffer, Take&& take) {
  diag_request request{};
  request.head.nlmsg_len = sizeof(request);
  request.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.body.sdiag_family = static_cast<std::uint8_t>(family);
  request.body.sdiag_protocol = IPPROTO_TCP;
  request.body.idiag_states = ~0U;
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  if (::sendto(netlink, &request, sizeof(request), 0, reinterpret_cast<const sockaddr*>(&kernel),
               sizeof(kernel)) < 0) {
    return last_system_error();
  }
  for (;;) {
    const ssize_t size = ::recv(netlink, buffer.data(), buffer.size(), MSG_TRUNC);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return last_system_error();
    if (static_cast<std::size_t>(size) > buffer.size()) return system_error(EMSGSIZE);
    const auto more =
        read_messages(buffer.first(static_cast<std::size_t>(size)),
                      [&](std::span<const std::byte> message) -> result<void> {
                        const auto told = content_of<inet_diag_msg>(message);
                        return told ? take(to_connection(*told)) : result<void>(system_error(EPROTO));
                      });
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
  }
}

// Calls `take(inode)` for each socket that a process has open. Errors: those of opening its folder.
template <typename Take>
result<void> for_each_socket(const fs::path& process, Take&& take) {
  constexpr std::string_view begin = "socket:[";
  std::error_code error;
  for (fs::directory_iterator one(process / "fd", error), end; !error && one != end; one.increment(error)) {
    std::error_code gone;  // closed since the folder was read
    const std::string target = fs::read_symlink(one->path(), gone).string();
    std::uint64_t inode = 0;
    if (!target.starts_with(begin)) continue;
    std::from_chars(target.data() + begin.size(), target.data() + target.size(), inode);
    if (inode != 0) take(inode);
  }
  if (error) return std::unexpected(error);
  return {};
}

std::string command_of(const fs::path& process) {
  std::string name;
  std::ifstream file(process / "comm");
  std::getline(file, name);
  return name;
}

// Those that may not be seen, or have ended meanwhile, are left out.
result<void> find_owners(std::vector<connection>& all) {
  std::unordered_multimap<std::uint64_t, connection*> by_inode;
  for (connection& one : all) {
    if (one.inode != 0) by_inode.emplace(one.inode, &one);
  }
  std::error_code error;
  for (fs::directory_iterator one("/proc", error), end; !error && one != end; one.increment(error)) {
    const std::string name = one->path().filename().string();
    int process = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), process);
    if (read.ec != std::errc() || read.ptr != name.data() + name.size()) continue;
    std::optional<std::string> command;
    static_cast<void>(for_each_socket(one->path(), [&](std::uint64_t inode) {
      const auto [first, last] = by_inode.equal_range(inode);
      for (auto owned = first; owned != last; ++owned) {
        if (owned->second->owner) continue;  // shared after a fork: the first will do
        if (!command) command = command_of(one->path());
        owned->second->owner = socket_owner{process, *command};
      }
    }));
  }
  if (error) return std::unexpected(error);
  return {};
}

result<std::vector<connection>> list_connections(const connection_query& query) {
  constexpr std::size_t buffer_bytes = 64 << 10;
  const bool everyone = query.whole_machine || query.port;
  std::unordered_set<std::uint64_t> own;
  if (!everyone) {
    const auto seen = for_each_socket("/proc/self", [&](std::uint64_t inode) { own.insert(inode); });
    if (!seen) return std::unexpected(seen.error());
  }
  const raw_socket netlink(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (netlink.fd() < 0) return last_system_error();
  std::vector<connection> found;
  std::vector<std::byte> buffer(buffer_bytes);
  for (const int family : {AF_INET, AF_INET6}) {
    const auto dumped = dump_family(netlink.fd(), family, buffer, [&](const connection& one) -> result<void> {
      if (!everyone && !own.contains(one.inode)) return {};
      if (query.port && one.local.port() != *query.port && one.remote.port() != *query.port) return {};
      if (found.size() >= query.limit) return fail(errc::too_long);
      found.push_back(one);
      return {};
    });
    if (!dumped) return std::unexpected(dumped.error());
  }
  if (query.owners) {
    if (auto sought = find_owners(found); !sought) return std::unexpected(sought.error());
  }
  return found;
}

}  // namespace

result<std::vector<connection>> connections(const connection_query& query) {
  return blocking([&query] { return list_connections(query); });
}

}  // namespace leat::net
