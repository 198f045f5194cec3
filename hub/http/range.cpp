#include <fmt/format.h>

#include <algorithm>

#include <hub/http/field.hpp>
#include <hub/http/range.hpp>

namespace hub::http {
namespace {

constexpr std::string_view unit = "bytes";

// One element of the list as it was written: "first-", "first-last" or "-suffix".
struct range_spec {
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> last;  // without `first`: the length of the suffix
};

std::optional<range_spec> parse_spec(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto before = text.substr(0, dash);
  const auto after = text.substr(dash + 1);
  range_spec spec{parse_digits(before), parse_digits(after)};
  if (!before.empty() && !spec.first) return std::nullopt;
  if (!after.empty() && !spec.last) return std::nullopt;
  if (!spec.first && !spec.last) return std::nullopt;
  if (spec.first && spec.last && *spec.first > *spec.last) return std::nullopt;
  return spec;
}

// Nothing: not satisfiable. The size is not zero.
std::optional<byte_range> resolve(const range_spec& spec, std::uint64_t size) {
  if (!spec.first) {
    if (*spec.last == 0) return std::nullopt;
    return byte_range{size - std::min(size, *spec.last), size - 1};
  }
  if (*spec.first >= size) return std::nullopt;
  return byte_range{*spec.first, std::min(spec.last.value_or(size - 1), size - 1)};
}

// The element behind "bytes", or nothing.
std::optional<std::string_view> after_unit(std::string_view field, char separator) {
  field = trim(field);
  if (field.size() <= unit.size() || !same_word(field.substr(0, unit.size()), unit)) return std::nullopt;
  if (field[unit.size()] != separator) return std::nullopt;
  return field.substr(unit.size() + 1);
}

}  // namespace

range_choice choose_ranges(std::string_view field, std::uint64_t size_bytes, std::size_t most_ranges) {
  const auto list = after_unit(field, '=');
  if (!list) return {};
  const auto elements = split_list(*list, most_ranges + 1);
  if (elements.empty() || elements.size() > most_ranges) return {};
  range_choice choice{range_answer::partial, {}};
  std::uint64_t left = size_bytes;
  for (const auto element : elements) {
    const auto spec = parse_spec(element);
    if (!spec) return {};
    // A suffix of nothing is nothing, and no Content-Range can say so.
    if (size_bytes == 0 && !spec->first && *spec->last != 0) return {};
    const auto range = size_bytes == 0 ? std::nullopt : resolve(*spec, size_bytes);
    if (!range) continue;
    if (range->length() > left) return {};
    left -= range->length();
    choice.ranges.push_back(*range);
  }
  if (choice.ranges.empty()) choice.answer = range_answer::unsatisfiable;
  return choice;
}

std::string content_range(const byte_range& range, std::uint64_t size_bytes) {
  return fmt::format("bytes {}-{}/{}", range.first, range.last, size_bytes);
}

std::string unsatisfied_range(std::uint64_t size_bytes) {
  return fmt::format("bytes */{}", size_bytes);
}

std::optional<upload_range> parse_content_range(std::string_view field) {
  const auto rest = after_unit(field, ' ');
  if (!rest) return std::nullopt;
  const auto slash = rest->find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto spec = parse_spec(rest->substr(0, slash));
  const auto total = parse_digits(rest->substr(slash + 1));
  if (!spec || !spec->first || !spec->last || !total || *spec->last >= *total) return std::nullopt;
  return upload_range{{*spec->first, *spec->last}, *total};
}

}  // namespace hub::http
