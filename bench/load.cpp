#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>

#include <bench/load.hpp>

namespace bench {

std::int64_t process_cpu_ns(int pid) {
  clockid_t processor_time{};
  timespec used{};
  if (clock_getcpuclockid(pid, &processor_time) != 0 || clock_gettime(processor_time, &used) != 0) return 0;
  return std::int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

std::int64_t process_resident_bytes(int pid) {
  std::int64_t size = 0;
  std::int64_t resident = 0;
  std::ifstream("/proc/" + std::to_string(pid) + "/statm") >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

namespace {

int connect_to_loopback(int type, std::uint16_t port) {
  const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  if (fd < 0) give_up("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    give_up("connect to 127.0.0.1:" + std::to_string(port));
  return fd;
}

}  // namespace

int connect_loopback_udp(std::uint16_t port) {
  return connect_to_loopback(SOCK_DGRAM, port);
}

int connect_loopback(std::uint16_t port, blocking mode) {
  const int fd = connect_to_loopback(SOCK_STREAM, port);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (mode == blocking::no && fcntl(fd, F_SETFL, O_NONBLOCK) != 0) give_up("fcntl");
  return fd;
}

void echo_once(int fd) {
  std::array<char, 64> message{};
  if (send(fd, message.data(), message.size(), MSG_NOSIGNAL) != ssize_t(message.size())) give_up("send");
  if (recv(fd, message.data(), message.size(), MSG_WAITALL) != ssize_t(message.size())) give_up("recv");
}

void close_with_reset(int fd) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) != 0) give_up("setsockopt");
  close(fd);
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) give_up("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) give_up("setrlimit");
}

void give_up(const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

}  // namespace bench
