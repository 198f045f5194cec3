// Messages over a stream of bytes: the three classic cures for packets that stick together.
//
// Teaches: two writes may arrive as one read, and one write as many (example_sticky_packets shows it), so the
// bytes must say where a message ends: by an end marker (hello##), by a length in front (four bytes, highest
// first), or by a head that people can read, too (Y 5 hello). A codec knows one such form; a frame_reader
// finds its messages in whatever the stream brings, and holds them to the limit.
//
// Try it: ./example_framing marker 127.0.0.1:9000, then printf 'hello##how are you##' | nc -N 127.0.0.1 9000
//   with prefix: printf '\0\0\0\5hello\0\0\0\13how are you'     with text: printf 'Y 5 helloY 11 how are you'
#include <iostream>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

namespace net = leat::net;

constexpr std::size_t longest_bytes = 1000;

std::string_view text_of(std::string_view message) {
  return message;
}
std::string_view text_of(std::span<const std::byte> message) {
  return net::as_text(message);
}
std::string_view text_of(const net::framing::text_frame& message) {
  return net::as_text(message.payload);
}

// Says how long each message is, until the stream ends or brings what is none.
template <typename Codec>
void serve(net::tcp_conn& conn, Codec cure) {
  net::frame_reader messages(conn, std::move(cure));
  auto message = messages.next();
  for (; message; message = messages.next()) {
    const auto text = text_of(*message);
    static_cast<void>(conn.write(std::to_string(text.size()) + " bytes: " + std::string(text) + "\n"));
  }
  if (message.error() != leat::errc::end_of_stream)
    static_cast<void>(conn.write("refused: " + message.error().message() + "\n"));
}

void serve(net::tcp_conn& conn, std::string_view cure) {
  if (cure == "marker") serve(conn, net::framing::end_marker("##", longest_bytes));
  if (cure == "prefix") serve(conn, net::framing::length_prefix<std::uint32_t>(longest_bytes));
  if (cure == "text") serve(conn, net::framing::text_header(longest_bytes));
}

int main(int argc, char** argv) {
  const std::string_view cure = argc > 1 ? argv[1] : "";
  if (cure != "marker" && cure != "prefix" && cure != "text") {
    std::cerr << "usage: " << argv[0] << " marker|prefix|text [HOST:PORT]\n";
    return 2;
  }
  return leat::run([cure, address = argc > 2 ? argv[2] : "127.0.0.1:0"] {
    auto listener = net::listen_tcp(address);
    if (!listener) {
      std::cerr << "cannot listen on " << address << ": " << listener.error().message() << '\n';
      return 1;
    }
    std::cout << "listening on " << listener->local_address() << std::endl;
    while (auto conn = listener->accept())
      leat::go([conn = std::move(*conn), cure]() mutable { serve(conn, cure); });
    return 0;
  });
}
