// Messages: who may speak where, and what becomes of what was said.
#include <utility>

#include <hub/chat/rules.hpp>
#include <hub/chat/rules_detail.hpp>

namespace hub::chat {
namespace {

// Client-to-client requests and answers are for the moment only: a stored VERSION request, replayed to
// everyone who joins, would make all of them answer. ACTION ("/me") is the one that people mean to be read
// later.
bool is_for_the_moment(const say& what) {
  if (what.kind == message_kind::tags) return true;
  const std::string_view text = what.text;
  return text.starts_with('\x01') && !text.starts_with(
                                         "\x01"
                                         "ACTION ");
}

}  // namespace

std::expected<void, refusal> rules::may_speak(const user& who, const room& in, std::string_view mask) const {
  const user::standing* standing = who.in(in);
  if (standing == nullptr) {
    if (!sees(who, in)) return std::unexpected(refusal::no_such_room);
    if (in.has(room_mode::no_outside_messages)) return std::unexpected(refusal::outside_messages);
    if (in.has(room_mode::moderated)) return std::unexpected(refusal::moderated);
    if (in.bans(mask)) return std::unexpected(refusal::banned_from_speaking);
    return {};
  }
  const member& one = in.members()[standing->place];
  if (one.is_operator || one.has_voice) return {};
  if (in.has(room_mode::moderated)) return std::unexpected(refusal::moderated);
  if (in.bans(one, mask)) return std::unexpected(refusal::banned_from_speaking);
  return {};
}

void rules::apply_one(user& who, const say& what, moment now, events_out events) {
  // A notice is never answered, not even with an error: two programs that talk in notices cannot loop.
  // Nor are tags: whoever types does not want to read that nobody sees it.
  const bool answers = what.kind == message_kind::text;
  const auto refuse_if_answering = [&](refusal why, std::string_view subject) {
    if (answers) refuse(events, who.session, why, subject);
  };
  const bool is_empty = what.kind == message_kind::tags ? what.tags.empty() : what.text.empty();
  if (is_empty) return refuse_if_answering(refusal::no_text, what.target);
  if (what.text.size() > bounds_.message_bytes || !is_line_text(what.text))
    return refuse_if_answering(refusal::text_invalid, what.target);
  if (what.kind != message_kind::tags) who.spoke_at = now;
  if (what.target.starts_with('#')) {
    const auto found = rooms_.find(what.target);
    if (found == rooms_.end()) return refuse_if_answering(refusal::no_such_room, what.target);
    return say_in_room(who, *found->second, what, now, events);
  }
  const user* to = find_nick(what.target);
  if (to == nullptr) return refuse_if_answering(refusal::no_such_nick, what.target);
  say_in_private(who, *to, what, now, events);
}

void rules::say_in_room(user& who, room& in, const say& what, moment now, events_out events) {
  std::string source = who.mask();
  if (const auto allowed = may_speak(who, in, source); !allowed) {
    if (what.kind == message_kind::text) refuse(events, who.session, allowed.error(), in.name());
    return;
  }
  const bool kept = !is_for_the_moment(what);
  events.push_back({.to = all_in(in, who.session),
                    .what = message_sent{.said = make_message(what, std::move(source), in.name(), now, kept),
                                         .sender = who.session,
                                         .kept = kept}});
}

void rules::say_in_private(const user& who, const user& to, const say& what, moment now, events_out events) {
  const bool kept = !is_for_the_moment(what);
  events.push_back(
      {.to = only(to.session),
       .what = message_sent{
           .said = make_message(what, who.mask(), to.nick, now, kept), .sender = who.session, .kept = kept}});
  if (!to.away.empty() && what.kind == message_kind::text)
    events.push_back({.to = only(who.session), .what = receiver_away{.nick = to.nick, .text = to.away}});
}

message rules::make_message(const say& what, std::string source, std::string_view target, moment now,
                            bool kept) {
  return {.id = kept ? ++last_message_id_ : 0,
          .time_ms = now.time_since_epoch().count(),
          .kind = what.kind,
          .source = std::move(source),
          .target = std::string(target),
          .tags = std::string(what.tags),
          .text = std::string(what.kind == message_kind::tags ? std::string_view() : what.text)};
}

std::expected<void, refusal> rules::announce(std::string_view room_name, std::string_view source,
                                             std::string_view text, moment now, std::vector<event>& events) {
  if (!is_room_name(room_name, bounds_.room_name_bytes)) return std::unexpected(refusal::room_name_invalid);
  if (text.empty()) return std::unexpected(refusal::no_text);
  if (text.size() > bounds_.message_bytes || !is_line_text(text) || !is_line_text(source))
    return std::unexpected(refusal::text_invalid);
  const room* in = find_room(room_name);
  // Without members nobody is told, but whoever joins later finds the message in the history.
  audience to = in == nullptr ? audience{.many = std::make_shared<const roster>()} : all_in(*in);
  const std::string_view target = in == nullptr ? room_name : std::string_view(in->name());
  events.push_back({.to = std::move(to),
                    .what = message_sent{.said = make_message({.target = target, .text = text},
                                                              std::string(source), target, now, true)}});
  return {};
}

}  // namespace hub::chat
