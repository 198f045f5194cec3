// Byte ranges (RFC 9110, section 14).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hub::http {

struct byte_range {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // itself included, so a range is never empty

  std::uint64_t length() const { return last - first + 1; }
  bool operator==(const byte_range&) const = default;
};

enum class range_answer : unsigned char {
  whole,          // 200: no range was asked for, or what was asked for is to be ignored
  partial,        // 206 with `ranges`
  unsatisfiable,  // 416
};

struct range_choice {
  range_answer answer = range_answer::whole;
  std::vector<byte_range> ranges;  // as they were asked for, cut to the size
};

// What to answer to a Range field for a file of `size_bytes`. As the RFC allows, the field is ignored when it
// is malformed, has another unit, has more than `most_ranges`, or asks for more bytes than there are (so an
// answer is never larger than the file).
range_choice choose_ranges(std::string_view field, std::uint64_t size_bytes, std::size_t most_ranges);

// "bytes 0-9/100" of an answer.
std::string content_range(const byte_range& range, std::uint64_t size_bytes);
// "bytes */100" of a 416.
std::string unsatisfied_range(std::uint64_t size_bytes);

// The Content-Range of an upload that goes on with another: "bytes FIRST-LAST/TOTAL". Nothing if it is
// anything else, also when the total is unknown ("*") or does not lie behind the last byte.
struct upload_range {
  byte_range range;
  std::uint64_t total_bytes = 0;
};
std::optional<upload_range> parse_content_range(std::string_view field);

}  // namespace hub::http
