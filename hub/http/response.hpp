// What is answered to a request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hub::http {

struct response {
  unsigned status = 200;
  std::vector<std::pair<std::string_view, std::string>> fields;  // names are literals
  std::string body;

  void add(std::string_view name, std::string value) { fields.emplace_back(name, std::move(value)); }
};

// An answer of one sentence, as plain text with a line end.
response plain_answer(unsigned status, std::string_view sentence);

// What happens to the connection behind an answer.
enum class afterwards : unsigned char {
  open,
  open_1_0,  // to a client of HTTP/1.0, which must be told
  close,
};

// The answer's first lines, with its empty line. `length`: of the body; nothing for answers that cannot have
// one (204, 304). Values are taken as they are: whoever adds one makes sure that it has no line ends.
std::string render_head(const response& answer, std::optional<std::uint64_t> length, afterwards then,
                        std::int64_t now_s);

// "Not Found" and the like (RFC 9110, section 15).
std::string_view reason_of(unsigned status);

}  // namespace hub::http
