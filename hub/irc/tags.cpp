#include <algorithm>

#include <hub/irc/tags.hpp>

namespace hub::irc {
namespace {

std::string_view take_tag(std::string_view& tags) {
  const std::string_view one = tags.substr(0, tags.find(';'));
  tags.remove_prefix(std::min(one.size() + 1, tags.size()));
  return one;
}

std::string_view name_of(std::string_view tag) {
  return tag.substr(0, tag.find('='));
}

// "+name" or "+vendor/name": letters, digits and hyphens, and dots in the vendor.
bool is_client_name(std::string_view name) {
  if (!name.starts_with('+')) return false;
  name.remove_prefix(1);
  const std::size_t slash = name.find('/');
  const auto is_word = [](std::string_view word, std::string_view also) {
    return !word.empty() && std::ranges::all_of(word, [also](char one) {
      return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || (one >= '0' && one <= '9') ||
             also.contains(one);
    });
  };
  if (slash == std::string_view::npos) return is_word(name, "-");
  return is_word(name.substr(0, slash), "-.") && is_word(name.substr(slash + 1), "-");
}

}  // namespace

std::optional<std::string_view> tag_value(std::string_view tags, std::string_view name) {
  std::optional<std::string_view> value;
  while (!tags.empty()) {
    const std::string_view one = take_tag(tags);
    if (name_of(one) == name) value = one.substr(std::min(name.size() + 1, one.size()));
  }
  return value;
}

std::string client_tags(std::string_view tags) {
  std::string kept;
  while (!tags.empty()) {
    const std::string_view one = take_tag(tags);
    const std::string_view name = name_of(one);
    if (!is_client_name(name) || tag_value(kept, name)) continue;
    if (!kept.empty()) kept += ';';
    kept += one;
  }
  return kept;
}

}  // namespace hub::irc
