// Masks over "nick!user@host" as bans use them: '*' stands for any run of bytes, '?' for any one byte.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hub::chat {

// Whether the text matches the mask, ASCII case-insensitively. Takes at most mask x text steps and no memory.
bool matches(std::string_view mask, std::string_view text);

// The full form of what a person types: "bob" is bob!*@*, "a@b" is *!a@b, "a!b" is a!b@*, and runs of '*' are
// one. Nothing if the text is empty, too long, not UTF-8 or has spaces or unseen characters.
std::optional<std::string> full_mask(std::string_view text, std::size_t limit_bytes);

}  // namespace hub::chat
