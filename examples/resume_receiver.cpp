// Receives files that may break off and go on later: who calls again is told from where.
//
// Teaches: to resume, both sides must know what is already there and what there will be. The sender says
// size and name, the receiver answers with how much of it it has, and only the rest travels. What is not
// complete lies under another name, so that nobody takes it for the file. The callers are served one after
// the other, so no two write to one file, and a silent one is given up, so that he does not keep the others
// waiting. (That it is the same file as last time is not checked here: a real program compares a digest.)
//
// Try it: mkdir in && ./example_resume_receiver in 127.0.0.1:9000
//   then: ./example_resume_sender 127.0.0.1:9000 big.iso, ctrl-c, and the same again
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

using namespace std::chrono_literals;
namespace fs = std::filesystem;

bool is_plain(std::string_view name) {
  return name.size() <= 250 && !name.starts_with('.') && !name.ends_with(".part") && !name.contains('/') &&
         !name.contains('\0');
}

// Adds what the sender has to what is here, and returns what to tell it at last.
std::string receive(leat::net::tcp_conn& conn, const fs::path& folder) {
  leat::net::buffered_reader in(conn);
  static_cast<void>(conn.set_read_deadline(10s));
  std::istringstream head(std::string(in.read_line(300).value_or("")));  // "SIZE NAME"
  std::uint64_t size = 0;
  std::string name;
  if (!(head >> size) || !std::getline(head >> std::ws, name) || !is_plain(name)) return "refused\n";
  std::error_code fault;
  if (fs::exists(folder / name, fault)) return "refused: it is here already\n";

  const fs::path part = folder / (name + ".part");
  std::ofstream file(part, std::ios::binary | std::ios::app);
  std::uint64_t have = fs::file_size(part, fault);
  if (!file || fault) return "failed\n";
  static_cast<void>(conn.write("from " + std::to_string(have) + "\n"));
  std::array<char, 16 * 1024> piece;
  while (file && have < size) {
    static_cast<void>(conn.set_read_deadline(10s));
    const auto room = std::span(piece).first(std::min(size - have, piece.size()));
    const auto count = in.read(std::as_writable_bytes(room));
    if (!count || *count == 0) return "the rest is missing\n";  // what has come stays for the next time
    leat::blocking([&] { file.write(piece.data(), static_cast<std::streamsize>(*count)).flush(); });
    have += *count;
  }
  if (file && have == size) fs::rename(part, folder / name, fault);
  return file && have == size && !fault ? "complete\n" : "failed\n";
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
      static_cast<void>(conn->write(receive(*conn, folder)));
    return 0;
  });
}
