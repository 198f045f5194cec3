// Users: entering, leaving, names and presence; and looking. Rooms, messages and modes have files of their
// own.
#include <algorithm>
#include <utility>

#include <hub/chat/rules.hpp>
#include <hub/chat/rules_detail.hpp>

namespace hub::chat {

rules::rules(const limits& bounds, std::uint64_t last_message_id)
    : bounds_(bounds), last_message_id_(last_message_id) {}

void rules::restore(const room_record& record) {
  if (!is_room_name(record.name, bounds_.room_name_bytes)) return;
  auto restored = std::make_unique<room>(++last_room_number_, record);
  if (restored->worth_keeping()) rooms_.insert_or_assign(record.name, std::move(restored));
}

void rules::apply(session_id who, const command& what, moment now, std::vector<event>& events) {
  user* asker = who < users_.size() ? users_[who].get() : nullptr;
  if (asker == nullptr) {
    if (const auto* entering = std::get_if<enter>(&what)) enter_user(who, *entering, now, events);
    return;
  }
  std::visit([&](const auto& one) { apply_one(*asker, one, now, events); }, what);
}

void rules::enter_user(session_id session, const enter& what, moment now, events_out events) {
  if (!is_nick(what.nick, bounds_.nick_bytes)) {
    refuse(events, session, refusal::nick_invalid, what.nick);
    return;
  }
  if (by_nick_.contains(what.nick)) {
    refuse(events, session, refusal::nick_in_use, what.nick);
    return;
  }
  if (!is_line_text(what.real_name)) {
    refuse(events, session, refusal::real_name_invalid, what.real_name);
    return;
  }
  auto fresh = std::make_unique<user>();
  fresh->session = session;
  fresh->nick = what.nick;
  fresh->user_name = '~' + clean_user_name(what.user, bounds_.user_bytes - 1);
  fresh->host = what.host;
  fresh->real_name = cut(what.real_name, bounds_.real_name_bytes);
  fresh->entered_at = fresh->spoke_at = now;
  if (users_.size() <= session) users_.resize(session + std::size_t{1});
  by_nick_.emplace(fresh->nick, session);
  events.push_back({.to = only(session), .what = entered{fresh->nick}});
  users_[session] = std::move(fresh);
  most_users_ = std::max(most_users_, by_nick_.size());
}

void rules::apply_one(user& who, const enter& what, moment, events_out events) {
  refuse(events, who.session, refusal::already_entered, what.nick);
}

void rules::apply_one(user& who, const leave& what, moment now, events_out events) {
  if (!who.rooms.empty())
    events.push_back({.to = peers(who, false),
                      .what = left{.source = who.mask(),
                                   .reason = std::string(cut(what.reason, bounds_.kick_bytes)),
                                   .places = log_places(who)}});
  remember_departed(who, now);
  while (!who.rooms.empty())
    take_out(who, *who.rooms.back().in);
  if (who.invisible) --invisible_count_;
  by_nick_.erase(by_nick_.find(who.nick));
  users_[who.session].reset();
}

void rules::apply_one(user& who, const change_nick& what, moment now, events_out events) {
  if (!is_nick(what.nick, bounds_.nick_bytes)) {
    refuse(events, who.session, refusal::nick_invalid, what.nick);
    return;
  }
  if (what.nick == who.nick) return;
  const bool only_case = same_name(what.nick, who.nick);
  if (!only_case && by_nick_.contains(what.nick)) {
    refuse(events, who.session, refusal::nick_in_use, what.nick);
    return;
  }
  std::string source = who.mask();
  if (!only_case) remember_departed(who, now);
  by_nick_.erase(by_nick_.find(who.nick));
  who.nick = what.nick;
  by_nick_.emplace(who.nick, who.session);
  for (const user::standing& standing : who.rooms)
    standing.in->at(standing.place).bans_seen = 0;
  events.push_back(
      {.to = peers(who, true),
       .what = nick_changed{.source = std::move(source), .nick = who.nick, .places = log_places(who)}});
}

void rules::apply_one(user& who, const change_real_name& what, moment, events_out events) {
  if (what.real_name.empty() || what.real_name.size() > bounds_.real_name_bytes ||
      !is_line_text(what.real_name)) {
    refuse(events, who.session, refusal::real_name_invalid, what.real_name);
    return;
  }
  who.real_name = what.real_name;
  events.push_back(
      {.to = peers(who, true), .what = real_name_changed{.source = who.mask(), .real_name = who.real_name}});
}

void rules::apply_one(user& who, const set_away& what, moment, events_out events) {
  if (!is_line_text(what.text)) {
    refuse(events, who.session, refusal::text_invalid);
    return;
  }
  const std::string_view text = cut(what.text, bounds_.away_bytes);
  const bool changed = text != who.away;
  who.away = text;
  events.push_back({.to = only(who.session), .what = away_changed{.away = !who.away.empty()}});
  if (!changed) return;
  audience others = peers(who, false);
  if (!others.many->empty())
    events.push_back(
        {.to = std::move(others), .what = peers_away_changed{.source = who.mask(), .text = who.away}});
}

void rules::apply_one(user& who, const set_invisible& what, moment, events_out events) {
  if (who.invisible == what.on) return;
  who.invisible = what.on;
  what.on ? ++invisible_count_ : --invisible_count_;
  events.push_back({.to = only(who.session), .what = invisible_changed{.nick = who.nick, .on = what.on}});
}

const user* rules::find(session_id session) const {
  return session < users_.size() ? users_[session].get() : nullptr;
}

const user* rules::find_nick(std::string_view nick) const {
  const auto found = by_nick_.find(nick);
  return found == by_nick_.end() ? nullptr : users_[found->second].get();
}

const room* rules::find_room(std::string_view name) const {
  const auto found = rooms_.find(name);
  return found == rooms_.end() ? nullptr : found->second.get();
}

bool rules::sees(const user& viewer, const room& what) {
  return !what.has(room_mode::secret) || viewer.in(what) != nullptr;
}

bool rules::sees(const user& viewer, const user& whom) {
  if (!whom.invisible || viewer.session == whom.session) return true;
  return std::ranges::any_of(viewer.rooms,
                             [&](const user::standing& one) { return whom.in(*one.in) != nullptr; });
}

std::vector<log_place> rules::log_places(const user& who) {
  std::vector<log_place> places;
  places.reserve(who.rooms.size());
  for (const user::standing& one : who.rooms)
    places.push_back({.id = ++last_message_id_, .room = one.in->name()});
  return places;
}

void rules::remember_departed(const user& who, moment now) {
  if (bounds_.departed_users == 0) return;
  if (departed_.size() >= bounds_.departed_users) departed_.pop_back();
  departed_.push_front({.nick = who.nick,
                        .user_name = who.user_name,
                        .host = who.host,
                        .real_name = who.real_name,
                        .at = now});
}

audience rules::peers(const user& who, bool with_self) {
  audience to;
  // Most users are in one room: its own roster will do.
  if (who.rooms.size() == 1) {
    to.many = who.rooms.front().in->share_roster();
    if (!with_self) to.except = who.session;
    return to;
  }
  if (++naming_round_ == 0) {
    std::ranges::fill(named_in_, 0U);
    naming_round_ = 1;
  }
  named_in_.resize(std::max(named_in_.size(), users_.size()), 0);
  roster named;
  named_in_[who.session] = naming_round_;
  if (with_self) named.push_back(who.session);
  for (const user::standing& standing : who.rooms) {
    for (const member& one : standing.in->members()) {
      if (std::exchange(named_in_[one.session], naming_round_) != naming_round_) named.push_back(one.session);
    }
  }
  to.many = std::make_shared<const roster>(std::move(named));
  return to;
}

}  // namespace hub::chat
