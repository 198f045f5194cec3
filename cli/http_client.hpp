// An HTTP/1.1 client (RFC 9112) for files: one connection, one request at a time, bodies streamed both ways.
//
//   http_client client("127.0.0.1:8667");
//   auto head = client.request({.method = "GET", .target = "/files/notes.txt"});
//   while (auto count = client.read_body(buffer)) { if (*count == 0) break; ... }
//
// A connection is made when it is needed, kept between requests where both sides allow it, and made again if
// the server has closed a kept one meanwhile.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cli {

struct http_failure {
  std::string text;        ///< a sentence
  bool may_retry = false;  ///< the connection failed, and nothing is wrong with the request itself
};

template <typename T>
using http_result = std::expected<T, http_failure>;

struct http_request {
  std::string method = "GET";
  std::string target{};  ///< starts with '/', percent-encoded
  std::vector<std::pair<std::string, std::string>> fields{};
};

struct http_response {
  unsigned status = 0;
  std::optional<std::uint64_t> length;  ///< of the body, if the server has told it
  std::vector<std::pair<std::string, std::string>> fields;

  /// The value of a field, its name in any case; empty if there is none.
  std::string_view field(std::string_view name) const;
};

class http_client {
 public:
  /// For the server at "host:port". `idle_limit` is how long the server may keep silent at any point.
  explicit http_client(std::string address, std::chrono::seconds idle_limit = std::chrono::seconds(60));
  ~http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  /// Sends a request without a body, and reads the head of the response.
  http_result<http_response> request(const http_request& asked);

  /// Puts the next bytes of an upload into the buffer and returns how many; fewer than the buffer holds only
  /// at the end of the upload.
  using body_source = std::function<http_result<std::size_t>(std::span<std::byte>)>;

  /// Sends a request with a body of `length` bytes, and reads the head of the response. The body is sent only
  /// when the server has said 100 (Continue), or nothing at all for a second; not if it refuses at once.
  http_result<http_response> upload(const http_request& asked, std::uint64_t length,
                                    const body_source& source);

  /// The next bytes of the response's body; 0 at its end. A body that breaks off is a failure.
  http_result<std::size_t> read_body(std::span<std::byte> buffer);

  /// The whole rest of the body, as text, if it has at most `limit_bytes`.
  http_result<std::string> read_text(std::size_t limit_bytes);

  /// Drops the connection: what is left of a response is of no interest.
  void drop() noexcept;

  const std::string& address() const noexcept { return address_; }

 private:
  struct connection;

  http_result<void> connect();
  http_result<void> send_head(const http_request& asked, std::optional<std::uint64_t> length);
  http_result<unsigned> read_any_head(bool only_head);
  http_response accept_head();
  http_result<http_response> read_head(bool only_head);
  http_result<std::optional<http_response>> wait_for_continue();
  http_result<void> send_body(std::uint64_t length, const body_source& source);
  http_failure broken(std::string_view doing, std::string_view why);

  std::string address_;
  std::chrono::seconds idle_limit_;
  std::unique_ptr<connection> connection_;  // null: none
};

}  // namespace cli
