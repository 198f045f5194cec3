#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <leat/go.hpp>
#include <leat/time.hpp>

#include <hub/server.hpp>

namespace hub {
namespace {

using std::chrono::milliseconds;

// How soon a connection that has not said anything yet notices that the server stops.
constexpr milliseconds silence_slice{500};

// When a connection that has sent only a part of a first word is looked at again, ever more seldom. A pause,
// because bytes that were peeked at keep the socket readable.
constexpr milliseconds first_word_pause{10};

std::string version_text() {
  return "leat-" LEAT_VERSION;
}

chat::moment now_ms() {
  return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

chat_options chat_options_of(const config& configured, chat::moment started) {
  const irc_limits& irc = configured.irc;
  return {.bounds = configured.chat,
          .irc = {.server_name = configured.server.name,
                  .network = configured.server.network,
                  .version = version_text(),
                  .description = configured.server.description,
                  .motd = configured.server.motd,
                  .started = started,
                  .targets_per_message = irc.targets_per_message,
                  .query_rows = irc.query_rows,
                  .answer_bytes = irc.sendq_limit_bytes / 2,
                  .history_lines = irc.history_lines,
                  .monitored_nicks = irc.monitored_nicks,
                  .read_marks = irc.read_marks},
          .session = {.send_queue_bytes = irc.sendq_limit_bytes,
                      .registration_timeout = irc.registration_timeout,
                      .ping_interval = irc.ping_interval,
                      .ping_timeout = irc.ping_timeout,
                      .close_timeout = std::min(milliseconds(2'000), configured.server.stop_timeout / 2),
                      .flood = {.burst_lines = static_cast<double>(irc.flood_burst_lines),
                                .lines_per_second = static_cast<double>(irc.flood_lines_per_second),
                                .burst_bytes = static_cast<double>(irc.flood_burst_bytes),
                                .bytes_per_second = static_cast<double>(irc.flood_bytes_per_second)}},
          .history_messages = irc.history_replay,
          .history_rooms = 1000,
          .group_messages = configured.store.group_messages};
}

std::string readable_size(std::uint64_t bytes) {
  constexpr std::array units = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double amount = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (amount >= 1024 && unit + 1 < units.size()) {
    amount /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", amount, units[unit]);
}

server::server(const config& configured, store::store& messages, http_handler http)
    : config_(configured),
      http_(std::move(http)),
      chat_(chat_options_of(configured, now_ms()), messages),
      door_(configured.server.connections, configured.server.connections_per_address),
      stopping_(leat::with_cancel(leat::context::background())) {}

server::~server() {
  stop();
}

std::expected<void, std::string> server::start() {
  for (const std::string& where : config_.server.listen) {
    auto listener = leat::net::listen_tcp(where);
    if (!listener)
      return std::unexpected(fmt::format("cannot listen on {}: {}", where, listener.error().message()));
    addresses_.push_back(listener->local_address());
    listeners_.push_back(*std::move(listener));
  }
  if (auto started = chat_.start(); !started) return started;
  for (leat::net::tcp_listener& one : listeners_)
    acceptors_.go([this, &one] { accept_all(one); });
  return {};
}

void server::stop() {
  if (stopped_.exchange(true)) return;
  const auto deadline = leat::deadline_after(config_.server.stop_timeout);
  stopping_.cancel();
  for (leat::net::tcp_listener& one : listeners_)
    static_cast<void>(one.close());
  acceptors_.wait();
  listeners_.clear();
  chat_.stop("Server shutting down", config_.server.stop_timeout);
  if (!connections_.wait_until(deadline))
    spdlog::warn("some HTTP connections are still busy; waiting for them to give up");
  connections_.wait();
}

std::expected<void, std::string> server::announce_file(std::string_view room, std::string_view owner,
                                                       std::string_view name, std::uint64_t size_bytes,
                                                       std::string_view url) {
  const std::string source = fmt::format("{0}!files@{0}", config_.server.name);
  return chat_.announce(room, source, owner,
                        fmt::format("shared {} ({}): {}", name, readable_size(size_bytes), url));
}

void server::accept_all(leat::net::tcp_listener& listener) {
  for (;;) {
    auto conn = listener.accept();
    if (!conn) {
      if (conn.error() == leat::errc::closed) return;
      spdlog::error("accepting on {} failed: {}", listener.local_address().to_string(),
                    conn.error().message());
      leat::sleep_for(silence_slice);
      continue;
    }
    connections_.go([this, accepted = *std::move(conn)]() mutable { serve(std::move(accepted)); });
  }
}

void server::serve(leat::net::tcp_conn conn) {
  const auto place = door_.enter(conn.remote_address().address());
  if (!place) {
    turn_away(std::move(conn), place.error());
    return;
  }
  switch (find_protocol(conn)) {
    case protocol::irc:
      chat_.serve(std::move(conn));
      break;
    case protocol::http:
      http_(std::move(conn), stopping_.ctx);
      break;
    case protocol::unknown:
      break;
  }
}

// Waits for the first bytes, leaves them in the stream, and says what they are; unknown when nothing came in
// time.
protocol server::find_protocol(leat::net::tcp_conn& conn) {
  const auto deadline = leat::deadline_after(config_.server.first_byte_timeout);
  milliseconds pause = first_word_pause;
  while (!stopping_.ctx.error() && std::chrono::steady_clock::now() < deadline) {
    static_cast<void>(conn.set_read_deadline(std::min(deadline, leat::deadline_after(silence_slice))));
    std::array<char, deciding_bytes> bytes{};
    const auto count = conn.peek(std::as_writable_bytes(std::span(bytes)));
    if (!count && count.error() == leat::errc::deadline_exceeded) continue;
    if (!count || *count == 0) return protocol::unknown;
    const protocol found = protocol_of({bytes.data(), *count});
    if (found != protocol::unknown) {
      static_cast<void>(conn.set_read_deadline(leat::never));
      return found;
    }
    leat::sleep_for(std::exchange(pause, std::min(pause * 2, silence_slice)));
  }
  return protocol::unknown;
}

void server::turn_away(leat::net::tcp_conn conn, shortage why) {
  const std::string_view reason =
      why == shortage::of_places ? "The server is full" : "Too many connections from your address";
  // It goes into the empty buffer of a new socket, so it does not wait.
  static_cast<void>(conn.set_write_deadline(silence_slice));
  static_cast<void>(conn.write(fmt::format("ERROR :Closing Link: {} ({})\r\n",
                                           conn.remote_address().address().unmapped().to_string(), reason)));
}

}  // namespace hub
