#include <hub/chat/mask.hpp>
#include <hub/chat/text.hpp>

namespace hub::chat {

// Only the last '*' ever needs to give way: whatever an earlier one matched, a later one can make up for.
bool matches(std::string_view mask, std::string_view text) {
  std::size_t at_mask = 0;
  std::size_t at_text = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (at_text < text.size()) {
    if (at_mask < mask.size() && mask[at_mask] == '*') {
      star = at_mask++;
      star_text = at_text;
    } else if (at_mask < mask.size() &&
               (mask[at_mask] == '?' || fold(mask[at_mask]) == fold(text[at_text]))) {
      ++at_mask;
      ++at_text;
    } else if (star != std::string_view::npos) {
      at_mask = star + 1;
      at_text = ++star_text;
    } else {
      return false;
    }
  }
  while (at_mask < mask.size() && mask[at_mask] == '*')
    ++at_mask;
  return at_mask == mask.size();
}

std::optional<std::string> full_mask(std::string_view text, std::size_t limit_bytes) {
  if (text.empty() || text.size() > limit_bytes || !is_utf8(text)) return std::nullopt;
  for (std::string_view rest = text; !rest.empty();) {
    const code_point next = first_code_point(rest);
    if (is_unseen(next.value) || next.value == ' ') return std::nullopt;
    rest.remove_prefix(next.bytes);
  }
  const std::size_t bang = text.find('!');
  const std::size_t at = text.find('@', bang == std::string_view::npos ? 0 : bang);
  std::string full;
  if (bang == std::string_view::npos && at == std::string_view::npos)
    full.append(text).append("!*@*");
  else if (bang == std::string_view::npos)
    full.append("*!").append(text);
  else if (at == std::string_view::npos)
    full.append(text).append("@*");
  else
    full = text;
  std::string packed;
  for (const char letter : full)
    if (letter != '*' || packed.empty() || packed.back() != '*') packed += letter;
  return packed;
}

}  // namespace hub::chat
