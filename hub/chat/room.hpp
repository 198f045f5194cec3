// A room: what is kept of it, and who is in it with which rank.
//
// Invariants:
//  - members() and the current roster name the same sessions in the same order;
//  - a roster that was handed out never changes: the next join or part makes a new one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hub/chat/command.hpp>
#include <hub/chat/event.hpp>
#include <hub/chat/room_record.hpp>

namespace hub::chat {

struct member {
  session_id session = nobody;
  bool is_operator = false;
  bool has_voice = false;
  // Whether a ban matches the member, remembered until bans or the member's nick change: checking every ban
  // again for every message would make long ban lists a way to slow the room down.
  mutable std::uint32_t bans_seen = 0;
  mutable bool is_banned = false;
};

// Bits of the modes without a parameter.
class mode_set {
 public:
  bool has(room_mode mode) const { return (bits_ & bit(mode)) != 0; }
  void set(room_mode mode, bool on) { bits_ = on ? bits_ | bit(mode) : bits_ & ~bit(mode); }
  bool operator==(const mode_set&) const = default;

 private:
  static std::uint32_t bit(room_mode mode) { return std::uint32_t{1} << static_cast<unsigned>(mode); }
  std::uint32_t bits_ = 0;
};

// The letter by which a mode is known, in records and on the wire.
char letter_of(room_mode mode);
// The mode of a letter, or nothing.
std::optional<room_mode> mode_of(char letter);
// The modes that a new room starts with: +nt.
mode_set modes_of_new_room();

class room {
 public:
  // `number` tells the room from every other one of this run, also from one that had its name before.
  room(std::uint64_t number, std::string_view name, std::int64_t created_ms);
  room(std::uint64_t number, const room_record& record);

  std::uint64_t number() const { return number_; }
  const room_record& kept() const { return kept_; }
  room_record& kept() { return kept_; }
  const std::string& name() const { return kept_.name; }

  bool has(room_mode mode) const { return modes_.has(mode); }
  void set(room_mode mode, bool on);

  // Whether forgetting the room while it is empty would lose anything.
  bool worth_keeping() const;

  // Members stand at places 0 to n-1. Who knows a member's place finds it at once, however large the room is.
  const std::vector<member>& members() const { return members_; }
  member& at(std::size_t place) { return members_[place]; }
  std::size_t add(session_id session, bool as_operator);
  // Takes the member at the place out; the last member moves there. Returns who moved, or nobody.
  session_id remove(std::size_t place);

  // The members as they are now, to be held as long as the caller likes.
  std::shared_ptr<const roster> share_roster() const;

  // Bans changed, or somebody's nick did: what members remember of bans no longer holds.
  void forget_ban_checks() { ++bans_version_; }
  bool bans(const member& one, std::string_view mask) const;
  bool bans(std::string_view mask) const;

 private:
  std::uint64_t number_;
  room_record kept_;
  mode_set modes_;
  std::uint32_t bans_version_ = 1;
  std::vector<member> members_;
  mutable std::shared_ptr<const roster> roster_;  // null: changed since it was last handed out
};

}  // namespace hub::chat
