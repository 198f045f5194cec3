// A picture is uploaded while it is still being read: the disk and the network work at the same time.
//
// Teaches: two slow things need not wait for each other. One goroutine reads pieces from the file, another
// sends them, and a channel of four lies between: when the network is the slower one it fills and the reader
// waits, so however big the picture is, no more than a few pieces of it are in memory. That the reading
// failed travels down the same channel, so that half a picture is never taken for a whole one.
//
// Try it: mkdir in && ./example_file_receiver in 127.0.0.1:9000
//   then: ./example_picture_upload 127.0.0.1:9000 photo.jpg
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <iostream>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

using namespace std::chrono_literals;
using piece = leat::result<std::string>;

// Runs on a thread of the blocking pool, which may wait for the disk; channels work from there, too.
void read_pieces(const std::string& path, leat::sender<piece> pieces) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) pieces.send(leat::last_system_error());
  while (file >= 0) {
    std::string bytes(64 * 1024, '\0');
    const ssize_t count = ::read(file, bytes.data(), bytes.size());
    if (count < 0) pieces.send(leat::last_system_error());
    if (count <= 0) break;
    bytes.resize(static_cast<std::size_t>(count));
    pieces.send(std::move(bytes));
  }
  ::close(file);
  pieces.close();
}

leat::result<std::string> upload(const char* address, const std::string& path) {
  auto conn = leat::net::dial_tcp(address, {.timeout = 10s});
  if (!conn) return std::unexpected(conn.error());
  // From here on, giving up is a reset: a mere close would look like the end of the picture.
  static_cast<void>(conn->set_linger(leat::net::linger::reset));
  const auto named = conn->write(std::filesystem::path(path).filename().string() + "\n");
  if (!named) return std::unexpected(named.error());
  leat::net::buffered_reader in(*conn);
  const auto answer = in.read_line(1000);
  if (!answer) return std::unexpected(answer.error());
  if (*answer != "ok") return std::string(*answer);

  const leat::chan<piece> pieces{4};
  leat::go([=] { leat::blocking([&] { read_pieces(path, pieces); }); });
  std::size_t sent = 0;
  for (const piece& next : pieces) {
    if (!next) return next;
    if (const auto written = conn->write(*next); !written) return std::unexpected(written.error());
    std::cerr << "\rsent " << (sent += next->size()) << " bytes";
  }
  std::cerr << '\n';
  if (const auto ended = conn->close_write(); !ended) return std::unexpected(ended.error());
  const auto said = in.read_line(1000);
  if (!said) return std::unexpected(said.error());
  return std::string(*said);
}

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: " << argv[0] << " HOST:PORT PICTURE\n";
    return 2;
  }
  return leat::run([address = argv[1], path = argv[2]] {
    const auto said = upload(address, path);
    std::cout << path << ": " << (said ? *said : said.error().message()) << '\n';
    return said && said->ends_with(" bytes kept") ? 0 : 1;
  });
}
