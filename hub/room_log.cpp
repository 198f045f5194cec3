#include <algorithm>
#include <utility>

#include <hub/room_log.hpp>

namespace hub {

room_log::room_log(std::size_t messages_per_room, std::size_t rooms, loader load)
    : messages_per_room_(messages_per_room),
      most_rooms_(std::max<std::size_t>(rooms, 1)),
      load_(std::move(load)) {}

void room_log::add(const chat::message& stored) {
  const auto found = rooms_.find(stored.target);
  if (found == rooms_.end()) return;
  std::deque<chat::message>& messages = found->second.messages;
  // What was loaded may already hold messages that are reported only now.
  if (!messages.empty() && messages.back().id >= stored.id) return;
  messages.push_back(stored);
  if (messages.size() > messages_per_room_) messages.pop_front();
}

std::expected<std::vector<chat::message>, std::string> room_log::latest(std::string_view room,
                                                                        std::uint64_t last_id,
                                                                        std::int64_t from_ms) {
  if (messages_per_room_ == 0) return std::vector<chat::message>();
  const auto found = find_or_load(room);
  if (!found) return std::unexpected(found.error());
  std::vector<chat::message> shown;
  for (const chat::message& one : (*found)->messages)
    if (one.id <= last_id && one.time_ms >= from_ms) shown.push_back(one);
  return shown;
}

std::expected<room_log::entry*, std::string> room_log::find_or_load(std::string_view room) {
  if (const auto found = rooms_.find(room); found != rooms_.end()) {
    by_use_.splice(by_use_.begin(), by_use_, found->second.used);
    return &found->second;
  }
  auto loaded = load_(room, messages_per_room_);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  if (rooms_.size() >= most_rooms_) {
    rooms_.erase(rooms_.find(by_use_.back()));
    by_use_.pop_back();
  }
  by_use_.emplace_front(room);
  entry fresh{.messages = {std::make_move_iterator(loaded->begin()), std::make_move_iterator(loaded->end())},
              .used = by_use_.begin()};
  return &rooms_.emplace(std::string(room), std::move(fresh)).first->second;
}

}  // namespace hub
