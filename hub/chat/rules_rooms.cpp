// Rooms: coming, going, inviting, kicking and topics.
#include <utility>

#include <hub/chat/rules.hpp>
#include <hub/chat/rules_detail.hpp>

namespace hub::chat {

std::expected<void, refusal> rules::may_join(const user& who, const room& in, std::string_view key) const {
  const bool is_invited = std::ranges::find(who.invitations, in.number()) != who.invitations.end();
  const room_record& kept = in.kept();
  if (!kept.key.empty() && key != kept.key) return std::unexpected(refusal::wrong_key);
  if (in.bans(who.mask()) && !is_invited) return std::unexpected(refusal::banned);
  if (in.members().empty()) return {};
  if (kept.limit != 0 && in.members().size() >= kept.limit) return std::unexpected(refusal::room_is_full);
  if (in.has(room_mode::invite_only) && !is_invited) return std::unexpected(refusal::invite_only);
  return {};
}

void rules::apply_one(user& who, const join& what, moment now, events_out events) {
  if (!is_room_name(what.room, bounds_.room_name_bytes)) {
    refuse(events, who.session, refusal::room_name_invalid, what.room);
    return;
  }
  auto found = rooms_.find(what.room);
  if (found != rooms_.end() && who.in(*found->second) != nullptr) return;
  if (who.rooms.size() >= bounds_.rooms_per_user) {
    refuse(events, who.session, refusal::too_many_rooms, what.room);
    return;
  }
  if (found == rooms_.end()) {
    if (rooms_.size() >= bounds_.rooms) {
      refuse(events, who.session, refusal::server_full_of_rooms, what.room);
      return;
    }
    auto fresh = std::make_unique<room>(++last_room_number_, what.room, now.time_since_epoch().count());
    found = rooms_.emplace(fresh->name(), std::move(fresh)).first;
  } else if (const auto allowed = may_join(who, *found->second, what.key); !allowed) {
    refuse(events, who.session, allowed.error(), found->second->name());
    return;
  }
  room& in = *found->second;
  const bool first = in.members().empty();
  const bool is_invited = std::erase(who.invitations, in.number()) != 0;
  who.rooms.push_back({.in = &in, .place = in.add(who.session, first)});
  if (first && in.has(room_mode::invite_only) && in.kept().key.empty() && !is_invited) {
    in.kept().history_from_ms = now.time_since_epoch().count();
    record(events, in);
  }
  events.push_back({.to = all_in(in),
                    .what = joined{.who = who.session,
                                   .source = who.mask(),
                                   .room = in.name(),
                                   .real_name = who.real_name,
                                   .id = ++last_message_id_}});
  events.push_back({.to = only(who.session),
                    .what = room_entered{.room = in.name(), .history_from_ms = in.kept().history_from_ms}});
}

void rules::apply_one(user& who, const part& what, moment, events_out events) {
  room* from = room_of_member(who, what.room, events);
  if (from == nullptr) return;
  if (!is_line_text(what.reason)) {
    refuse(events, who.session, refusal::text_invalid);
    return;
  }
  events.push_back({.to = all_in(*from),
                    .what = parted{.source = who.mask(),
                                   .room = from->name(),
                                   .reason = std::string(cut(what.reason, bounds_.kick_bytes)),
                                   .id = ++last_message_id_}});
  take_out(who, *from);
}

void rules::apply_one(user& who, const part_all&, moment, events_out events) {
  while (!who.rooms.empty()) {
    room& from = *who.rooms.front().in;
    events.push_back(
        {.to = all_in(from),
         .what = parted{.source = who.mask(), .room = from.name(), .reason = {}, .id = ++last_message_id_}});
    take_out(who, from);
  }
}

void rules::apply_one(user& who, const set_topic& what, moment now, events_out events) {
  room* in = room_of_member(who, what.room, events);
  if (in == nullptr) return;
  if (in->has(room_mode::topic_locked) && !is_operator(who, *in)) {
    refuse(events, who.session, refusal::not_operator, in->name());
    return;
  }
  if (!is_line_text(what.topic)) {
    refuse(events, who.session, refusal::text_invalid);
    return;
  }
  room_record& kept = in->kept();
  kept.topic = cut(what.topic, bounds_.topic_bytes);
  kept.topic_setter = who.mask();
  kept.topic_time_ms = now.time_since_epoch().count();
  record(events, *in);
  events.push_back(
      {.to = all_in(*in),
       .what = topic_changed{
           .source = kept.topic_setter, .room = kept.name, .topic = kept.topic, .id = ++last_message_id_}});
}

void rules::apply_one(user& who, const kick& what, moment, events_out events) {
  room* from = room_of_member(who, what.room, events);
  if (from == nullptr) return;
  if (!is_operator(who, *from)) {
    refuse(events, who.session, refusal::not_operator, from->name());
    return;
  }
  const auto found = by_nick_.find(what.nick);
  if (found == by_nick_.end()) {
    refuse(events, who.session, refusal::no_such_nick, what.nick);
    return;
  }
  user& whom = *users_[found->second];
  if (whom.in(*from) == nullptr) {
    refuse(events, who.session, refusal::not_member, whom.nick, from->name());
    return;
  }
  if (!is_line_text(what.reason)) {
    refuse(events, who.session, refusal::text_invalid);
    return;
  }
  const std::string_view reason = what.reason.empty() ? std::string_view(who.nick) : what.reason;
  events.push_back({.to = all_in(*from),
                    .what = kicked{.source = who.mask(),
                                   .room = from->name(),
                                   .nick = whom.nick,
                                   .reason = std::string(cut(reason, bounds_.kick_bytes)),
                                   .id = ++last_message_id_}});
  take_out(whom, *from);
}

void rules::apply_one(user& who, const invite& what, moment, events_out events) {
  const auto found = by_nick_.find(what.nick);
  if (found == by_nick_.end()) {
    refuse(events, who.session, refusal::no_such_nick, what.nick);
    return;
  }
  room* to = room_of_member(who, what.room, events);
  if (to == nullptr) return;
  user& whom = *users_[found->second];
  if (whom.in(*to) != nullptr) {
    refuse(events, who.session, refusal::already_member, whom.nick, to->name());
    return;
  }
  const bool may_lift = is_operator(who, *to);
  if (to->has(room_mode::invite_only) && !may_lift) {
    refuse(events, who.session, refusal::not_operator, to->name());
    return;
  }
  // Only an operator's invitation opens doors; a member's is a message.
  if (may_lift && bounds_.invitations_per_user != 0 &&
      std::ranges::find(whom.invitations, to->number()) == whom.invitations.end()) {
    if (whom.invitations.size() >= bounds_.invitations_per_user)
      whom.invitations.erase(whom.invitations.begin());
    whom.invitations.push_back(to->number());
  }
  events.push_back({.to = only(who.session), .what = inviting{.nick = whom.nick, .room = to->name()}});
  events.push_back({.to = only(whom.session),
                    .what = invited{.source = who.mask(), .nick = whom.nick, .room = to->name()}});
  events.push_back({.to = all_in(*to, who.session),
                    .what = peers_invited{.source = who.mask(), .nick = whom.nick, .room = to->name()}});
}

room* rules::room_of_member(const user& who, std::string_view name, events_out events) {
  const auto found = rooms_.find(name);
  if (found == rooms_.end() || (who.in(*found->second) == nullptr && !sees(who, *found->second))) {
    refuse(events, who.session, refusal::no_such_room, name);
    return nullptr;
  }
  if (who.in(*found->second) == nullptr) {
    refuse(events, who.session, refusal::not_in_room, found->second->name());
    return nullptr;
  }
  return found->second.get();
}

bool rules::is_operator(const user& who, const room& in) const {
  const user::standing* standing = who.in(in);
  return standing != nullptr && in.members()[standing->place].is_operator;
}

void rules::take_out(user& who, room& from) {
  const auto standing = std::ranges::find(who.rooms, &from, &user::standing::in);
  const std::size_t place = standing->place;
  who.rooms.erase(standing);
  if (const session_id moved = from.remove(place); moved != nobody) {
    std::ranges::find(users_[moved]->rooms, &from, &user::standing::in)->place = place;
  }
  if (from.members().empty() && !from.worth_keeping()) rooms_.erase(rooms_.find(from.name()));
}

}  // namespace hub::chat
