// Files, at an offset: reads, writes and syncs that keep a goroutine waiting, but never its worker.
//
//   std::array<std::byte, 4096> page;
//   if (auto got = leat::read_at(fd, page, 0)) parse(std::span(page).first(*got));
//
// What needs no waiting, because the page cache has it or takes it, is done in place. For the rest the
// goroutine is parked, and the kernel does it by io_uring, which measured better on the whole than a thread
// of leat::blocking(); such threads do it where io_uring cannot be had, or run_options::poller is epoll.
// docs/net.md has the figures.
//
// None of these can be given up: there is no deadline, and close(2) of the number by another does not end
// them. They take as long as the disk does, which is for ever on a network file system whose server is gone.
// Until they return, the memory and the number belong to them. A goroutine that waits here when the main
// goroutine returns is forgotten like any other, but what it had begun is waited for, a second at most.
//
// On a thread that is not a worker's, and outside run(), they are plain system calls that block the thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <leat/error.hpp>

namespace leat {

/// Reads from `offset` bytes into the file until `buffer` is full or the file ends, and returns the number of
/// bytes: fewer than asked for only at the end of the file. An empty buffer reads nothing. Errors: those of
/// pread(2), EINVAL for an offset that no file has, ESPIPE for what is no file. After an error the buffer
/// holds anything.
result<std::size_t> read_at(int fd, std::span<std::byte> buffer, std::uint64_t offset);

/// Writes all of `data` at `offset` bytes into the file, which grows if need be. In a file that was opened
/// with O_APPEND, at its end, as pwrite(2) says. Errors: those of pwrite(2), EINVAL for an offset that no
/// file has, ESPIPE for what is no file. After an error, some of the data may have been written.
result<void> write_at(int fd, std::span<const std::byte> data, std::uint64_t offset);

/// Returns once what was written to the file, and what describes it, would survive a power cut: fsync(2).
/// Errors: those of fsync(2); EIO may be told only once.
result<void> sync_file(int fd);

/// As sync_file(), without what is not needed to read the data back, such as the time of the last change:
/// fdatasync(2).
result<void> sync_file_data(int fd);

}  // namespace leat
