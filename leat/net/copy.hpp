// Moving bytes from a stream or a file to another stream or file, by the cheapest way that there is.
//
//   auto done = leat::net::copy(client, server);           // a relay: until server ends
//   auto sent = leat::net::copy(conn, {.fd = file});       // a file, from its beginning to its end
//   auto kept = leat::net::copy({.fd = file}, conn, 1 << 30);
//   if (!kept) log("{} bytes came, then: {}", kept.bytes, kept.error.message());
//
// The way is chosen anew as the bytes come:
//
//   from      to                  by            because
//   file      TCP or Unix socket  sendfile(2)   the pages go from the page cache to the network uncopied
//   socket    socket              splice(2)     once pieces are large: a third of the processor time of a
//                                               buffer's, since the bytes stay in the kernel
//   socket    file                splice(2)     likewise: three quarters
//   any       any                 a buffer      small pieces, for which two calls are all there is to save
//   on;
//                                               TLS and pipes, whose bytes are here anyway; and what a file
//                                               system cannot do otherwise
//
// While nothing comes, a copy holds neither buffer nor pipe: idle relays cost their goroutines alone.
#pragma once

#include <cstdint>
#include <limits>
#include <system_error>

#include <leat/net/stream.hpp>

namespace leat::net {

/// The limit that is none.
inline constexpr std::uint64_t everything = std::numeric_limits<std::uint64_t>::max();

/// An open file that can be seeked in, and where in it.
struct file_place {
  int fd = -1;
  std::uint64_t offset_bytes = 0;  ///< the file's own offset is neither used nor moved
};

/// How a copy ended.
struct [[nodiscard]] copy_outcome {
  enum class side : std::uint8_t { none, source, destination };

  std::uint64_t bytes = 0;  ///< taken from the source and handed over to the destination
  /// Taken from the source and not known to be handed over: not 0 only after an error of the destination.
  std::uint64_t lost_bytes = 0;
  std::error_code error{};  ///< none: the source has ended, or the limit is reached
  side failed = side::none;

  /// Whether it came to its end.
  explicit operator bool() const noexcept { return !error; }
};

/// Copies from `from` to `to` until `from` ends, or `limit` bytes have been copied; never takes more than
/// `limit` from it. `to` is not ended.
///
/// Each piece is written as by one write() of it, so that others may write between the pieces, but not within
/// them. Blocks; unblocked by what unblocks a read of `from` and a write to `to`: their deadlines, and their
/// being closed.
///
/// Errors: those of from.read() and to.write(), and `failed` says whose. After an error of the source, all
/// that was taken from it has been handed over, and `to` is as good as before. After one of the destination,
/// `to` is of no more use than to be closed, and `lost_bytes` are gone; `from` goes on behind them.
copy_outcome copy(stream& to, stream& from, std::uint64_t limit = everything);

/// Copies a file, from its place on, until it ends or `limit` bytes have been copied, to `to`. Over a socket
/// it is one write(), whole; else each piece is one. A file that is not in the page cache blocks the worker
/// while the disk is read, if sent over a socket; else leat::blocking() reads it.
///
/// Errors: as above; of the source those of sendfile(2) and pread(2): EBADF, EINVAL for what cannot be seeked
/// in, EISDIR, EOVERFLOW for an offset that no file has, EIO.
copy_outcome copy(stream& to, const file_place& from, std::uint64_t limit = everything);

/// Copies from `from` until it ends, or `limit` bytes have been copied, into a file, from its place on. The
/// file grows as needed, and is neither cut nor synchronised with the disk.
///
/// A worker is not kept waiting by a slow disk: from the first write that takes long, leat::blocking() does
/// them, until they are fast again. Such a write cannot be given up.
///
/// Errors: as above; of the destination those of pwrite(2): EBADF, ENOSPC, EDQUOT, EFBIG, ESPIPE, EIO, and
/// EOVERFLOW for an offset that no file has. What came before the error is in the file; the file is as good
/// as before.
copy_outcome copy(const file_place& to, stream& from, std::uint64_t limit = everything);

}  // namespace leat::net
