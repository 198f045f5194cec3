// The rules of the chat: users, rooms, ranks, modes and messages.
//
// A pure state machine. Commands go in, events come out; the same commands at the same moments give the same
// events in the same order. It does no I/O, reads no clock and takes no locks: one owner calls it. Commands
// change the state, the looking functions never do, and references that they return hold until the next
// command.
//
// Rooms outlive their members if something of them is worth keeping (topic, modes, key, limit, bans); each
// change is given out as a `room_changed` record, and records are given back by `restore` at start. While
// nobody is in a room, its key and bans still hold, and whoever comes first becomes its operator. An
// invite-only room cannot ask anyone to invite that first comer, so it lets them in, but what was said before
// stays hidden from then on: otherwise waiting for a private room to empty would be a way to read it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <hub/chat/command.hpp>
#include <hub/chat/event.hpp>
#include <hub/chat/limits.hpp>
#include <hub/chat/room.hpp>
#include <hub/chat/text.hpp>
#include <hub/chat/user.hpp>

namespace hub::chat {

class rules {
 public:
  // The first message or event of a room gets the id after last_message_id.
  explicit rules(const limits& bounds, std::uint64_t last_message_id = 0);
  rules(const rules&) = delete;
  rules& operator=(const rules&) = delete;

  // Takes back what an earlier run kept of a room. Ignores a record whose name is no room name (it may come
  // from an older, laxer version), and one with nothing worth keeping.
  void restore(const room_record& record);

  // Carries out a command of `who` and appends what happened to `events`, in the order in which it is to be
  // told. Every command but `enter` of a session that has not entered is ignored, so a late one does no harm.
  void apply(session_id who, const command& what, moment now, std::vector<event>& events);

  // Puts a message into a room as if `source` ("nick!user@host") had said it. The room need not have members.
  // Refuses an invalid room name (room_name_invalid) and text (no_text, text_invalid).
  std::expected<void, refusal> announce(std::string_view room, std::string_view source, std::string_view text,
                                        moment now, std::vector<event>& events);

  const limits& bounds() const { return bounds_; }
  std::size_t user_count() const { return by_nick_.size(); }
  std::size_t most_users() const { return most_users_; }
  std::size_t invisible_count() const { return invisible_count_; }
  std::size_t room_count() const { return rooms_.size(); }
  std::uint64_t last_message_id() const { return last_message_id_; }

  const user* find(session_id session) const;
  const user* find_nick(std::string_view nick) const;
  const room* find_room(std::string_view name) const;
  const name_map<std::unique_ptr<room>>& rooms() const { return rooms_; }
  const name_map<session_id>& nicks() const { return by_nick_; }
  // Users who left or changed nick, the latest first.
  const std::deque<departed_user>& departed() const { return departed_; }

  // Secret rooms are seen only from inside; invisible users only by those who share a room with them.
  static bool sees(const user& viewer, const room& what);
  static bool sees(const user& viewer, const user& whom);

 private:
  using events_out = std::vector<event>&;

  void apply_one(user& who, const leave& what, moment now, events_out events);
  void apply_one(user& who, const change_nick& what, moment now, events_out events);
  void apply_one(user& who, const change_real_name& what, moment now, events_out events);
  void apply_one(user& who, const set_away& what, moment now, events_out events);
  void apply_one(user& who, const set_invisible& what, moment now, events_out events);
  void apply_one(user& who, const join& what, moment now, events_out events);
  void apply_one(user& who, const part& what, moment now, events_out events);
  void apply_one(user& who, const part_all& what, moment now, events_out events);
  void apply_one(user& who, const say& what, moment now, events_out events);
  void apply_one(user& who, const set_topic& what, moment now, events_out events);
  void apply_one(user& who, const kick& what, moment now, events_out events);
  void apply_one(user& who, const invite& what, moment now, events_out events);
  void apply_one(user& who, const change_modes& what, moment now, events_out events);
  void apply_one(user& who, const enter& what, moment now, events_out events);
  void enter_user(session_id session, const enter& what, moment now, events_out events);

  // Why the user may not come into the room, or nothing.
  std::expected<void, refusal> may_join(const user& who, const room& in, std::string_view key) const;
  // Why the user may not speak in the room, or nothing. `mask` is the user's.
  std::expected<void, refusal> may_speak(const user& who, const room& in, std::string_view mask) const;
  void say_in_room(user& who, room& in, const say& what, moment now, events_out events);
  void say_in_private(const user& who, const user& to, const say& what, moment now, events_out events);
  message make_message(const say& what, std::string source, std::string_view target, moment now, bool kept);

  // Carries out one mode change; what was really changed is appended to `applied`.
  void change_mode(const user& who, room& in, const mode_change& change, moment now,
                   std::vector<applied_mode>& applied, events_out events);
  void change_rank(const user& who, room& in, const mode_change& change, std::vector<applied_mode>& applied,
                   events_out events);
  void change_ban(const user& who, room& in, const mode_change& change, moment now,
                  std::vector<applied_mode>& applied, events_out events);
  void change_key(const user& who, room& in, const mode_change& change, std::vector<applied_mode>& applied,
                  events_out events);
  void change_limit(const user& who, room& in, const mode_change& change, std::vector<applied_mode>& applied,
                    events_out events);

  // The room of that name if the user is in it; otherwise says why not and returns null.
  room* room_of_member(const user& who, std::string_view name, events_out events);
  bool is_operator(const user& who, const room& in) const;
  void take_out(user& who, room& from);
  // A new place in the log of each of the user's rooms.
  std::vector<log_place> log_places(const user& who);
  void remember_departed(const user& who, moment now);
  // All who share a room with the user, once each; with the user too if asked.
  audience peers(const user& who, bool with_self);

  limits bounds_;
  std::uint64_t last_message_id_;
  std::vector<std::unique_ptr<user>> users_;  // by session; null: free
  name_map<session_id> by_nick_;
  name_map<std::unique_ptr<room>> rooms_;
  std::uint64_t last_room_number_ = 0;
  std::deque<departed_user> departed_;
  std::size_t invisible_count_ = 0;
  std::size_t most_users_ = 0;
  // Scratch of peers(): the round in which each session was last named.
  std::vector<std::uint32_t> named_in_;
  std::uint32_t naming_round_ = 0;
};

}  // namespace hub::chat
