// Sends files to example_file_receiver: name, "ok", bytes until the end, and the receiver's last word.
//
// Teaches: the other half of that agreement. stat tells beforehand whether a name on the command line is a
// file, and how long it is; the system moves the bytes from the file to the socket, past this program;
// half-close says where they end; and only the receiver's last word is success. The files go all at once,
// each over a connection of its own.
//
// Try it: ./example_file_receiver in 127.0.0.1:9000
//   then: ./example_file_sender 127.0.0.1:9000 photo.jpg notes.txt
#include <stdio.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <vector>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using outcome = leat::result<std::string>;

// What the receiver has said at last, or why it could not be asked.
outcome send_file(const char* address, const fs::path& path) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(::fopen(path.c_str(), "rb"), &::fclose);
  struct stat about{};
  if (!file || ::fstat(::fileno(file.get()), &about) != 0) return leat::last_system_error();
  if (!S_ISREG(about.st_mode)) return "not a file";
  auto conn = leat::net::dial_tcp(address, {.timeout = 10s});
  if (!conn) return std::unexpected(conn.error());
  // From here on, giving up is a reset: a mere close would look like the end of the file.
  static_cast<void>(conn->set_linger(leat::net::linger::reset));
  const auto named = conn->write(path.filename().string() + "\n");
  if (!named) return std::unexpected(named.error());
  leat::net::buffered_reader in(*conn);
  const auto answer = in.read_line(1000);
  if (!answer) return std::unexpected(answer.error());
  if (*answer != "ok") return std::string(*answer);
  const auto sent = conn->send_file(::fileno(file.get()), 0, static_cast<std::uint64_t>(about.st_size));
  if (!sent) return std::unexpected(sent.error());
  const auto ended = conn->close_write();
  if (!ended) return std::unexpected(ended.error());
  const auto said = in.read_line(1000);
  if (!said) return std::unexpected(said.error());
  return std::string(*said);
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
      const std::string said = outcomes[i] ? *outcomes[i] : outcomes[i].error().message();
      std::cout << files[i].string() << ": " << said << '\n';
      all_kept = all_kept && said.ends_with(" bytes kept");
    }
    return all_kept ? 0 : 1;
  });
}
