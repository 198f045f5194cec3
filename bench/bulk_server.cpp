// Moves a file by net::copy, one connection after the other. Prints "listening on HOST:PORT"
// once it is ready.
//
//   bulk_server send FILE        writes the file to every connection
//   bulk_server receive FILE     writes what each connection brings into the file
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>
#include <utility>

#include <leat/leat.hpp>
#include <leat/net/copy.hpp>
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

bool succeeded(const leat::net::copy_outcome& outcome, const char* path) {
  if (!outcome) std::fprintf(stderr, "cannot copy %s: %s\n", path, outcome.error.message().c_str());
  return bool(outcome);
}

bool send(tcp_conn conn, const char* path) {
  const open_file file(path, O_RDONLY);
  return file.is_open() && succeeded(leat::net::copy(conn, {.fd = file.fd()}), path);
}

bool receive(tcp_conn conn, const char* path) {
  const open_file file(path, O_WRONLY | O_CREAT | O_TRUNC);
  return file.is_open() && succeeded(leat::net::copy({.fd = file.fd()}, conn), path);
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
