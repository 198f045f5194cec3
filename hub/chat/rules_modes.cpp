// Modes of rooms: ranks, bans, key, limit and flags.
#include <charconv>
#include <utility>

#include <hub/chat/mask.hpp>
#include <hub/chat/rules.hpp>
#include <hub/chat/rules_detail.hpp>

namespace hub::chat {
namespace {

constexpr std::uint32_t most_members_limit = 1'000'000;

// A key must survive being typed in a comma-separated list and being shown as a middle parameter.
bool is_key(std::string_view text, std::size_t limit_bytes) {
  if (text.empty() || text.size() > limit_bytes || text.starts_with(':') || !is_utf8(text)) return false;
  while (!text.empty()) {
    const code_point next = first_code_point(text);
    if (is_unseen(next.value) || text[0] == ' ' || text[0] == ',') return false;
    text.remove_prefix(next.bytes);
  }
  return true;
}

bool is_rank(room_mode mode) {
  return mode == room_mode::operator_rank || mode == room_mode::voice_rank;
}

bool takes_parameter(const mode_change& change) {
  switch (change.mode) {
    case room_mode::operator_rank:
    case room_mode::voice_rank:
    case room_mode::ban:
    case room_mode::key:
      return true;
    case room_mode::limit:
      return change.add;
    case room_mode::invite_only:
    case room_mode::moderated:
    case room_mode::no_outside_messages:
    case room_mode::secret:
    case room_mode::topic_locked:
      return false;
  }
  return false;
}

}  // namespace

void rules::apply_one(user& who, const change_modes& what, moment now, events_out events) {
  if (what.changes.empty()) return;
  const auto found = rooms_.find(what.room);
  if (found == rooms_.end() || !sees(who, *found->second)) {
    refuse(events, who.session, refusal::no_such_room, what.room);
    return;
  }
  room& in = *found->second;
  if (!is_operator(who, in)) {
    refuse(events, who.session, refusal::not_operator, in.name());
    return;
  }
  std::vector<applied_mode> applied;
  std::size_t parameters = 0;
  for (const mode_change& change : what.changes) {
    if (takes_parameter(change) && ++parameters > bounds_.modes_per_change) continue;
    change_mode(who, in, change, now, applied, events);
  }
  if (applied.empty()) return;
  const bool changes_record =
      std::ranges::any_of(applied, [](const applied_mode& one) { return !is_rank(one.mode); });
  if (changes_record) record(events, in);
  events.push_back({.to = all_in(in),
                    .what = modes_changed{.source = who.mask(),
                                          .room = in.name(),
                                          .changes = std::move(applied),
                                          .id = ++last_message_id_}});
}

void rules::change_mode(const user& who, room& in, const mode_change& change, moment now,
                        std::vector<applied_mode>& applied, events_out events) {
  switch (change.mode) {
    case room_mode::operator_rank:
    case room_mode::voice_rank:
      return change_rank(who, in, change, applied, events);
    case room_mode::ban:
      return change_ban(who, in, change, now, applied, events);
    case room_mode::key:
      return change_key(who, in, change, applied, events);
    case room_mode::limit:
      return change_limit(who, in, change, applied, events);
    case room_mode::invite_only:
    case room_mode::moderated:
    case room_mode::no_outside_messages:
    case room_mode::secret:
    case room_mode::topic_locked:
      if (in.has(change.mode) == change.add) return;
      in.set(change.mode, change.add);
      applied.push_back({.add = change.add, .mode = change.mode, .parameter = {}});
  }
}

void rules::change_rank(const user& who, room& in, const mode_change& change,
                        std::vector<applied_mode>& applied, events_out events) {
  const user* whom = find_nick(change.parameter);
  if (whom == nullptr) {
    refuse(events, who.session, refusal::no_such_nick, change.parameter);
    return;
  }
  const user::standing* standing = whom->in(in);
  if (standing == nullptr) {
    refuse(events, who.session, refusal::not_member, whom->nick, in.name());
    return;
  }
  member& one = in.at(standing->place);
  bool& rank = change.mode == room_mode::operator_rank ? one.is_operator : one.has_voice;
  if (std::exchange(rank, change.add) == change.add) return;
  applied.push_back({.add = change.add, .mode = change.mode, .parameter = whom->nick});
}

void rules::change_ban(const user& who, room& in, const mode_change& change, moment now,
                       std::vector<applied_mode>& applied, events_out events) {
  auto mask = full_mask(change.parameter, bounds_.mask_bytes);
  if (!mask) {
    refuse(events, who.session, refusal::mode_parameter, in.name(), change.parameter, change.mode);
    return;
  }
  std::vector<ban>& bans = in.kept().bans;
  const auto found = std::ranges::find_if(bans, [&](const ban& one) { return same_name(one.mask, *mask); });
  if ((found != bans.end()) == change.add) return;
  if (!change.add) {
    *mask = found->mask;
    bans.erase(found);
  } else if (bans.size() >= bounds_.bans_per_room) {
    refuse(events, who.session, refusal::ban_list_full, in.name(), *mask);
    return;
  } else {
    bans.push_back({.mask = *mask, .setter = who.mask(), .time_ms = now.time_since_epoch().count()});
  }
  in.forget_ban_checks();
  applied.push_back({.add = change.add, .mode = room_mode::ban, .parameter = std::move(*mask)});
}

void rules::change_key(const user& who, room& in, const mode_change& change,
                       std::vector<applied_mode>& applied, events_out events) {
  std::string& key = in.kept().key;
  if (!change.add) {
    if (!key.empty())
      applied.push_back({.add = false, .mode = room_mode::key, .parameter = std::exchange(key, {})});
    return;
  }
  if (!is_key(change.parameter, bounds_.key_bytes)) {
    refuse(events, who.session, refusal::mode_parameter, in.name(), change.parameter, change.mode);
    return;
  }
  if (key == change.parameter) return;
  key = change.parameter;
  applied.push_back({.add = true, .mode = room_mode::key, .parameter = key});
}

void rules::change_limit(const user& who, room& in, const mode_change& change,
                         std::vector<applied_mode>& applied, events_out events) {
  std::uint32_t& limit = in.kept().limit;
  if (!change.add) {
    if (std::exchange(limit, 0) != 0)
      applied.push_back({.add = false, .mode = room_mode::limit, .parameter = {}});
    return;
  }
  std::uint32_t wanted = 0;
  const char* const end = change.parameter.data() + change.parameter.size();
  const auto [stop, fault] = std::from_chars(change.parameter.data(), end, wanted);
  if (fault != std::errc{} || stop != end || wanted == 0 || wanted > most_members_limit) {
    refuse(events, who.session, refusal::mode_parameter, in.name(), change.parameter, change.mode);
    return;
  }
  if (std::exchange(limit, wanted) == wanted) return;
  applied.push_back({.add = true, .mode = room_mode::limit, .parameter = std::to_string(wanted)});
}

}  // namespace hub::chat
