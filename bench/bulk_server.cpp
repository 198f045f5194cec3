// Moves a file in straight blocking code, one connection after the other. Prints "listening on HOST:PORT"
// once it is ready.
//
//   bulk_server send FILE        writes the file to every connection
//   bulk_server receive FILE     writes what each connection brings into the file
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <leat/leat.hpp>
#include <leat/net/tcp.hpp>

namespace {

using leat::net::tcp_conn;

class open_file {
 public:
  open_file(const char* path, int flags) : fd_(open(path, flags | O_CLOEXEC, 0644)) {
    if (fd_ < 0) std::perror(path);
  }
  ~open_file() {
    if (fd_ >= 0) close(fd_);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;

  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  int fd_;
};

bool send(tcp_conn conn, const char* path) {
  const open_file file(path, O_RDONLY);
  struct stat about{};
  if (!file.is_open() || fstat(file.fd(), &about) != 0) return false;
  const auto sent = conn.send_file(file.fd(), 0, std::uint64_t(about.st_size));
  if (!sent) std::fprintf(stderr, "cannot send %s: %s\n", path, sent.error().message().c_str());
  return sent.has_value();
}

bool write_all(int file, std::span<const std::byte> data) {
  while (!data.empty()) {
    const auto count = write(file, data.data(), data.size());
    if (count < 0) {
      std::perror("write");
      return false;
    }
    data = data.subspan(std::size_t(count));
  }
  return true;
}

bool receive(tcp_conn conn, const char* path) {
  constexpr std::size_t buffer_bytes = 1 << 18;
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(buffer_bytes);
  const open_file file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.is_open()) return false;
  for (;;) {
    const auto count = conn.read(std::span(buffer.get(), buffer_bytes));
    if (!count) std::fprintf(stderr, "cannot read: %s\n", count.error().message().c_str());
    if (!count) return false;
    if (*count == 0) return true;
    if (!write_all(file.fd(), std::span(buffer.get(), *count))) return false;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view way = argc == 3 ? argv[1] : "";
  const auto move = way == "send" ? send : way == "receive" ? receive : nullptr;
  if (!move) {
    std::fprintf(stderr, "usage: bulk_server send|receive FILE\n");
    return 2;
  }
  const char* const path = argv[2];
  return leat::run([=] {
    auto listener = leat::net::listen_tcp("127.0.0.1:0");
    if (!listener) {
      std::fprintf(stderr, "cannot listen on 127.0.0.1: %s\n", listener.error().message().c_str());
      return 1;
    }
    std::printf("listening on %s\n", listener->local_address().to_string().c_str());
    std::fflush(stdout);
    while (auto conn = listener->accept())
      if (!move(std::move(*conn), path)) break;
    return 1;
  });
}
