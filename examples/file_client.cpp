// Sends files to example_file_server: name, "ok", bytes until the end, and the server's last word.
//
// Teaches: the other half of that agreement. The system moves the bytes from the file to the socket, past
// this program; half-close says where they end; and only the server's last word is success. The files go all
// at once, each over a connection of its own.
//
// Try it: ./example_file_server in 127.0.0.1:9000
//   then: ./example_file_client 127.0.0.1:9000 photo.jpg notes.txt
#include <stdio.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <vector>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using outcome = leat::result<std::string>;

outcome read_line(leat::net::tcp_conn& conn) {
  std::string line;
  std::string buffer(100, '\0');
  while (!line.ends_with('\n') && line.size() < 1000) {
    const auto count = conn.read(std::as_writable_bytes(std::span(buffer)));
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return leat::fail(leat::errc::unexpected_end);
    line.append(buffer, 0, *count);
  }
  return line;
}

// What the server has said at last, or why it could not be asked.
outcome send_file(const char* address, const fs::path& path) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(::fopen(path.c_str(), "rb"), &::fclose);
  if (!file) return leat::last_system_error();
  auto conn = leat::net::dial_tcp(address, {.timeout = 10s});
  if (!conn) return std::unexpected(conn.error());
  // From here on, giving up is a reset: a mere close would look like the end of the file.
  static_cast<void>(conn->set_linger(leat::net::linger::reset));
  if (const auto named = conn->write(path.filename().string() + "\n"); !named)
    return std::unexpected(named.error());
  if (const outcome answer = read_line(*conn); answer != "ok\n") return answer;
  if (const auto sent = conn->send_file(::fileno(file.get()), 0, INT64_MAX); !sent)
    return std::unexpected(sent.error());
  if (const auto ended = conn->close_write(); !ended) return std::unexpected(ended.error());
  return read_line(*conn);
}

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: " << argv[0] << " HOST:PORT FILE...\n";
    return 2;
  }
  return leat::run([address = argv[1], files = std::vector<fs::path>(argv + 2, argv + argc)] {
    std::vector<outcome> outcomes(files.size());
    leat::wait_group sending;
    for (std::size_t i = 0; i < files.size(); ++i)
      sending.go([&, i] { outcomes[i] = send_file(address, files[i]); });
    sending.wait();

    bool all_kept = true;
    for (std::size_t i = 0; i < files.size(); ++i) {
      const std::string said = outcomes[i] ? *outcomes[i] : outcomes[i].error().message() + "\n";
      std::cout << files[i].string() << ": " << said;
      all_kept = all_kept && said.ends_with(" bytes kept\n");
    }
    return all_kept ? 0 : 1;
  });
}
