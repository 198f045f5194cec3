// The other end of one bulk transfer: takes all that the server sends, or sends it a file. Prints one line of
// JSON.
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <bench/load.hpp>

namespace {

// Until the server ends the stream; the bytes go nowhere.
std::uint64_t receive_all(int conn) {
  constexpr std::size_t buffer_bytes = 1 << 18;
  std::vector<char> buffer(buffer_bytes);
  std::uint64_t total = 0;
  for (;;) {
    const auto count = recv(conn, buffer.data(), buffer.size(), 0);
    if (count < 0) bench::give_up("recv");
    if (count == 0) return total;
    total += std::uint64_t(count);
  }
}

std::uint64_t send_file(int conn, const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat about{};
  if (file < 0 || fstat(file, &about) != 0) bench::give_up(path);
  for (off_t offset = 0; offset < about.st_size;)
    if (sendfile(conn, file, &offset, 1 << 30) <= 0) bench::give_up("sendfile");
  close(file);
  if (shutdown(conn, SHUT_WR) != 0) bench::give_up("shutdown");
  receive_all(conn);  // the server closes when it has stored everything
  return std::uint64_t(about.st_size);
}

}  // namespace

int main(int argc, char** argv) {
  std::uint16_t port = 0;
  int pid = 0;
  std::string file;
  CLI::App app("The other end of one bulk transfer on 127.0.0.1.");
  app.add_option("--port", port, "port of the server")->required();
  app.add_option("--pid", pid, "process of the server, to read its processor time")->required();
  app.add_option("--send", file, "file to send (default: receive all that the server sends)");
  CLI11_PARSE(app, argc, argv);

  const auto server_before = bench::process_cpu_ns(pid);
  const auto own_before = bench::process_cpu_ns(getpid());
  const auto begin = bench::clock::now();
  const int conn = bench::connect_loopback(port, bench::blocking::yes);
  const auto bytes = file.empty() ? receive_all(conn) : send_file(conn, file);
  const std::chrono::duration<double> took = bench::clock::now() - begin;
  const auto server_s = double(bench::process_cpu_ns(pid) - server_before) / 1e9;
  const auto own_s = double(bench::process_cpu_ns(getpid()) - own_before) / 1e9;
  std::printf("{\"bytes\": %llu, \"gb_per_s\": %.3f, \"server_cpu_s\": %.4f, \"both_cpu_s\": %.4f}\n",
              static_cast<unsigned long long>(bytes), double(bytes) / 1e9 / took.count(), server_s,
              server_s + own_s);
}
