#include <algorithm>
#include <array>
#include <optional>

#include <hub/chat/text.hpp>
#include <hub/files/file_name.hpp>

namespace hub::files {
namespace {

// The longest name that Linux's file systems take.
constexpr std::size_t limit_bytes = 255;

struct refused_range {
  char32_t first;
  char32_t last;
  const char* reason;
};

constexpr const char* control = "a file name cannot contain control characters";
constexpr const char* direction =
    "a file name cannot contain characters that change the direction of writing";
constexpr const char* unseen = "a file name cannot contain invisible characters";

// Narrower than what nicks refuse: emoji need joiners and variation selectors, and real names of screenshots
// and documents have no-break and ideographic spaces. Sorted.
constexpr std::array refused_ranges{
    refused_range{0x00, 0x1F, control},       refused_range{0x7F, 0x9F, control},
    refused_range{0xAD, 0xAD, unseen},        refused_range{0x61C, 0x61C, direction},
    refused_range{0x115F, 0x1160, unseen},    refused_range{0x17B4, 0x17B5, unseen},
    refused_range{0x180E, 0x180E, unseen},    refused_range{0x200B, 0x200B, unseen},
    refused_range{0x200E, 0x200F, direction}, refused_range{0x2028, 0x2029, control},
    refused_range{0x202A, 0x202E, direction}, refused_range{0x2060, 0x2064, unseen},
    refused_range{0x2066, 0x2069, direction}, refused_range{0x206A, 0x206F, unseen},
    refused_range{0x2800, 0x2800, unseen},    refused_range{0x3164, 0x3164, unseen},
    refused_range{0xFDD0, 0xFDEF, unseen},    refused_range{0xFEFF, 0xFEFF, unseen},
    refused_range{0xFFA0, 0xFFA0, unseen},    refused_range{0xFFF9, 0xFFFB, unseen},
    refused_range{0xE0000, 0xE007F, unseen},
};

const char* what_is_wrong(char32_t value) {
  const auto* found = std::ranges::lower_bound(refused_ranges, value, {}, &refused_range::last);
  if (found != refused_ranges.end() && value >= found->first) return found->reason;
  if ((value & 0xFFFE) == 0xFFFE) return unseen;  // the noncharacters at the end of every plane
  if (value == U'/') return "a file name cannot contain '/'";
  if (value == U'\\') return "a file name cannot contain '\\'";
  return nullptr;
}

// Where the extension begins, with its dot; behind the end if there is none.
std::size_t extension_of(std::string_view name) {
  // Longer ones are the end of a sentence.
  constexpr std::size_t longest = 12;
  auto dot = name.rfind('.');
  if (dot == std::string_view::npos || name.size() - dot > longest) return name.size();
  const auto stem = name.substr(0, dot);
  if (stem.ends_with(".tar") && stem.size() > 4) dot -= 4;
  return dot;
}

}  // namespace

std::expected<file_name, std::string> file_name::parse(std::string_view text) {
  if (text.empty()) return std::unexpected("a file needs a name");
  if (text.size() > limit_bytes) {
    return std::unexpected("the file name is too long: it has " + std::to_string(text.size()) +
                           " bytes, and " + std::to_string(limit_bytes) + " is the most");
  }
  for (std::string_view rest = text; !rest.empty();) {
    const auto next = chat::first_code_point(rest);
    if (next.bytes == 0) return std::unexpected("the file name is not valid UTF-8");
    if (const char* wrong = what_is_wrong(next.value)) return std::unexpected(wrong);
    rest.remove_prefix(next.bytes);
  }
  if (text.front() == '.') return std::unexpected("a file name cannot start with a dot");
  if (text.back() == '.') return std::unexpected("a file name cannot end with a dot");
  if (text.front() == ' ' || text.back() == ' ') {
    return std::unexpected("a file name cannot start or end with a space");
  }
  return file_name(text);
}

file_name file_name::with_number(std::uint64_t number) const {
  const std::string_view whole = text_;
  const auto extension = whole.substr(extension_of(whole));
  auto stem = whole.substr(0, whole.size() - extension.size());
  const auto middle = " (" + std::to_string(number) + ")";
  auto room = limit_bytes - middle.size() - extension.size();
  if (stem.size() > room) {
    // Not within a character: its bytes but the first are 10xxxxxx.
    while (room > 0 && (static_cast<unsigned char>(stem[room]) & 0xC0) == 0x80)
      --room;
    stem = stem.substr(0, room);
  }
  return file_name(std::string(stem) + middle + std::string(extension));
}

}  // namespace hub::files
