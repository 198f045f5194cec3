#include <hub/chat/text.hpp>
#include <hub/files/area.hpp>

namespace hub::files {
namespace {

// Encoded, every byte may take three, and a folder's name has at most 255.
constexpr std::size_t room_limit_bytes = 85;

std::string encode(std::string_view name) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string encoded;
  for (const char letter : name) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
                       letter == '_' || letter == '-';
    if (plain) {
      encoded += letter;
      continue;
    }
    const auto byte = static_cast<unsigned char>(letter);
    encoded += '%';
    encoded += digits[byte >> 4];
    encoded += digits[byte & 15];
  }
  return encoded;
}

}  // namespace

std::optional<area> area::of_room(std::string_view name) {
  std::string room(name.starts_with('#') ? "" : "#");
  room += name;
  if (!chat::is_room_name(room, room_limit_bytes)) return std::nullopt;
  std::string folder = "rooms/" + encode(chat::fold(room)) + "/files";
  return area(std::move(room), std::move(folder));
}

}  // namespace hub::files
