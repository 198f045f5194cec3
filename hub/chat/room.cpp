#include <algorithm>
#include <array>
#include <utility>

#include <hub/chat/mask.hpp>
#include <hub/chat/room.hpp>

namespace hub::chat {
namespace {

// Sorted by letter: the order in which a record spells them.
constexpr std::array<std::pair<char, room_mode>, 10> letters = {{{'b', room_mode::ban},
                                                                 {'i', room_mode::invite_only},
                                                                 {'k', room_mode::key},
                                                                 {'l', room_mode::limit},
                                                                 {'m', room_mode::moderated},
                                                                 {'n', room_mode::no_outside_messages},
                                                                 {'o', room_mode::operator_rank},
                                                                 {'s', room_mode::secret},
                                                                 {'t', room_mode::topic_locked},
                                                                 {'v', room_mode::voice_rank}}};

bool is_flag(room_mode mode) {
  switch (mode) {
    case room_mode::invite_only:
    case room_mode::moderated:
    case room_mode::no_outside_messages:
    case room_mode::secret:
    case room_mode::topic_locked:
      return true;
    case room_mode::operator_rank:
    case room_mode::voice_rank:
    case room_mode::ban:
    case room_mode::key:
    case room_mode::limit:
      return false;
  }
  return false;
}

std::string spell(const mode_set& modes) {
  std::string spelled;
  for (const auto& [letter, mode] : letters)
    if (modes.has(mode)) spelled += letter;
  return spelled;
}

}  // namespace

char letter_of(room_mode mode) {
  return std::ranges::find(letters, mode, &std::pair<char, room_mode>::second)->first;
}

std::optional<room_mode> mode_of(char letter) {
  const auto found = std::ranges::find(letters, letter, &std::pair<char, room_mode>::first);
  if (found == letters.end()) return std::nullopt;
  return found->second;
}

mode_set modes_of_new_room() {
  mode_set modes;
  modes.set(room_mode::no_outside_messages, true);
  modes.set(room_mode::topic_locked, true);
  return modes;
}

room::room(std::uint64_t number, std::string_view name, std::int64_t created_ms)
    : number_(number), modes_(modes_of_new_room()) {
  kept_.name = name;
  kept_.created_ms = created_ms;
  kept_.modes = spell(modes_);
}

room::room(std::uint64_t number, const room_record& record) : number_(number), kept_(record) {
  for (const char letter : record.modes)
    if (const auto mode = mode_of(letter); mode && is_flag(*mode)) modes_.set(*mode, true);
  kept_.modes = spell(modes_);
}

void room::set(room_mode mode, bool on) {
  modes_.set(mode, on);
  kept_.modes = spell(modes_);
}

bool room::worth_keeping() const {
  return !kept_.topic.empty() || !kept_.key.empty() || kept_.limit != 0 || !kept_.bans.empty() ||
         kept_.history_from_ms != 0 || modes_ != modes_of_new_room();
}

std::size_t room::add(session_id session, bool as_operator) {
  members_.push_back({.session = session, .is_operator = as_operator});
  roster_.reset();
  return members_.size() - 1;
}

session_id room::remove(std::size_t place) {
  const bool last_moves = place + 1 != members_.size();
  if (last_moves) members_[place] = members_.back();
  members_.pop_back();
  roster_.reset();
  return last_moves ? members_[place].session : nobody;
}

std::shared_ptr<const roster> room::share_roster() const {
  if (!roster_) {
    roster fresh;
    fresh.reserve(members_.size());
    for (const member& one : members_)
      fresh.push_back(one.session);
    roster_ = std::make_shared<const roster>(std::move(fresh));
  }
  return roster_;
}

bool room::bans(const member& one, std::string_view mask) const {
  if (one.bans_seen != bans_version_) {
    one.bans_seen = bans_version_;
    one.is_banned = bans(mask);
  }
  return one.is_banned;
}

bool room::bans(std::string_view mask) const {
  return std::ranges::any_of(kept_.bans, [&](const ban& one) { return matches(one.mask, mask); });
}

}  // namespace hub::chat
