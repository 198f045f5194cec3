// Range and Content-Range: whatever the field, a range lies within the file, and no answer is larger than it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <fuzz/http/require.hpp>
#include <hub/http/range.hpp>

namespace {

using namespace hub::http;

constexpr std::size_t most_ranges = 8;

void check_range(std::string_view field, std::uint64_t size) {
  const auto choice = choose_ranges(field, size, most_ranges);
  require(choice.ranges.empty() == (choice.answer != range_answer::partial));
  require(choice.ranges.size() <= most_ranges);
  std::uint64_t sum = 0;
  for (const auto& range : choice.ranges) {
    require(range.first <= range.last && range.last < size);
    sum += range.length();
    // What is answered can be understood again.
    const auto again = parse_content_range(content_range(range, size));
    require(again && again->range == range && again->total_bytes == size);
  }
  require(sum <= size);
}

void check_content_range(std::string_view field) {
  const auto parsed = parse_content_range(field);
  require(!parsed || (parsed->range.first <= parsed->range.last && parsed->range.last < parsed->total_bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view field(reinterpret_cast<const char*>(data), size);
  for (const std::uint64_t file_size :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{100}, std::uint64_t{1} << 62}) {
    check_range(field, file_size);
  }
  check_content_range(field);
  return 0;
}
