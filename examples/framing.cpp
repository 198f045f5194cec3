// Messages over a stream of bytes: the three classic cures for packets that stick together.
//
// Teaches: two writes may arrive as one read, and one write as many, so the bytes must say where a message
// ends: by an end marker (hello##), by a length in front (four bytes, highest first), or by a head that
// people can read, too (Y 5 hello). Each cure is a pure function over the bytes that have come so far.
//
// Try it: ./example_framing marker 127.0.0.1:9000, then printf 'hello##how are you##' | nc -N 127.0.0.1 9000
//   with prefix: printf '\0\0\0\5hello\0\0\0\13how are you'     with text: printf 'Y 5 helloY 11 how are you'
#include <iostream>
#include <map>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

// Takes the first message out of `bytes` if it is complete; throws if what has come can never become one.
using cure = std::optional<std::string> (*)(std::string& bytes);

std::optional<std::string> take(std::string& bytes, std::size_t head, std::size_t length, std::size_t tail) {
  if (length > 1000) throw std::runtime_error("a message has at most 1000 bytes");
  if (bytes.size() < head + length + tail) return std::nullopt;
  std::string message = bytes.substr(head, length);
  bytes.erase(0, head + length + tail);
  return message;
}

std::optional<std::string> by_marker(std::string& bytes) {
  const auto end = bytes.find("##");
  return take(bytes, 0, end != std::string::npos ? end : bytes.size() - bytes.ends_with('#'), 2);
}

std::optional<std::string> by_prefix(std::string& bytes) {
  if (bytes.size() < 4) return std::nullopt;
  std::size_t length = 0;
  for (const char byte : std::string_view(bytes).substr(0, 4))
    length = length << 8 | static_cast<unsigned char>(byte);
  return take(bytes, 4, length, 0);
}

std::optional<std::string> by_text(std::string& bytes) {
  std::size_t length = 0, at = 2;
  for (; at < bytes.size() && at < 7 && '0' <= bytes[at] && bytes[at] <= '9'; ++at)
    length = length * 10 + static_cast<std::size_t>(bytes[at] - '0');
  if (at >= bytes.size()) return std::nullopt;
  if (bytes[1] != ' ' || at == 2 || bytes[at] != ' ')
    throw std::runtime_error("not a letter, a space, a length and a space");
  return take(bytes, at + 1, length, 0);
}

void serve(leat::net::tcp_conn conn, cure next_in) try {
  std::string pending;  // what was read and is not yet a message
  std::string buffer(512, '\0');
  while (const auto count = conn.read(std::as_writable_bytes(std::span(buffer)))) {
    if (*count == 0 && pending.empty()) return;
    if (*count == 0) throw std::runtime_error("the stream ended inside a message");
    pending.append(buffer, 0, *count);
    while (const auto message = next_in(pending))
      static_cast<void>(conn.write(std::to_string(message->size()) + " bytes: " + *message + "\n"));
  }
} catch (const std::runtime_error& fault) {
  static_cast<void>(conn.write(std::string("refused: ") + fault.what() + "\n"));
}

int main(int argc, char** argv) {
  const std::map<std::string_view, cure> cures{
      {"marker", by_marker}, {"prefix", by_prefix}, {"text", by_text}};
  const auto chosen = cures.find(argc > 1 ? argv[1] : "");
  if (chosen == cures.end()) {
    std::cerr << "usage: " << argv[0] << " marker|prefix|text [HOST:PORT]\n";
    return 2;
  }
  return leat::run([address = argc > 2 ? argv[2] : "127.0.0.1:0", next_in = chosen->second] {
    auto listener = leat::net::listen_tcp(address);
    if (!listener) {
      std::cerr << "cannot listen on " << address << ": " << listener.error().message() << '\n';
      return 1;
    }
    std::cout << "listening on " << listener->local_address() << std::endl;
    while (auto conn = listener->accept())
      leat::go([conn = std::move(*conn), next_in]() mutable { serve(std::move(conn), next_in); });
    return 0;
  });
}
