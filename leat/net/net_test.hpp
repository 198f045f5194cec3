// What the network tests share: pairs of connections, bytes, and whether there is IPv6 here.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <leat/net/net.hpp>
#include <leat/parked_test.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat::net {

using namespace std::chrono_literals;
using leat::testing::await_parked;

/// Where tests listen: a port that the system chooses.
inline constexpr std::string_view on_loopback = "127.0.0.1:0";

/// For what must not happen at all: longer than any machine is slow, shorter than the patience of a test
/// runner.
inline constexpr std::chrono::seconds patience{60};

/// Goroutines that are waited for at the end of the scope: declare it after what they use.
class joined {
 public:
  joined() = default;
  ~joined() { all_.wait(); }
  joined(const joined&) = delete;
  joined& operator=(const joined&) = delete;

  template <typename F>
  void go(F&& function) {
    all_.go(std::forward<F>(function));
  }

 private:
  wait_group all_;
};

/// The two ends of one connection.
struct tcp_pair {
  tcp_conn near;
  tcp_conn far;
};

inline tcp_pair connect_pair(std::string_view address = on_loopback) {
  auto listener = listen_tcp(address).value();
  tcp_pair pair;
  pair.near = dial_tcp(listener.local_address(), {.timeout = patience}).value();
  pair.far = listener.accept().value();
  return pair;
}

/// Sends back what comes, until the end or an error.
inline void echo(stream& conn) {
  std::array<std::byte, 512> buffer;
  for (;;) {
    const auto count = conn.read(buffer);
    if (!count || *count == 0 || !conn.write(std::span(buffer).first(*count))) break;
  }
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// What one read of at most `limit` bytes returns, as text.
inline std::string read_text(stream& conn, std::size_t limit = 4096) {
  std::string text(limit, '\0');
  text.resize(conn.read(std::as_writable_bytes(std::span(text))).value());
  return text;
}

/// Everything until the end of the stream.
inline std::string read_all(stream& conn) {
  std::string all;
  for (;;) {
    const std::string more = read_text(conn, 65536);
    if (more.empty()) return all;
    all += more;
  }
}

/// Reads exactly that many bytes.
inline std::string read_exactly(stream& conn, std::size_t size) {
  std::string text;
  while (text.size() < size) {
    const std::string more = read_text(conn, size - text.size());
    if (more.empty()) break;
    text += more;
  }
  return text;
}

/// Text that does not repeat itself with any round period.
inline std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

/// Writes until an error comes, and returns it. The stream must not be endless: somebody closes, resets or
/// expires it.
inline std::error_code write_until_error(stream& conn) {
  const std::string chunk(65536, 'x');
  for (;;) {
    if (auto written = conn.write(chunk); !written) return written.error();
  }
}

/// A file in memory with that content.
class memory_file {
 public:
  explicit memory_file(std::string_view content) : fd_(memfd_create("test", MFD_CLOEXEC)) {
    EXPECT_EQ(::write(fd_, content.data(), content.size()), static_cast<ssize_t>(content.size()));
  }
  ~memory_file() { ::close(fd_); }
  memory_file(const memory_file&) = delete;
  memory_file& operator=(const memory_file&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

/// How many descriptors of these kinds this process has open: by default sockets, and what waits for several.
/// Not all, for sanitizers open files and pipes at any time, and close them at once.
inline std::size_t open_descriptors(std::initializer_list<std::string_view> kinds = {"socket:",
                                                                                     "anon_inode:"}) {
  const auto is_wanted = [&](const std::filesystem::directory_entry& one) {
    std::error_code closed_meanwhile;
    const std::string target = std::filesystem::read_symlink(one.path(), closed_meanwhile).string();
    return std::ranges::any_of(kinds, [&](std::string_view kind) { return target.starts_with(kind); });
  };
  const auto all = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<std::size_t>(std::count_if(begin(all), end(all), is_wanted));
}

inline bool machine_has_v6() {
  return listen_tcp("[::1]:0").has_value();
}

}  // namespace leat::net

#define LEAT_SKIP_WITHOUT_V6() \
  if (!leat::net::machine_has_v6()) GTEST_SKIP() << "this machine has no IPv6: [::1] cannot be listened on"
