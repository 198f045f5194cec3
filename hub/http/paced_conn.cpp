#include <algorithm>
#include <array>

#include <hub/http/paced_conn.hpp>

namespace hub::http {
namespace {

constexpr std::size_t farewell_limit_bytes = std::size_t{64} << 20;
constexpr std::chrono::seconds farewell_time{5};

// After the grace of a stop, for telling a client why its transfer ends.
constexpr std::chrono::milliseconds last_words{500};

}  // namespace

paced_conn::paced_conn(leat::net::tcp_conn conn, std::chrono::milliseconds stop_grace)
    : conn_(std::move(conn)), stop_grace_(stop_grace) {}

// The results of setting deadlines are not looked at: it fails on a closed connection only, and the call that
// follows says so.

void paced_conn::limit_reads(patience limit) {
  static_cast<void>(conn_.set_read_deadline(std::min(leat::deadline_after(limit), stop_at_.load())));
  if (is_stopping()) static_cast<void>(conn_.set_read_deadline(stop_at_.load()));
}

void paced_conn::limit_writes(patience limit) {
  static_cast<void>(conn_.set_write_deadline(std::min(leat::deadline_after(limit), last_write_at())));
  if (is_stopping()) static_cast<void>(conn_.set_write_deadline(last_write_at()));
}

leat::time_point paced_conn::last_write_at() const {
  const auto stop_at = stop_at_.load();
  return stop_at == leat::never ? leat::never : stop_at + last_words;
}

leat::result<void> paced_conn::wait_idle(patience limit) {
  static_cast<void>(conn_.set_read_deadline(limit));
  idle_.store(true);
  std::byte first{};
  const auto waited = is_stopping() ? leat::result<std::size_t>(leat::fail(leat::errc::canceled))
                                    : conn_.peek(std::span(&first, 1));
  idle_.store(false);
  if (waited) return {};
  if (is_stopping()) return leat::fail(leat::errc::canceled);
  return std::unexpected(waited.error());
}

leat::result<std::size_t> paced_conn::read(std::span<std::byte> into, patience limit) {
  limit_reads(limit);
  return conn_.read(into);
}

leat::result<void> paced_conn::writev(std::span<const std::span<const std::byte>> parts, patience limit) {
  limit_writes(limit);
  return conn_.writev(parts);
}

leat::result<std::uint64_t> paced_conn::send_file(int file, std::uint64_t offset, std::uint64_t count,
                                                  patience limit) {
  limit_writes(limit);
  return conn_.send_file(file, offset, count);
}

void paced_conn::say_goodbye() {
  if (!conn_.close_write()) return;
  static_cast<void>(conn_.set_read_deadline(std::min(leat::deadline_after(farewell_time), stop_at_.load())));
  std::array<std::byte, 4096> ignored;
  for (std::size_t taken = 0; taken < farewell_limit_bytes;) {
    const auto got = conn_.read(ignored);
    if (!got || *got == 0) break;
    taken += *got;
  }
}

void paced_conn::stop() {
  stop_at_.store(leat::deadline_after(stop_grace_));
  stopping_.store(true);
  static_cast<void>(
      conn_.set_read_deadline(idle_.load() ? std::chrono::steady_clock::now() : stop_at_.load()));
  static_cast<void>(conn_.set_write_deadline(last_write_at()));
}

}  // namespace hub::http
