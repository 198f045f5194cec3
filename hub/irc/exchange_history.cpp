// The history, and what of it is read.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <hub/irc/exchange.hpp>

namespace hub::irc {

// Who is not in a room may not know what was said there, and who is nobody's has no private messages.
void exchange::on_chathistory(client& from, const request& asked) {
  constexpr std::string_view verb = "CHATHISTORY";
  auto parsed = parse_history_request(asked, settings_.history_lines);
  if (!parsed) {
    const history_fault& fault = parsed.error();
    if (fault.context.empty())
      fail(from, {verb, fault.code, asked[0]}, fault.text);
    else if (fault.code == "UNKNOWN_COMMAND")
      fail(from, {verb, fault.code, fault.context}, fault.text);
    else
      fail(from, {verb, fault.code, asked[0], fault.context}, fault.text);
    return;
  }
  const chat::user& viewer = user_of(from);
  std::vector<room_part> rooms;
  const auto add_room = [&](const chat::room& one) {
    rooms.push_back({.room = one.name(), .from_ms = one.kept().history_from_ms});
  };
  if (parsed->which == history_part::targets) {
    for (const chat::user::standing& one : viewer.rooms)
      add_room(*one.in);
  } else if (parsed->target.starts_with('#')) {
    const chat::room* where = rules_.find_room(parsed->target);
    if (where == nullptr || viewer.in(*where) == nullptr)
      return fail(from, {verb, "INVALID_TARGET", name_of(parsed->which), parsed->target},
                  "You're not on that channel");
    add_room(*where);
  } else if (from.owner.empty() || !chat::is_nick(parsed->target, rules_.bounds().nick_bytes)) {
    return fail(from, {verb, "INVALID_TARGET", name_of(parsed->which), parsed->target},
                "No private messages are kept for you under that nick");
  }
  add(show_history{.to = from.session,
                   .label = {},
                   .asked = *std::move(parsed),
                   .owner = from.owner,
                   .last_id = rules_.last_message_id(),
                   .of = std::move(rooms),
                   .receiver_offers = from.offers,
                   .now = now_});
}

void exchange::on_markread(client& from, const request& asked) {
  constexpr std::string_view verb = "MARKREAD";
  const std::string_view target = asked[0];
  if (target.empty()) return fail(from, verb, "NEED_MORE_PARAMS", "Missing parameters");
  const bool is_target = target.starts_with('#') ? chat::is_room_name(target, rules_.bounds().room_name_bytes)
                                                 : chat::is_nick(target, rules_.bounds().nick_bytes);
  if (!is_target) return fail(from, {verb, "INVALID_PARAMS", target}, "That is no channel and no nick");
  if (asked.count < 2) return show_read_mark(from, target);
  constexpr std::string_view prefix = "timestamp=";
  const auto asked_for =
      asked[1].starts_with(prefix) ? parse_timestamp(asked[1].substr(prefix.size())) : std::nullopt;
  if (!asked_for)
    return fail(from, {verb, "INVALID_PARAMS", target, asked[1]},
                "A timestamp is as timestamp=2026-11-21T10:14:00.000Z");
  reader& mine = reader_of(from);
  const auto found = mine.marks.find(target);
  const chat::moment until = std::min(*asked_for, now_);
  if (found != mine.marks.end() && found->second >= until) return show_read_mark(from, target);
  if (found == mine.marks.end() && mine.marks.size() >= settings_.read_marks) forget_oldest_mark(from, mine);
  mine.marks.insert_or_assign(std::string(target), until);
  if (!from.owner.empty())
    add(keep_read_mark{.owner = from.owner, .target = std::string(target), .until = until});
  show_read_mark(from, target);
  for (const chat::session_id one : mine.connections) {
    const client& other = *find(one);
    if (&other != &from && !other.registering && !other.closing && other.offers.has(capability::read_marker))
      show_read_mark(other, target);
  }
}

// What was read last is what somebody may still read on.
void exchange::forget_oldest_mark(const client& from, reader& mine) {
  const auto oldest = std::ranges::min_element(mine.marks, {}, [](const auto& one) { return one.second; });
  if (!from.owner.empty()) add(keep_read_mark{.owner = from.owner, .target = oldest->first, .until = {}});
  mine.marks.erase(oldest);
}

void exchange::show_read_mark(const client& to, std::string_view target) {
  const reader& mine = reader_of(to);
  const auto found = mine.marks.find(target);
  const std::string until =
      found == mine.marks.end() ? "*" : fmt::format("timestamp={}", timestamp(found->second));
  append_line(gather(to), settings_.server_name, "MARKREAD", {target, until});
}

// A stranger's is its own, and no owner's name has a space in it.
std::string exchange::reader_name(const client& who) {
  return who.owner.empty() ? fmt::format("session {}", who.session) : who.owner;
}

std::string exchange::nick_in_room(const std::string& owner, std::string_view room) const {
  const chat::room* where = rules_.find_room(room);
  const auto mine = readers_.find(owner);
  if (where == nullptr || mine == readers_.end()) return {};
  for (const chat::session_id one : mine->second.connections)
    if (const chat::user* who = rules_.find(one); who != nullptr && who->in(*where) != nullptr)
      return who->nick;
  return {};
}

void exchange::begin_reading(const client& who, std::span<const read_mark> marks) {
  reader& mine = reader_of(who);
  mine.connections.push_back(who.session);
  for (const read_mark& one : marks) {
    chat::moment& until = mine.marks.try_emplace(one.target).first->second;
    until = std::max(until, one.until);
  }
}

void exchange::end_reading(const client& who) {
  reader& mine = reader_of(who);
  std::erase(mine.connections, who.session);
  if (!mine.connections.empty()) return;
  if (who.owner.empty()) {
    readers_.erase(reader_name(who));
  } else {
    mine.left_at = now_;
    left_readers_.emplace_back(now_, who.owner);
  }
  forget_readers();
}

// Who comes again at once, as with a page that is loaded anew, brings marks from a store that has perhaps not
// been given the last ones yet. So they are remembered for a while.
void exchange::forget_readers() {
  constexpr std::chrono::seconds remembered{60};
  while (!left_readers_.empty()) {
    const auto& [left_at, owner] = left_readers_.front();
    const auto found = readers_.find(owner);
    // It may have come again, and perhaps left once more since: then another entry speaks of it.
    const bool is_gone =
        found != readers_.end() && found->second.connections.empty() && found->second.left_at == left_at;
    const auto gone_for = now_ - left_at;
    if (is_gone && gone_for >= std::chrono::seconds(0) && gone_for < remembered) return;
    if (is_gone) readers_.erase(found);
    left_readers_.pop_front();
  }
}

}  // namespace hub::irc
