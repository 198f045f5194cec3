// IRC over WebSocket (RFC 6455, and IRCv3's specification of that name): a message is a line without its end.
//
// To the rest of the server such a connection is a stream of bytes as any other: whoever reads finds lines
// with their ends, and what is written goes out line by line.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <leat/net/stream.hpp>

#include <hub/http/paced_conn.hpp>
#include <hub/http/request.hpp>
#include <hub/http/request_reader.hpp>

namespace hub::http {

struct websocket_limits {
  // Of one message from the client; a longer one ends the connection (1009). An IRC line with all its tags.
  std::size_t message_bytes = 8191 + 512;
  // What a client may send in a row, frames and all, and then in a second; what comes faster waits. So frames
  // that carry nothing cost their sender, and not the server.
  std::size_t burst_bytes = std::size_t{256} << 10;
  std::size_t bytes_per_second = std::size_t{64} << 10;
  // That the system may hold for a client that does not read.
  std::size_t socket_buffer_bytes = std::size_t{64} << 10;
  // Of what a client does not take; with more, its pings are not answered.
  std::size_t waiting_bytes = std::size_t{16} << 10;
};

// Browsers let any page try to connect, and say which one does. It may if it is one of ours: its host and
// port are those that it connects to, or those of `public_url` (which may be empty), or it is one of
// `others`, each as "https://chat.example.org", or "*".
struct origin_policy {
  std::string_view public_url;
  std::span<const std::string> others;
};

// Whether a request may become a WebSocket connection. Refusals: 405 if it is no GET, 426 if it asks for
// nothing of the kind or for another version than 13, 400 if it is not a sound handshake, 403 if a page sent
// it that may not.
std::expected<void, refusal> check_handshake(const request& asked, const origin_policy& policy);

// Answers 101 and takes the connection over. `asked` has passed check_handshake(); `early` is what the client
// has sent behind it already; `cookies` are the values of Set-Cookie fields. permessage-deflate (RFC 7692) is
// used if the client offers it.
//
// The stream's members do what stream.hpp says; one goroutine reads, any number may write. A message that
// breaks the rules, or holds more than one line, ends the connection with the code that tells why, and is the
// end of the stream.
std::unique_ptr<leat::net::stream> accept_websocket(std::shared_ptr<paced_conn> conn, const request& asked,
                                                    std::string_view early,
                                                    std::span<const std::string> cookies = {},
                                                    const websocket_limits& bounds = {});

}  // namespace hub::http
