// The table of all settings: what each is called, what it is for, what it may be, and where it is kept.
// Inside hub/ only.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <hub/config.hpp>

namespace hub {

// Where a setting is kept. std::size_t and std::uint64_t are one type on every platform of ours.
using slot = std::variant<std::uint64_t*, std::chrono::milliseconds*, std::chrono::seconds*, std::string*,
                          std::filesystem::path*, std::vector<std::string>*, store::durability*>;

enum class value_kind : std::uint8_t {
  count,     // a number
  size,      // a number of bytes, better read with a unit
  duration,  // milliseconds within, text with a unit in the file
  word,      // see check_word
  line,      // see check_line
  url,       // empty, or see check_url
  path,
  lines,      // a list of `line`
  addresses,  // a list of check_listen
  durability,
};

struct setting {
  std::string_view section;
  std::string_view name;
  value_kind kind;
  std::uint64_t least;  // of counts, sizes and milliseconds
  std::uint64_t most;
  std::string_view comment;
  slot (*keep)(config& in);
};

std::span<const setting> all_settings();

// What stands above a section in the documented file.
std::string_view section_comment(std::string_view section);

}  // namespace hub
