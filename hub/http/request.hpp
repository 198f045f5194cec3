// The header of one request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hub::http {

struct request {
  std::string method;  // as sent: methods are case-sensitive
  std::string target;
  bool is_http_1_0 = false;
  bool keeps_alive = true;        // the client would send another one afterwards
  bool expects_continue = false;  // it waits for a 100 before it sends the body
  bool is_chunked = false;        // the body's length shows only at its end
  std::optional<std::uint64_t> content_length;
  std::vector<std::pair<std::string, std::string>> fields;

  // The value of a field, in any case; of several by that name all, joined by commas (RFC 9110, section 5.3).
  std::optional<std::string> field(std::string_view name) const;
  std::size_t count(std::string_view name) const;

  bool has_body() const { return is_chunked || content_length.value_or(0) > 0; }
};

}  // namespace hub::http
