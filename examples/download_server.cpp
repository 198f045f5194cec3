// Offers the files of a folder to many clients at once: a name comes, "SIZE" and so many bytes go back.
//
// Teaches: bytes with their length in front, so that the connection can go on: the client asks for as many
// files as it likes, one after the other, and knows of each when it is whole. The system sends the file from
// its cache to the socket, so a download costs this program next to nothing. Every client has a goroutine,
// and a slow one delays nobody.
//
// Try it: ./example_download_server some_folder 127.0.0.1:9000
//   then: mkdir out && ./example_downloads 127.0.0.1:9000 out notes.txt photo.jpg
//     or: echo notes.txt | nc -N 127.0.0.1 9000
#include <stdio.h>
#include <sys/stat.h>

#include <iostream>
#include <memory>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

using open_file = std::unique_ptr<FILE, int (*)(FILE*)>;

bool send_one(leat::net::tcp_conn& conn, const std::string& folder, const std::string& name) {
  const bool plain = !name.starts_with('.') && !name.contains('/') && !name.contains('\0');
  const open_file file(plain ? ::fopen((folder + "/" + name).c_str(), "rb") : nullptr, &::fclose);
  struct stat about{};
  if (!file || ::fstat(::fileno(file.get()), &about) != 0 || !S_ISREG(about.st_mode))
    return conn.write("there is no " + name + " here\n").has_value();
  const auto size = static_cast<std::uint64_t>(about.st_size);
  if (!conn.write(std::to_string(size) + "\n")) return false;
  const auto sent = conn.send_file(::fileno(file.get()), 0, size);
  return sent && *sent == size;  // a file that has become shorter: the client must not take it for whole
}

void serve(leat::net::tcp_conn conn, const std::string& folder) {
  leat::net::buffered_reader in(conn);
  while (const auto name = in.read_line(255)) {
    if (!send_one(conn, folder, std::string(*name))) return;
  }
}

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: " << argv[0] << " FOLDER [HOST:PORT]\n";
    return 2;
  }
  return leat::run([folder = std::string(argv[1]), address = argc > 2 ? argv[2] : "127.0.0.1:0"] {
    auto listener = leat::net::listen_tcp(address);
    if (!listener) {
      std::cerr << "cannot listen on " << address << ": " << listener.error().message() << '\n';
      return 1;
    }
    std::cout << "listening on " << listener->local_address() << std::endl;
    while (auto conn = listener->accept())
      leat::go([conn = std::move(*conn), folder]() mutable { serve(std::move(conn), folder); });
    return 0;
  });
}
