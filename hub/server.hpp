// The server: listens, tells IRC from HTTP by the first bytes, and starts and stops the whole.
//
//   hub::server server(config, store, [&](leat::net::tcp_conn conn, const leat::context& stopping) {
//     site.serve(std::move(conn), stopping);
//   });
//   if (auto started = server.start(); !started) fail(started.error());
//   for (const auto& where : server.addresses()) fmt::print("listening on {}\n", where.to_string());
//   stop_signal.receive();
//   server.stop();
//
// A goroutine for each connection. All members but start() may be called from any goroutine.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <leat/context.hpp>
#include <leat/net/stream.hpp>
#include <leat/net/tcp.hpp>
#include <leat/wait_group.hpp>

#include <hub/admission.hpp>
#include <hub/chat_service.hpp>
#include <hub/config.hpp>
#include <hub/first_bytes.hpp>
#include <hub/store/store.hpp>

namespace hub {

class server {
 public:
  // Serves one connection that speaks HTTP, with all its bytes still to be read, and returns when it has
  // ended. When `stopping` is cancelled it is to come to an end soon.
  using http_handler = std::function<void(leat::net::tcp_conn conn, const leat::context& stopping)>;

  // The store must outlive the server.
  server(const config& configured, store::store& messages, http_handler http);
  // Stops, if stop() was not called.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  // Listens on every configured address and begins to serve. Errors, as a sentence: an address that cannot be
  // listened on (then nothing is served), a store that cannot be read.
  std::expected<void, std::string> start();

  // Where it listens, in the order of the configuration, with the ports that the system chose.
  const std::vector<leat::net::endpoint>& addresses() const { return addresses_; }

  // Takes no more connections, says goodbye to those that are there, and returns when all have ended, at the
  // latest after server.stop_timeout of the configuration (and what the HTTP side takes to notice). Later
  // calls return at once.
  void stop();

  // Tells a room that a file was put into it: a stored message from the server, "NICK shared NAME (SIZE):
  // URL". `owner`: whose it was, see chat_service::announce. Returns once that is stored. Errors, as a
  // sentence: see chat_service::announce.
  std::expected<void, std::string> announce_file(std::string_view room, std::string_view owner,
                                                 std::string_view name, std::uint64_t size_bytes,
                                                 std::string_view url);

  // Serves a connection that speaks IRC over something else than the bare socket, and returns when it has
  // ended. For the HTTP side, during one of its calls. `owner`: see irc::exchange::connected.
  void serve_irc(std::unique_ptr<leat::net::stream> conn, const leat::net::endpoint& remote,
                 std::string_view owner) {
    chat_.serve(std::move(conn), remote, owner);
  }

  std::size_t irc_connection_count() const { return chat_.connection_count(); }

 private:
  void accept_all(leat::net::tcp_listener& listener);
  void serve(leat::net::tcp_conn conn);
  protocol find_protocol(leat::net::tcp_conn& conn);
  void turn_away(leat::net::tcp_conn conn, shortage why);

  const config config_;
  const http_handler http_;
  chat_service chat_;
  admission door_;
  std::vector<leat::net::tcp_listener> listeners_;
  std::vector<leat::net::endpoint> addresses_;
  leat::cancelable_context stopping_;
  leat::wait_group acceptors_;
  leat::wait_group connections_;
  std::atomic<bool> stopped_{false};
};

// What the chat takes from the configuration.
chat_options chat_options_of(const config& configured, chat::moment started);

// A number of bytes for people: "999 B", "1.5 KiB", "64.0 MiB".
std::string readable_size(std::uint64_t bytes);

}  // namespace hub
