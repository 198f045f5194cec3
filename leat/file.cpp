#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

#include <leat/blocking.hpp>
#include <leat/file.hpp>
#include <leat/go.hpp>
#include <leat/runtime/file_request.hpp>

namespace leat {
namespace {

using runtime::file_request;

// What one call copies: longer ones keep the worker from its other goroutines.
constexpr std::size_t bytes_per_call = std::size_t{1} << 20;

// A count, or a negative errno value.
using outcome = std::int64_t;

outcome to_outcome(std::int64_t returned) noexcept {
  return returned >= 0 ? returned : -static_cast<std::int64_t>(errno);
}

std::unexpected<std::error_code> to_error(outcome failed) noexcept {
  return std::unexpected(std::error_code(static_cast<int>(-failed), std::system_category()));
}

bool is_offset(std::uint64_t offset, std::size_t bytes) noexcept {
  constexpr std::uint64_t greatest = std::numeric_limits<off_t>::max();
  return offset <= greatest && bytes <= greatest - offset;
}

// What can be had without waiting. Never inlined: no address of errno survives the parks of the callers.
[[gnu::noinline]] outcome read_from_cache(int fd, std::span<std::byte> buffer,
                                          std::uint64_t offset) noexcept {
  const iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
  return to_outcome(::preadv2(fd, &part, 1, static_cast<off_t>(offset), RWF_NOWAIT));
}

[[gnu::noinline]] outcome write_to_cache(int fd, std::span<const std::byte> data,
                                         std::uint64_t offset) noexcept {
  const iovec part{.iov_base = const_cast<std::byte*>(data.data()), .iov_len = data.size()};
  return to_outcome(::pwritev2(fd, &part, 1, static_cast<off_t>(offset), RWF_NOWAIT));
}

// Whether it is left to do what could not be done without waiting, or not so on this file system.
bool must_wait(outcome tried) noexcept {
  return tried == -EAGAIN || tried == -EOPNOTSUPP;
}

// By io_uring, or file_request::no_ring. `memory` is written to by IORING_OP_READ alone.
outcome by_ring(std::uint8_t opcode, int fd, const std::byte* memory, std::size_t bytes,
                std::uint64_t offset) noexcept {
  io_uring_sqe request{};
  request.opcode = opcode;
  request.fd = fd;
  request.addr = reinterpret_cast<std::uintptr_t>(memory);
  request.len = static_cast<std::uint32_t>(bytes);
  request.off = offset;
  return file_request::perform(request);
}

// Whether a ring has done nothing, and it is left to a thread. The kernel has several names for having given
// up a request because of a thread that has ended; one of them, EFAULT, may also be meant.
bool is_left_by_ring(outcome done) noexcept {
  return done == file_request::no_ring || done == -ECANCELED || done == -EINTR || done == -EFAULT;
}

// Makes a system call on a thread that may block.
template <typename Call>
outcome by_thread(Call call) noexcept {
  try {
    return blocking([&] { return to_outcome(call()); });
  } catch (const std::system_error& error) {  // no thread could be started
    return -error.code().value();
  }
}

// Some of what is wanted, 0 at the end of the file.
outcome read_some(int fd, std::span<std::byte> buffer, std::uint64_t offset) noexcept {
  const auto blocking_read = [=] {
    return ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(offset));
  };
  if (goroutine_id() == 0) return to_outcome(blocking_read());
  outcome done = read_from_cache(fd, buffer, offset);
  if (!must_wait(done)) return done;
  done = by_ring(IORING_OP_READ, fd, buffer.data(), buffer.size(), offset);
  return is_left_by_ring(done) ? by_thread(blocking_read) : done;
}

// Some of it, more than nothing. The first try also finds what is no file: a ring would take no notice of the
// offset.
outcome write_some(int fd, std::span<const std::byte> data, std::uint64_t offset) noexcept {
  const auto blocking_write = [=] {
    return ::pwrite(fd, data.data(), data.size(), static_cast<off_t>(offset));
  };
  if (goroutine_id() == 0) return to_outcome(blocking_write());
  outcome done = write_to_cache(fd, data, offset);
  if (!must_wait(done)) return done;
  done = by_ring(IORING_OP_WRITE, fd, data.data(), data.size(), offset);
  return is_left_by_ring(done) ? by_thread(blocking_write) : done;
}

// `flags`: 0, or IORING_FSYNC_DATASYNC.
result<void> sync(int fd, std::uint32_t flags) noexcept {
  io_uring_sqe request{};
  request.opcode = IORING_OP_FSYNC;
  request.fd = fd;
  request.fsync_flags = flags;
  outcome done = file_request::perform(request);
  if (is_left_by_ring(done)) {
    done = by_thread([=] { return flags == 0 ? ::fsync(fd) : ::fdatasync(fd); });
  }
  if (done < 0) return to_error(done);
  return {};
}

}  // namespace

result<std::size_t> read_at(int fd, std::span<std::byte> buffer, std::uint64_t offset) {
  if (!is_offset(offset, buffer.size())) return to_error(-EINVAL);
  std::size_t total = 0;
  while (total < buffer.size()) {
    const auto rest = buffer.subspan(total);
    const outcome done = read_some(fd, rest.first(std::min(rest.size(), bytes_per_call)), offset + total);
    if (done == -EINTR) continue;
    if (done < 0) return to_error(done);
    if (done == 0) break;
    total += static_cast<std::size_t>(done);
    if (total < buffer.size()) leat::yield();  // copying takes its time
  }
  return total;
}

result<void> write_at(int fd, std::span<const std::byte> data, std::uint64_t offset) {
  if (!is_offset(offset, data.size())) return to_error(-EINVAL);
  while (!data.empty()) {
    const outcome done = write_some(fd, data.first(std::min(data.size(), bytes_per_call)), offset);
    if (done == -EINTR) continue;
    if (done < 0) return to_error(done);
    if (done == 0) return to_error(-EIO);  // no file does that
    data = data.subspan(static_cast<std::size_t>(done));
    offset += static_cast<std::uint64_t>(done);
    if (!data.empty()) leat::yield();
  }
  return {};
}

result<void> sync_file(int fd) {
  return sync(fd, 0);
}

result<void> sync_file_data(int fd) {
  return sync(fd, IORING_FSYNC_DATASYNC);
}

}  // namespace leat
