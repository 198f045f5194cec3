// Many downloads at once, from example_download_server, a goroutine and a connection each.
//
// Teaches: what happens at the same time is written one step after the other, once, and started as often as
// it is wanted. A semaphore bounds how many run at once, whatever the command line asks for: the server and
// the network are not ours alone. Progress goes to one place, over a channel, and comes out line by line.
//
// Try it: ./example_download_server some_folder 127.0.0.1:9000
//   then: mkdir out && ./example_downloads 127.0.0.1:9000 out notes.txt photo.jpg
#include <array>
#include <charconv>
#include <chrono>
#include <fstream>
#include <iostream>
#include <vector>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

using namespace std::chrono_literals;

// How many bytes have come, or why they have not.
leat::result<std::uint64_t> download(const std::string& address, const std::string& name,
                                     const std::string& path) {
  auto conn = leat::net::dial_tcp(address, {.timeout = 10s});
  if (!conn) return std::unexpected(conn.error());
  if (const auto asked = conn->write(name + "\n"); !asked) return std::unexpected(asked.error());
  leat::net::buffered_reader in(*conn);
  const auto answer = in.read_line(1000);
  if (!answer) return std::unexpected(answer.error());
  std::uint64_t size = 0;
  if (std::from_chars(answer->begin(), answer->end(), size).ptr != answer->end())
    return std::unexpected(std::make_error_code(std::errc::no_such_file_or_directory));

  std::ofstream file(path, std::ios::binary);
  std::array<char, 16 * 1024> piece;
  for (std::uint64_t left = size; left > 0 && file;) {
    const auto wanted = std::as_writable_bytes(std::span(piece)).first(std::min(left, piece.size()));
    const auto count = in.read(wanted);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return leat::fail(leat::errc::unexpected_end);
    leat::blocking([&] { file.write(piece.data(), static_cast<std::streamsize>(*count)).flush(); });
    left -= *count;
  }
  if (!file) return std::unexpected(std::make_error_code(std::errc::io_error));
  return size;
}

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: " << argv[0] << " HOST:PORT FOLDER NAME...\n";
    return 2;
  }
  return leat::run([=] {
    leat::semaphore places(4);
    leat::chan<std::pair<std::string, leat::result<std::uint64_t>>> ended;
    for (const std::string name : std::vector(argv + 3, argv + argc))
      leat::go([=, &places, folder = std::string(argv[2])] {
        places.acquire();
        auto outcome = download(argv[1], name, folder + "/" + name);
        places.release();
        ended.send({name, outcome});
      });
    int failed = 0;
    for (int i = 3; i < argc; ++i) {
      const auto [name, outcome] = *ended.receive();
      std::cout << name << ": " << (outcome ? std::to_string(*outcome) + " bytes" : outcome.error().message())
                << '\n';
      failed += outcome ? 0 : 1;
    }
    return failed == 0 ? 0 : 1;
  });
}
