// A copy goes piece by piece. Each piece takes one of two ways, through a buffer or through a pipe of the
// kernel, whichever the size of the last one speaks for; and is handed to a sink: a stream, or a file.
//
// Pieces that fill a buffer are bulk data: the next ones are spliced, until one comes that is small. Splicing
// that turns out to be impossible (a file opened for appending, an odd file system, no descriptors left for a
// pipe) is not tried again in that copy; what is in the pipe by then is fetched from it.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <optional>

#include <leat/blocking.hpp>
#include <leat/net/copy.hpp>
#include <leat/net/copy_buffer.hpp>
#include <leat/net/kernel_pipe.hpp>
#include <leat/net/send_file.hpp>
#include <leat/net/sigpipe.hpp>
#include <leat/net/stream_access.hpp>
#include <leat/net/system_socket.hpp>

namespace leat::net {
namespace {

using namespace std::chrono_literals;
using runtime::direction;
using side = copy_outcome::side;

constexpr std::uint64_t greatest_offset = std::numeric_limits<off_t>::max();

// Below this, a spliced piece has cost more than it saved.
constexpr std::size_t small_piece_bytes = 16384;

constexpr unsigned splice_flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;

std::error_code system_code(int error) noexcept {
  return {error, std::system_category()};
}

// What a sink that cannot be spliced to says, before anything has gone into it.
bool cannot_splice(const std::error_code& error) noexcept {
  return error == std::errc::invalid_argument;
}

class stream_sink {
 public:
  explicit stream_sink(stream& to) noexcept : to_(to), carrier_(stream_access::carrier(to)) {}

  bool takes_splices() const noexcept { return carrier_ != nullptr; }

  progress put(std::span<const std::byte> piece) {
    if (auto written = to_.write(piece); !written) return {.bytes = 0, .error = written.error()};
    return {.bytes = piece.size(), .error = {}};
  }

  /// The `count` bytes that are in the pipe.
  progress splice(const kernel_pipe& from, std::size_t count) {
    progress done;
    turn own(*carrier_, direction::write);
    if (!own.begun()) return {.bytes = 0, .error = own.begun().error()};
    while (done.bytes < count) {
      const std::size_t left = count - static_cast<std::size_t>(done.bytes);
      const auto sent = own.attempt([&](int fd) {
        return without_sigpipe(
            left, [&] { return ::splice(from.out(), nullptr, fd, nullptr, left, splice_flags); });
      });
      if (!sent) return {.bytes = done.bytes, .error = sent.error()};
      done.bytes += *sent;
    }
    return done;
  }

 private:
  stream& to_;
  runtime::descriptor* const carrier_;
};

// What `call`, a system call, returns, or -errno. Out of line, and without a park within: nothing that the
// compiler derives from errno's address may survive one.
template <typename Call>
[[gnu::noinline]] ssize_t outcome_of(Call& call) noexcept {
  for (;;) {
    const ssize_t outcome = call();
    if (outcome >= 0) return outcome;
    if (errno != EINTR) return -errno;
  }
}

// Calls that write to a file: on the worker as long as they only fill the page cache, on the blocking pool
// once one was slow, which means that the disk holds writers back.
class file_calls {
 public:
  template <typename Call>
  ssize_t make(Call call) {
    const auto timed = [&] {
      const auto begin = std::chrono::steady_clock::now();  // the machine's: it is the disk that is timed
      const ssize_t outcome = outcome_of(call);
      is_slow_ = std::chrono::steady_clock::now() - begin > slow;
      return outcome;
    };
    return is_slow_ ? blocking(timed) : timed();
  }

 private:
  // A megabyte goes to the page cache in half a millisecond.
  static constexpr auto slow = 3ms;

  bool is_slow_ = false;
};

class file_sink {
 public:
  explicit file_sink(const file_place& to) noexcept : fd_(to.fd), offset_(to.offset_bytes) {}

  static bool takes_splices() noexcept { return true; }

  progress put(std::span<const std::byte> piece) {
    return advance(piece.size(), [&](off_t offset, std::size_t done) {
      return ::pwrite(fd_, piece.data() + done, piece.size() - done, offset);
    });
  }

  progress splice(const kernel_pipe& from, std::size_t count) {
    return advance(count, [&](off_t offset, std::size_t done) {
      return ::splice(from.out(), nullptr, fd_, &offset, count - done, SPLICE_F_MOVE);
    });
  }

 private:
  template <typename Write>
  progress advance(std::size_t count, Write write) {
    progress done;
    while (done.bytes < count) {
      if (offset_ >= greatest_offset) return {.bytes = done.bytes, .error = system_code(EFBIG)};
      const ssize_t written = calls_.make(
          [&] { return write(static_cast<off_t>(offset_), static_cast<std::size_t>(done.bytes)); });
      if (written < 0) return {.bytes = done.bytes, .error = system_code(static_cast<int>(-written))};
      if (written == 0)
        return {.bytes = done.bytes, .error = system_code(EIO)};  // no progress, and no reason
      done.bytes += static_cast<std::uint64_t>(written);
      offset_ += static_cast<std::uint64_t>(written);
    }
    return done;
  }

  const int fd_;
  std::uint64_t offset_;
  file_calls calls_;
};

// A copy from a stream that is under way.
template <typename Sink>
class stream_copy {
 public:
  stream_copy(Sink sink, stream& from, std::uint64_t limit)
      : sink_(std::move(sink)),
        from_(from),
        source_(stream_access::carrier(from)),
        limit_(limit),
        may_splice_(source_ && sink_.takes_splices()) {}

  copy_outcome run() {
    while (!ended_ && done_.bytes < limit_) {
      if (is_bulk_ && may_splice_) {
        move_by_pipe();
      } else {
        move_by_buffer();
      }
    }
    pipe_.give_back();
    return done_;
  }

 private:
  std::uint64_t left() const noexcept { return limit_ - done_.bytes; }

  void fail_at(side where, const std::error_code& why) noexcept {
    done_.failed = where;
    done_.error = why;
    ended_ = true;
  }

  // Counts what the sink says of `taken` bytes.
  void account(std::size_t taken, const progress& put) noexcept {
    done_.bytes += put.bytes;
    if (!put.error) return;
    done_.lost_bytes = taken - put.bytes;
    fail_at(side::destination, put.error);
  }

  void move_by_buffer() {
    const std::size_t most = std::min<std::uint64_t>(left(), copy_buffer::size_bytes);
    const auto count = source_ ? take_from_socket(most) : take_from_stream(most);
    if (!count) return fail_at(side::source, count.error());
    if (*count == 0) {
      ended_ = true;
      return;
    }
    account(*count, sink_.put(buffer_->bytes().first(*count)));
    is_bulk_ = *count == copy_buffer::size_bytes;
    // Nothing is held while waiting; nor beside a pipe.
    if (*count < most || (is_bulk_ && may_splice_)) buffer_.reset();
  }

  // Into buffer_, as all that take.
  result<std::size_t> take_from_stream(std::size_t most) {
    if (!buffer_) {
      if (auto ready = from_.wait_readable(); !ready) return std::unexpected(ready.error());
      buffer_.emplace();
    }
    return from_.read(buffer_->bytes().first(most));
  }

  // A try costs less than to wait first, and then read.
  result<std::size_t> take_from_socket(std::size_t most) {
    return source_->perform_stream_read(most, [&](int fd) { return fill_buffer(fd, most); });
  }

  // One try: as a system call, with errno; an exception would leave the turn to read taken for ever.
  ssize_t fill_buffer(int fd, std::size_t most) noexcept {
    if (!buffer_) {
      try {
        buffer_.emplace();
      } catch (const std::bad_alloc&) {
        errno = ENOMEM;
        return -1;
      }
    }
    const ssize_t taken = ::recv(fd, buffer_->bytes().data(), most, 0);
    if (taken < 0 && errno == EAGAIN) {
      buffer_.reset();  // nothing is held while waiting
      errno = EAGAIN;
    }
    return taken;
  }

  void move_by_pipe() {
    const std::size_t most = std::min<std::uint64_t>(left(), kernel_pipe::size_bytes);
    const auto taken = source_->perform_stream_read(
        0, [&](int fd) { return fill_pipe(fd, most); });  // 0: leaves some behind
    if (!taken) {
      if (!no_pipe_ && !cannot_splice(taken.error())) return fail_at(side::source, taken.error());
      may_splice_ = false;
      return;
    }
    if (*taken == 0) {
      ended_ = true;
      return;
    }
    is_bulk_ = *taken >= small_piece_bytes;
    empty_pipe(*taken);
  }

  // One try: as a system call, with errno.
  ssize_t fill_pipe(int fd, std::size_t most) noexcept {
    if (!pipe_) pipe_ = kernel_pipe::take();
    no_pipe_ = !pipe_;
    if (no_pipe_) return -1;
    const ssize_t taken = ::splice(fd, nullptr, pipe_.in(), nullptr, most, splice_flags);
    if (taken < 0 && errno == EAGAIN) {
      pipe_.give_back();  // nothing is held while waiting
      errno = EAGAIN;
    }
    return taken;
  }

  // On failure the pipe goes, with what is left in it.
  void empty_pipe(std::size_t count) {
    progress put = sink_.splice(pipe_, count);
    if (put.bytes == 0 && put.error && cannot_splice(put.error)) {
      may_splice_ = false;
      put = put_by_hand(count);
    }
    account(count, put);
    if (put.error) pipe_ = kernel_pipe();
    if (!is_bulk_) pipe_.give_back();
  }

  progress put_by_hand(std::size_t count) {
    const copy_buffer buffer;
    progress done;
    while (done.bytes < count) {
      const auto fetch = [&] { return ::read(pipe_.out(), buffer.bytes().data(), copy_buffer::size_bytes); };
      const ssize_t got = outcome_of(fetch);
      if (got <= 0)
        return {.bytes = done.bytes, .error = system_code(got < 0 ? static_cast<int>(-got) : EIO)};
      const progress put = sink_.put(buffer.bytes().first(static_cast<std::size_t>(got)));
      done.bytes += put.bytes;
      if (put.error) return {.bytes = done.bytes, .error = put.error};
    }
    return done;
  }

  Sink sink_;
  stream& from_;
  runtime::descriptor* const source_;
  const std::uint64_t limit_;
  bool may_splice_;
  bool is_bulk_ = false;
  bool no_pipe_ = false;
  bool ended_ = false;
  std::optional<copy_buffer> buffer_;
  kernel_pipe pipe_;  // empty between pieces
  copy_outcome done_;
};

// Reads what is in the page cache at once, and all else on the blocking pool. Returns how much, or -errno.
ssize_t read_at(int fd, std::span<std::byte> buffer, off_t offset) {
  const auto read_cached = [&] {
    const iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
    return ::preadv2(fd, &part, 1, offset, RWF_NOWAIT);
  };
  const ssize_t cached = outcome_of(read_cached);
  if (cached != -EAGAIN && cached != -EOPNOTSUPP && cached != -ENOSYS) return cached;
  const auto read_any = [&] { return ::pread(fd, buffer.data(), buffer.size(), offset); };
  return blocking([&] { return outcome_of(read_any); });
}

copy_outcome copy_file_by_buffer(stream& to, const file_place& from, std::uint64_t count) {
  copy_outcome done;
  const copy_buffer buffer;
  while (done.bytes < count) {
    const auto room =
        buffer.bytes().first(std::min<std::uint64_t>(count - done.bytes, copy_buffer::size_bytes));
    const ssize_t got = read_at(from.fd, room, static_cast<off_t>(from.offset_bytes + done.bytes));
    if (got < 0) {
      done.failed = side::source;
      done.error = system_code(static_cast<int>(-got));
      return done;
    }
    if (got == 0) return done;
    const auto piece = room.first(static_cast<std::size_t>(got));
    if (auto written = to.write(piece); !written) {
      done.failed = side::destination;
      done.error = written.error();
      done.lost_bytes = piece.size();
      return done;
    }
    done.bytes += piece.size();
  }
  return done;
}

// Whose fault an error of sendfile(2) is: it does not say.
side blame(int file, const std::error_code& error) noexcept {
  if (error.category() != std::system_category()) return side::destination;
  if (::lseek(file, 0, SEEK_CUR) < 0) return side::source;  // not open, or not to be seeked in
  return error == std::errc::io_error || error == std::errc::bad_file_descriptor ? side::source
                                                                                 : side::destination;
}

}  // namespace

copy_outcome copy(stream& to, stream& from, std::uint64_t limit) {
  return stream_copy(stream_sink(to), from, limit).run();
}

copy_outcome copy(const file_place& to, stream& from, std::uint64_t limit) {
  if (to.offset_bytes > greatest_offset) {
    return {.bytes = 0, .lost_bytes = 0, .error = system_code(EOVERFLOW), .failed = side::destination};
  }
  return stream_copy(file_sink(to), from, limit).run();
}

copy_outcome copy(stream& to, const file_place& from, std::uint64_t limit) {
  if (from.offset_bytes > greatest_offset) {
    return {.bytes = 0, .lost_bytes = 0, .error = system_code(EOVERFLOW), .failed = side::source};
  }
  const std::uint64_t count = std::min(limit, greatest_offset - from.offset_bytes);
  runtime::descriptor* carrier = stream_access::carrier(to);
  if (!carrier) return copy_file_by_buffer(to, from, count);
  const progress sent = send_file(*carrier, from.fd, from.offset_bytes, count);
  if (sent.bytes == 0 &&
      sent.error == std::errc::invalid_argument)  // a file that sendfile(2) knows not to send
    return copy_file_by_buffer(to, from, count);
  return {.bytes = sent.bytes,
          .lost_bytes = 0,
          .error = sent.error,
          .failed = sent.error ? blame(from.fd, sent.error) : side::none};
}

}  // namespace leat::net
