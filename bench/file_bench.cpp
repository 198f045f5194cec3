// Reads and writes of a file by goroutines: `file_bench MEANS OPERATION SIZE AT_ONCE FILE` prints one line of
// JSON.
//
//  - MEANS: leat (leat/file.hpp); blocking (pread and the like in leat::blocking); ring (io_uring, whatever
//    leat would take); bare (one goroutine makes the system calls, and blocks its worker).
//  - OPERATION: cached or uncached (reads), write (of what is in the file already), sync (a write, and
//    fdatasync).
//  - SIZE: bytes of each. AT_ONCE: goroutines.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <leat/blocking.hpp>
#include <leat/file.hpp>
#include <leat/go.hpp>
#include <leat/runtime/file_request.hpp>
#include <leat/wait_group.hpp>

namespace {

using clock = std::chrono::steady_clock;
using leat::runtime::file_request;

constexpr std::size_t file_bytes = std::size_t{256} << 20;
constexpr auto longest = std::chrono::seconds(1);

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "file_bench: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

struct job {
  int fd;
  std::span<std::byte> memory;
  std::uint64_t offset;
};

// Each does one operation and says whether all of it was done.
using operation = bool (*)(const job&);

struct means {
  operation read, write, sync;
};

std::int32_t on_ring(std::uint8_t opcode, const job& what) {
  io_uring_sqe request{};
  request.opcode = opcode;
  request.fd = what.fd;
  if (opcode == IORING_OP_FSYNC) {
    request.fsync_flags = IORING_FSYNC_DATASYNC;
  } else {
    request.addr = reinterpret_cast<std::uintptr_t>(what.memory.data());
    request.len = static_cast<std::uint32_t>(what.memory.size());
    request.off = what.offset;
  }
  return file_request::perform(request);
}

bool all(std::int64_t count, const job& what) {
  return count == static_cast<std::int64_t>(what.memory.size());
}
std::int64_t bare_read(const job& it) {
  return ::pread(it.fd, it.memory.data(), it.memory.size(), static_cast<off_t>(it.offset));
}
std::int64_t bare_write(const job& it) {
  return ::pwrite(it.fd, it.memory.data(), it.memory.size(), static_cast<off_t>(it.offset));
}

const std::map<std::string_view, means> all_means{
    {"leat",
     {[](const job& it) { return leat::read_at(it.fd, it.memory, it.offset) == it.memory.size(); },
      [](const job& it) { return leat::write_at(it.fd, it.memory, it.offset).has_value(); },
      [](const job& it) { return leat::sync_file_data(it.fd).has_value(); }}},
    {"blocking",
     {[](const job& it) { return all(leat::blocking([&] { return bare_read(it); }), it); },
      [](const job& it) { return all(leat::blocking([&] { return bare_write(it); }), it); },
      [](const job& it) { return leat::blocking([&] { return ::fdatasync(it.fd); }) == 0; }}},
    {"ring",
     {[](const job& it) { return all(on_ring(IORING_OP_READ, it), it); },
      [](const job& it) { return all(on_ring(IORING_OP_WRITE, it), it); },
      [](const job& it) { return on_ring(IORING_OP_FSYNC, it) == 0; }}},
    {"bare",
     {[](const job& it) { return all(bare_read(it), it); },
      [](const job& it) { return all(bare_write(it), it); },
      [](const job& it) { return ::fdatasync(it.fd) == 0; }}},
};

int open_file(const char* path) {
  const int fd = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) give_up(path);
  if (::lseek(fd, 0, SEEK_END) < static_cast<off_t>(file_bytes)) {
    const std::vector<std::byte> block(std::size_t{1} << 20, std::byte{7});
    for (std::size_t at = 0; at < file_bytes; at += block.size()) {
      if (::pwrite(fd, block.data(), block.size(), static_cast<off_t>(at)) < 0) give_up(path);
    }
  }
  if (::fsync(fd) != 0) give_up(path);
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);  // no reading ahead
  return fd;
}

void prepare_cache(int fd, bool cached) {
  if (!cached) {
    ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    return;
  }
  std::vector<std::byte> block(std::size_t{1} << 20);
  for (std::size_t at = 0; at < file_bytes; at += block.size()) {
    if (::pread(fd, block.data(), block.size(), static_cast<off_t>(at)) < 0) give_up("pread");
  }
}

double cpu_us() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto us = [](const timeval& time) { return double(time.tv_sec) * 1e6 + double(time.tv_usec); };
  return us(used.ru_utime) + us(used.ru_stime);
}

struct plan {
  means how;
  std::string_view what;
  std::size_t size;
  std::size_t at_once;
  int fd;
};

// Every place of the file once, in random order, or as many as there is time for.
void measure(const plan& it) {
  std::vector<std::uint64_t> offsets(file_bytes / it.size);
  for (std::size_t i = 0; i < offsets.size(); ++i)
    offsets[i] = i * it.size;
  std::shuffle(offsets.begin(), offsets.end(), std::minstd_rand(1));
  std::vector<std::vector<std::byte>> buffers(it.at_once, std::vector<std::byte>(it.size));
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  const double cpu_before = cpu_us();
  const auto begin = clock::now();
  leat::wait_group done;
  for (auto& buffer : buffers) {
    done.go([&] {
      while (clock::now() - begin < longest && !failed) {
        const std::size_t index = next++;
        if (index >= offsets.size()) break;
        const job one{.fd = it.fd, .memory = buffer, .offset = offsets[index]};
        const bool reads = it.what == "cached" || it.what == "uncached";
        const bool good =
            reads ? it.how.read(one) : it.how.write(one) && (it.what != "sync" || it.how.sync(one));
        if (!good) failed = true;
      }
    });
  }
  done.wait();
  const double count = double(std::min<std::size_t>(next, offsets.size()));
  const std::chrono::duration<double, std::micro> took = clock::now() - begin;
  if (failed) give_up("an operation failed");
  std::printf("{\"us\": %.3f, \"cpu_us\": %.3f, \"count\": %.0f}\n", took.count() / count,
              (cpu_us() - cpu_before) / count, count);
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string_view> words(arguments, arguments + count);
  std::size_t size = 0;
  std::size_t at_once = 0;
  const auto number = [](std::string_view text, std::size_t& into) {
    return std::from_chars(text.data(), text.data() + text.size(), into).ec == std::errc() && into != 0;
  };
  if (count != 6 || !all_means.contains(words[1]) || !number(words[3], size) || !number(words[4], at_once) ||
      size > file_bytes) {
    std::fprintf(stderr,
                 "usage: file_bench leat|blocking|ring|bare cached|uncached|write|sync SIZE AT_ONCE FILE\n");
    return 2;
  }
  const int fd = open_file(arguments[5]);
  prepare_cache(fd, words[2] != "uncached");
  leat::run([&] {
    measure({.how = all_means.at(words[1]), .what = words[2], .size = size, .at_once = at_once, .fd = fd});
  });
  ::close(fd);
  return 0;
}
