// Files by whatever means: threads (with epoll alone), a ring beside epoll, and the ring of the poller.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <vector>

#include <leat/file.hpp>
#include <leat/parked_test.hpp>
#include <leat/runtime/file_request.hpp>
#include <leat/runtime/poller.hpp>
#include <leat/runtime/scheduler.hpp>
#include <leat/testing/bubble.hpp>
#include <leat/wait_group.hpp>

namespace leat {
namespace {

using runtime::file_request;
using testing::await_parked;

using parameters = std::tuple<poller_kind, unsigned>;

class on_any_poller : public ::testing::TestWithParam<parameters> {
 protected:
  void SetUp() override {
    if (std::get<0>(GetParam()) != poller_kind::epoll && runtime::why_no_uring() != 0)
      GTEST_SKIP() << "io_uring cannot be had here";
  }

  template <typename F>
  static void run(F&& body) {
    leat::run({.workers = std::get<1>(GetParam()), .poller = std::get<0>(GetParam())}, std::forward<F>(body));
  }

  static bool has_ring() { return std::get<0>(GetParam()) != poller_kind::epoll; }
};

class a_file : public on_any_poller {};
class a_request_to_a_ring : public on_any_poller {};

std::string means_and_workers(const ::testing::TestParamInfo<parameters>& info) {
  const auto [kind, workers] = info.param;
  const std::string means = kind == poller_kind::epoll      ? "threads"
                            : kind == poller_kind::io_uring ? "io_uring"
                                                            : "ring";
  return means + "_on_" + std::to_string(workers);
}

INSTANTIATE_TEST_SUITE_P(by, a_file,
                         ::testing::Combine(::testing::Values(poller_kind::epoll, poller_kind::automatic,
                                                              poller_kind::io_uring),
                                            ::testing::Values(1u, 2u, 4u)),
                         means_and_workers);
INSTANTIATE_TEST_SUITE_P(by, a_request_to_a_ring,
                         ::testing::Combine(::testing::Values(poller_kind::automatic, poller_kind::io_uring),
                                            ::testing::Values(1u, 2u, 4u)),
                         means_and_workers);

// A file without a name, on a disk if the current folder is on one.
class scratch_file {
 public:
  scratch_file() {
    std::string name = "file_test.XXXXXX";
    fd_ = ::mkostemp(name.data(), O_CLOEXEC);
    if (fd_ < 0) throw std::system_error(errno, std::system_category(), "mkostemp");
    ::unlink(name.c_str());
  }
  ~scratch_file() { ::close(fd_); }
  scratch_file(const scratch_file&) = delete;
  scratch_file& operator=(const scratch_file&) = delete;

  int fd() const { return fd_; }

  /// What is read next must come from the disk, if there is one.
  void forget_cached() const {
    EXPECT_EQ(::fsync(fd_), 0);
    EXPECT_EQ(::posix_fadvise(fd_, 0, 0, POSIX_FADV_DONTNEED), 0);
    EXPECT_EQ(::posix_fadvise(fd_, 0, 0, POSIX_FADV_RANDOM), 0);
  }

 private:
  int fd_;
};

std::vector<std::byte> random_bytes(std::size_t count) {
  std::vector<std::byte> bytes(count);
  std::minstd_rand random(1);
  std::ranges::generate(bytes, [&] { return static_cast<std::byte>(random() >> 8); });
  return bytes;
}

std::unexpected<std::error_code> told(int error) {
  return std::unexpected(std::error_code(error, std::system_category()));
}

TEST_P(a_file, is_read_as_it_was_written) {
  run([] {
    const scratch_file file;
    const auto written = random_bytes((std::size_t{3} << 20) + 5);
    ASSERT_TRUE(write_at(file.fd(), written, 1000));
    for (const bool cached : {true, false}) {
      if (!cached) file.forget_cached();
      std::vector<std::byte> got(written.size());
      EXPECT_EQ(read_at(file.fd(), got, 1000), got.size());
      EXPECT_EQ(got, written);
    }
  });
}

TEST_P(a_file, gives_less_than_was_asked_for_only_at_its_end) {
  run([] {
    const scratch_file file;
    const auto written = random_bytes(10'000);
    ASSERT_TRUE(write_at(file.fd(), written, 0));
    std::vector<std::byte> got(4096);
    for (const bool cached : {true, false}) {
      if (!cached) file.forget_cached();
      EXPECT_EQ(read_at(file.fd(), got, 8000), 2000u);
      EXPECT_TRUE(std::equal(written.begin() + 8000, written.end(), got.begin()));
      EXPECT_EQ(read_at(file.fd(), got, 10'000), 0u);
      EXPECT_EQ(read_at(file.fd(), got, 1 << 30), 0u);
    }
  });
}

// Some of the pages are there, some are not.
TEST_P(a_file, is_read_whole_when_half_of_it_is_cached) {
  run([] {
    const scratch_file file;
    const auto written = random_bytes(std::size_t{1} << 20);
    ASSERT_TRUE(write_at(file.fd(), written, 0));
    file.forget_cached();
    std::vector<std::byte> got(written.size());
    ASSERT_EQ(read_at(file.fd(), std::span(got).first(64 << 10), 0), 64u << 10);
    EXPECT_EQ(read_at(file.fd(), got, 0), got.size());
    EXPECT_EQ(got, written);
  });
}

TEST_P(a_file, does_nothing_for_nothing) {
  run([] {
    const scratch_file file;
    EXPECT_EQ(read_at(file.fd(), {}, 0), 0u);
    EXPECT_TRUE(write_at(file.fd(), {}, 100));
    struct stat about{};
    ASSERT_EQ(::fstat(file.fd(), &about), 0);
    EXPECT_EQ(about.st_size, 0);
  });
}

TEST_P(a_file, is_synced) {
  run([] {
    const scratch_file file;
    ASSERT_TRUE(write_at(file.fd(), random_bytes(100), 0));
    EXPECT_TRUE(sync_file(file.fd()));
    EXPECT_TRUE(sync_file_data(file.fd()));
    EXPECT_EQ(sync_file(-1), told(EBADF));
    EXPECT_EQ(sync_file_data(-1), told(EBADF));
  });
}

TEST_P(a_file, tells_errors_as_values) {
  run([] {
    std::array<std::byte, 10> buffer{};
    EXPECT_EQ(read_at(-1, buffer, 0), told(EBADF));
    EXPECT_EQ(write_at(-1, buffer, 0), told(EBADF));
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    EXPECT_EQ(read_at(ends[0], buffer, 0), told(ESPIPE));
    EXPECT_EQ(write_at(ends[1], buffer, 0), told(ESPIPE));
    ::close(ends[0]);
    ::close(ends[1]);
    const int folder = ::open(".", O_RDONLY | O_CLOEXEC);
    ASSERT_GE(folder, 0);
    EXPECT_EQ(read_at(folder, buffer, 0), told(EISDIR));
    EXPECT_EQ(write_at(folder, buffer, 0), told(EBADF)) << "it is open for reading only";
    ::close(folder);
    const scratch_file file;
    EXPECT_EQ(read_at(file.fd(), buffer, std::uint64_t{1} << 63), told(EINVAL));
    EXPECT_EQ(write_at(file.fd(), buffer, (std::uint64_t{1} << 63) - 5), told(EINVAL));
  });
}

TEST_P(a_file, says_so_when_the_memory_cannot_be_written_to) {
  run([] {
    const scratch_file file;
    ASSERT_TRUE(write_at(file.fd(), random_bytes(4096), 0));
    void* const page = ::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(page, MAP_FAILED);
    const std::span memory(static_cast<std::byte*>(page), 4096);
    for (const bool cached : {true, false}) {
      if (!cached) file.forget_cached();
      EXPECT_EQ(read_at(file.fd(), memory, 0), told(EFAULT));
      EXPECT_EQ(write_at(file.fd(), memory, 0), told(EFAULT));
    }
    ::munmap(page, 4096);
  });
}

TEST_P(a_file, is_read_by_many_at_once) {
  run([] {
    constexpr std::size_t page = 4096;
    constexpr std::size_t pages = 2048;
    const scratch_file file;
    const auto written = random_bytes(pages * page);
    ASSERT_TRUE(write_at(file.fd(), written, 0));
    file.forget_cached();
    std::atomic<std::size_t> next{0};
    wait_group done;
    for (int who = 0; who < 64; ++who) {
      done.go([&] {
        std::array<std::byte, page> got;
        for (std::size_t index = next++; index < pages; index = next++) {
          const std::size_t at = (index * 1021) % pages * page;
          EXPECT_EQ(read_at(file.fd(), got, at), page);
          EXPECT_TRUE(std::ranges::equal(got, std::span(written).subspan(at, page)));
        }
      });
    }
    done.wait();
  });
}

TEST_P(a_file, is_written_by_many_at_once) {
  run([] {
    constexpr std::size_t part = 10'000;
    constexpr std::size_t parts = 64;
    const scratch_file file;
    const auto wanted = random_bytes(parts * part);
    wait_group done;
    for (std::size_t i = 0; i < parts; ++i) {
      done.go([&, i] {
        EXPECT_TRUE(write_at(file.fd(), std::span(wanted).subspan(i * part, part), i * part));
        EXPECT_TRUE(sync_file_data(file.fd()));
      });
    }
    done.wait();
    std::vector<std::byte> got(wanted.size());
    EXPECT_EQ(read_at(file.fd(), got, 0), got.size());
    EXPECT_EQ(got, wanted);
  });
}

TEST_P(a_file, serves_threads_that_are_no_workers) {
  const scratch_file file;
  const auto written = random_bytes(10'000);
  std::vector<std::byte> got(written.size());
  EXPECT_TRUE(write_at(file.fd(), written, 0)) << "outside run()";
  run([&] {
    std::thread([&] {
      EXPECT_EQ(read_at(file.fd(), got, 0), got.size());
      EXPECT_TRUE(sync_file(file.fd()));
    }).join();
  });
  EXPECT_EQ(got, written);
}

TEST(a_file_in_a_bubble, takes_no_time) {
  testing::bubble([] {
    const scratch_file file;
    const auto begin = clock::now();
    const auto written = random_bytes(100'000);
    ASSERT_TRUE(write_at(file.fd(), written, 0));
    file.forget_cached();
    std::vector<std::byte> got(written.size());
    EXPECT_EQ(read_at(file.fd(), got, 0), got.size());
    EXPECT_EQ(got, written);
    EXPECT_EQ(clock::now(), begin);
  });
}

// --- What a file does when it likes, a pipe does when it is told to ---

struct open_pipe {
  open_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::system_category(), "pipe2");
    from = ends[0];
    to = ends[1];
  }
  ~open_pipe() {
    ::close(from);
    ::close(to);
  }
  open_pipe(const open_pipe&) = delete;
  open_pipe& operator=(const open_pipe&) = delete;

  /// Waits for a byte in the kernel. `flags`: of the request.
  std::int32_t read_by_ring(std::uint8_t flags = 0) const {
    std::byte one{};
    io_uring_sqe request{};
    request.opcode = IORING_OP_READ;
    request.flags = flags;
    request.fd = from;
    request.addr = reinterpret_cast<std::uintptr_t>(&one);
    request.len = 1;
    request.off = UINT64_MAX;  // a pipe has none
    return file_request::perform(request);
  }
  void write() const { EXPECT_EQ(::write(to, "x", 1), 1); }

  int from = -1;
  int to = -1;
};

TEST_P(a_request_to_a_ring, parks_its_goroutine_and_not_the_worker) {
  run([] {
    for (const int flags : {0, 1 << IOSQE_ASYNC_BIT}) {
      const open_pipe pipe;
      wait_group done;
      for (int i = 0; i < 3; ++i)
        done.go([&] { EXPECT_EQ(pipe.read_by_ring(static_cast<std::uint8_t>(flags)), 1); });
      await_parked(3);
      for (int i = 0; i < 3; ++i)
        pipe.write();
      done.wait();
    }
  });
}

TEST_P(a_request_to_a_ring, is_woken_for_while_its_worker_sleeps) {
  run([] {
    const open_pipe pipe;
    std::jthread outside;
    wait_group started;
    started.go([&] {
      await_parked(1);
      outside = std::jthread([&] { pipe.write(); });
    });
    EXPECT_EQ(pipe.read_by_ring(), 1);
    started.wait();
  });
}

// Whoever helps hands the request over, and the kernel ends it in that thread.
TEST_P(a_request_to_a_ring, is_made_and_ended_though_its_worker_is_busy) {
  if (std::get<1>(GetParam()) == 1) GTEST_SKIP() << "needs another worker";
  run([] {
    const open_pipe pipe;
    std::atomic<bool> was_read{false};
    pipe.write();
    wait_group done;
    done.go([&] {
      done.go([&] {
        EXPECT_EQ(pipe.read_by_ring(), 1);
        was_read = true;
      });
      leat::yield();
      while (!was_read)
        std::atomic_signal_fence(std::memory_order_seq_cst);
    });
    done.wait();
  });
}

// Pollers wait a second for what cannot be cancelled. The best of several runs: any may be held up by the
// machine.
TEST_P(a_request_to_a_ring, does_not_outlast_the_run) {
  auto shortest = std::chrono::steady_clock::duration::max();
  for (int i = 0; i < 5; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const open_pipe pipe;
    run([&] {
      go([&] { pipe.read_by_ring(); });
      await_parked(1);
    });
    pipe.write();
    std::byte one{};
    EXPECT_EQ(::read(pipe.from, &one, 1), 1) << "nobody else has read it";
    shortest = std::min(shortest, std::chrono::steady_clock::now() - begin);
  }
  EXPECT_LT(shortest, std::chrono::milliseconds(900));
}

// A thread that waits on a descriptor hands over all that the ring of its poller was given. If it has ended
// when the kernel would go on with a request, the kernel gives that up.
TEST_P(a_request_to_a_ring, is_told_when_the_thread_has_ended_that_handed_it_over) {
  if (std::get<1>(GetParam()) != 1) GTEST_SKIP() << "another worker would hand it over";
  run([] {
    const open_pipe pipe;
    wait_group done;
    done.go([&] { EXPECT_EQ(pipe.read_by_ring(), -ECANCELED); });
    leat::yield();
    runtime::poller& shared = *runtime::this_worker()->poll;
    std::thread([&] { shared.poll_for_owner(); }).join();
    pipe.write();
    done.wait();
  });
}

TEST_P(a_request_to_a_ring, is_no_deadlock) {
  run([] {
    const open_pipe pipe;
    std::thread outside([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));  // all sleep meanwhile, the monitor too
      pipe.write();
    });
    EXPECT_EQ(pipe.read_by_ring(), 1);
    outside.join();
  });
}

TEST(a_request_to_a_ring_without_one, is_not_made) {
  const open_pipe pipe;
  EXPECT_EQ(pipe.read_by_ring(), file_request::no_ring) << "outside run()";
  leat::run({.poller = poller_kind::epoll}, [&] { EXPECT_EQ(pipe.read_by_ring(), file_request::no_ring); });
}

}  // namespace
}  // namespace leat
