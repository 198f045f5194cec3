// Receives files from many senders at once, in the simplest way that works: name, "ok", bytes until the end.
//
// Teaches: a protocol is an agreement on who speaks when. The sender says the name and waits for "ok", sends
// the file and half-closes; the receiver then says how many bytes it has kept, since otherwise a sender that
// broke down would look like one that has finished. And a name from outside is no path: it is checked.
//
// Try it: mkdir in && ./example_file_receiver in 127.0.0.1:9000
//   then: ./example_file_sender 127.0.0.1:9000 photo.jpg
//     or: (echo notes.txt; cat notes.txt) | nc -N 127.0.0.1 9000
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

namespace fs = std::filesystem;

bool is_plain(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name.front() != '.' && !name.contains('/') &&
         !name.contains('\0');
}

// Keeps the file that the sender names, and returns what to tell the sender.
std::string keep_file(leat::net::tcp_conn& conn, const fs::path& folder) {
  leat::net::buffered_reader in(conn);
  const auto name = in.read_line(1000);
  if (!name) return "refused: no name came\n";
  if (!is_plain(*name)) return "refused: that is not the plain name of a file\n";
  const fs::path path = folder / *name;
  std::ofstream file(path, std::ios::binary | std::ios::noreplace);
  if (!file) return "refused: such a file is here already, or cannot be made\n";
  static_cast<void>(conn.write("ok\n"));

  std::array<char, 16 * 1024> piece;
  std::uint64_t kept = 0;
  for (;;) {
    const auto count = in.read(std::as_writable_bytes(std::span(piece)));
    if (count && *count == 0) return std::to_string(kept) + " bytes kept\n";
    if (count) {  // a slow disk holds up nobody else
      leat::blocking([&] { file.write(piece.data(), static_cast<std::streamsize>(*count)).flush(); });
      kept += *count;
    }
    if (!count || !file) break;
  }
  std::error_code ignored;
  fs::remove(path, ignored);
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
