// Receives files from many senders at once, in the simplest way that works: name, "ok", bytes until the end.
//
// Teaches: a protocol is an agreement on who speaks when. The sender says the name and waits for "ok", sends
// the file and half-closes; the receiver then says how many bytes it has kept, since otherwise a sender that
// broke down would look like one that has finished. And a name from outside is no path: it is checked.
//
// Try it: mkdir in && ./example_file_server in 127.0.0.1:9000
//   then: ./example_file_client 127.0.0.1:9000 photo.jpg
//     or: (echo notes.txt; cat notes.txt) | nc -N 127.0.0.1 9000
#include <filesystem>
#include <fstream>
#include <iostream>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

namespace fs = std::filesystem;

// What comes next; empty at the end of the stream.
leat::result<std::string> read_some(leat::net::tcp_conn& conn) {
  std::string bytes(16 * 1024, '\0');
  const auto count = conn.read(std::as_writable_bytes(std::span(bytes)));
  if (!count) return std::unexpected(count.error());
  bytes.resize(*count);
  return bytes;
}

bool is_plain(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name.front() != '.' && !name.contains('/') &&
         !name.contains('\0');
}

// Keeps the file that the sender names, and returns what to tell the sender.
std::string keep_file(leat::net::tcp_conn& conn, const fs::path& folder) {
  std::string head;
  while (!head.contains('\n') && head.size() <= 255) {
    const auto more = read_some(conn);
    if (!more || more->empty()) return "refused: no name came\n";
    head += *more;
  }
  const std::string name = head.substr(0, head.find('\n'));
  if (!is_plain(name)) return "refused: that is not the plain name of a file\n";
  std::ofstream file(folder / name, std::ios::binary | std::ios::noreplace);
  if (!file) return "refused: such a file is here already, or cannot be made\n";
  static_cast<void>(conn.write("ok\n"));

  std::uint64_t kept = 0;
  leat::result<std::string> part = head.substr(name.size() + 1);  // from a sender that did not wait for "ok"
  do {
    leat::blocking([&] { file << *part << std::flush; });  // a slow disk holds up nobody else
    kept += part->size();
    part = read_some(conn);
  } while (file && part && !part->empty());
  if (file && part) return std::to_string(kept) + " bytes kept\n";
  fs::remove(folder / name);
  return "failed: the file could not be kept\n";
}

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: " << argv[0] << " FOLDER [HOST:PORT]\n";
    return 2;
  }
  return leat::run([folder = fs::path(argv[1]), address = argc > 2 ? argv[2] : "127.0.0.1:0"] {
    auto listener = leat::net::listen_tcp(address);
    if (!listener) {
      std::cerr << "cannot listen on " << address << ": " << listener.error().message() << '\n';
      return 1;
    }
    std::cout << "listening on " << listener->local_address() << std::endl;
    while (auto conn = listener->accept())
      leat::go([conn = std::move(*conn), folder]() mutable {
        static_cast<void>(conn.write(keep_file(conn, folder)));
      });
    return 0;
  });
}
