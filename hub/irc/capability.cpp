#include <algorithm>

#include <hub/irc/capability.hpp>

namespace hub::irc {

std::optional<capability> capability_named(std::string_view name) {
  const auto found = std::ranges::find(capabilities, name, &std::pair<std::string_view, capability>::first);
  if (found == capabilities.end()) return std::nullopt;
  return found->second;
}

}  // namespace hub::irc
