#include <array>
#include <utility>

#include <hub/chat/text.hpp>
#include <hub/store/store.hpp>

namespace hub::store {

result<void> store::append(std::span<const chat::message> messages) {
  return write({.messages = messages});
}

result<void> store::save_room(const chat::room_record& room) {
  return write({.rooms = std::span(&room, 1)});
}

result<void> store::remove_room(std::string_view name) {
  const std::array names{std::string(name)};
  return write({.removed_rooms = names});
}

std::string conversation_of(const chat::message& message) {
  if (message.target.starts_with('#')) return chat::fold(message.target);
  const std::string_view source = message.source;
  return conversation_of(source.substr(0, source.find('!')), message.target);
}

std::string conversation_of(std::string_view nick, std::string_view other) {
  std::string first = chat::fold(nick);
  std::string second = chat::fold(other);
  if (second < first) std::swap(first, second);
  // A space can be in neither nick, and no room starts with one: the key is unambiguous.
  return first + ' ' + second;
}

}  // namespace hub::store
