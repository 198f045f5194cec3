// Sends a file to example_resume_receiver, and goes on where an earlier attempt broke off.
//
// Teaches: a file can be read from any byte on: to resume is to seek. The receiver says how much it has, and
// the system sends from there, past this program, without reading what lies before. Only "complete" is
// success; whatever else happened, call again.
//
// Try it: mkdir in && ./example_resume_receiver in 127.0.0.1:9000
//   then: ./example_resume_sender 127.0.0.1:9000 big.iso, ctrl-c, and the same again
#include <stdio.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

using namespace std::chrono_literals;
using outcome = leat::result<std::string>;

// What the receiver has said at last, or why it could not be asked.
outcome send_rest(const char* address, const std::filesystem::path& path) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(::fopen(path.c_str(), "rb"), &::fclose);
  struct stat about{};
  if (!file || ::fstat(::fileno(file.get()), &about) != 0) return leat::last_system_error();
  const auto size = static_cast<std::uint64_t>(about.st_size);
  auto conn = leat::net::dial_tcp(address, {.timeout = 10s});
  if (!conn) return std::unexpected(conn.error());
  const auto asked = conn->write(std::to_string(size) + " " + path.filename().string() + "\n");
  if (!asked) return std::unexpected(asked.error());
  leat::net::buffered_reader in(*conn);
  const auto answer = in.read_line(1000);
  if (!answer) return std::unexpected(answer.error());
  if (!answer->starts_with("from ")) return std::string(*answer);

  const std::uint64_t have = std::strtoull(std::string(*answer).c_str() + 5, nullptr, 10);
  std::cout << "sending from byte " << have << " of " << size << std::endl;
  const auto sent = conn->send_file(::fileno(file.get()), have, size - std::min(have, size));
  if (!sent) return std::unexpected(sent.error());
  if (const auto ended = conn->close_write(); !ended) return std::unexpected(ended.error());
  const auto said = in.read_line(1000);
  if (!said) return std::unexpected(said.error());
  return std::string(*said);
}

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: " << argv[0] << " HOST:PORT FILE\n";
    return 2;
  }
  return leat::run([address = argv[1], path = argv[2]] {
    const outcome said = send_rest(address, path);
    std::cout << path << ": " << (said ? *said : said.error().message()) << '\n';
    return said == outcome("complete") ? 0 : 1;
  });
}
