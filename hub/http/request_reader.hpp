// Reads requests from a connection, one after the other. The one place of the server that
// knows Boost.Beast.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>

#include <hub/http/limits.hpp>
#include <hub/http/paced_conn.hpp>
#include <hub/http/request.hpp>

namespace hub::http {

// Why a request cannot be read, or not be done.
struct refusal {
  unsigned status = 0;  // what to answer; 0: the connection has ended, there is nobody to answer
  std::string text;     // a sentence, without a line end
};

class request_reader {
 public:
  // Both must outlive the reader.
  request_reader(paced_conn& conn, const limits& bounds);
  ~request_reader();
  request_reader(const request_reader&) = delete;
  request_reader& operator=(const request_reader&) = delete;

  // Waits for the next request and reads its header. What is refused here (RFC 9112): malformed lines and
  // fields, ambiguous line ends, no Host or several, a length that is given twice or in two ways, transfer
  // codings other than `chunked`, headers that are too large (431) or too slow (408).
  std::expected<request, refusal> next();

  // The next bytes of the body; 0 at its end. Refusals: 400 for a malformed chunk, 408 when nothing comes for
  // too long; status 0 when the connection ends before the body does.
  std::expected<std::size_t, refusal> read_body(std::span<std::byte> into);

  // What has come behind the last request, which had no body, and is of another protocol.
  std::string take_rest();

  // Reads what is left of the body if that is at most `limit_bytes` and comes as fast as a header must.
  // False: it is not worth it, or cannot be done.
  bool skip_body(std::uint64_t limit_bytes);

 private:
  class implementation;

  std::unique_ptr<implementation> inside_;
};

}  // namespace hub::http
