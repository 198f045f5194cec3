// Events of the rules as lines to those whom they concern.
#include <fmt/format.h>

#include <utility>

#include <hub/irc/exchange.hpp>

namespace hub::irc {
namespace {

using std::string_view_literals::operator""sv;

std::string line(std::string_view source, std::string_view verb,
                 std::initializer_list<std::string_view> middle) {
  std::string text;
  append_line(text, source, verb, middle);
  return text;
}

std::string line(std::string_view source, std::string_view verb,
                 std::initializer_list<std::string_view> middle, std::string_view trailing) {
  std::string text;
  append_line(text, source, verb, middle, trailing);
  return text;
}

// How a refusal is told: its number, and its text. The subject comes between them, after the detail if that
// is what the number is about.
struct refusal_form {
  numeric code;
  std::string_view text;
};

refusal_form form_of(chat::refusal why) {
  using enum chat::refusal;
  switch (why) {
    case already_entered:
      return {numeric::err_alreadyregistered, "You may not reregister"sv};
    case nick_invalid:
      return {numeric::err_erroneusnickname, "Erroneous nickname"sv};
    case nick_in_use:
      return {numeric::err_nicknameinuse, "Nickname is already in use"sv};
    case no_such_nick:
      return {numeric::err_nosuchnick, "No such nick/channel"sv};
    case no_such_room:
      return {numeric::err_nosuchchannel, "No such channel"sv};
    case room_name_invalid:
      return {numeric::err_badchanmask,
              "Bad channel name: '#' and no spaces, commas, colons or unseen characters"sv};
    case too_many_rooms:
      return {numeric::err_toomanychannels, "You have joined too many channels"sv};
    case server_full_of_rooms:
      return {numeric::err_unavailresource, "The server has as many channels as it may have"sv};
    case room_is_full:
      return {numeric::err_channelisfull, "Cannot join channel (+l)"sv};
    case invite_only:
      return {numeric::err_inviteonlychan, "Cannot join channel (+i)"sv};
    case banned:
      return {numeric::err_bannedfromchan, "Cannot join channel (+b)"sv};
    case wrong_key:
      return {numeric::err_badchannelkey, "Cannot join channel (+k)"sv};
    case not_in_room:
      return {numeric::err_notonchannel, "You're not on that channel"sv};
    case not_member:
      return {numeric::err_usernotinchannel, "They aren't on that channel"sv};
    case already_member:
      return {numeric::err_useronchannel, "is already on channel"sv};
    case not_operator:
      return {numeric::err_chanoprivsneeded, "You're not channel operator"sv};
    case outside_messages:
      return {numeric::err_cannotsendtochan, "Cannot send to channel (+n): you are not on it"sv};
    case moderated:
      return {numeric::err_cannotsendtochan, "Cannot send to channel (+m): you have no voice"sv};
    case banned_from_speaking:
      return {numeric::err_cannotsendtochan, "Cannot send to channel (+b): you are banned"sv};
    case no_text:
      return {numeric::err_notexttosend, "No text to send"sv};
    case ban_list_full:
      return {numeric::err_banlistfull, "Channel ban list is full"sv};
    case mode_parameter:
      return {numeric::err_invalidmodeparam, ""sv};
    case real_name_invalid:
    case text_invalid:
      break;
  }
  return {numeric::err_unknowncommand, "The text is too long or not valid UTF-8"sv};
}

std::string_view explain_parameter(chat::room_mode mode) {
  switch (mode) {
    case chat::room_mode::key:
      return "A key has no spaces, commas or unseen characters, does not start with ':' and is not too long";
    case chat::room_mode::limit:
      return "A limit is a number from 1 to 1000000";
    case chat::room_mode::ban:
      return "A ban is nick!user@host with * and ?, without spaces, and is not too long";
    default:
      return "Invalid parameter";
  }
}

}  // namespace

void exchange::apply(client& from, const chat::command& what) {
  rules_.apply(from.session, what, now_, events_);
  tell_all();
}

void exchange::tell_all() {
  for (chat::event& one : events_)
    std::visit([&](auto& what) { tell(one.to, what); }, one.what);
  events_.clear();
}

chat::message exchange::make_event(chat::message_kind kind, std::uint64_t id, const std::string& source,
                                   const std::string& room, std::string text) const {
  return {.id = id,
          .time_ms = now_.time_since_epoch().count(),
          .kind = kind,
          .source = source,
          .target = room,
          .text = std::move(text)};
}

void exchange::log(chat::message happened) {
  add(keep_message{.said = std::move(happened)});
}

// Who is told of an event that cannot be stored is told without its id, which is then another's later.
void exchange::broadcast_event(const chat::audience& to, const chat::message& happened, capability_set need,
                               capability_set lack) {
  const auto bytes = std::make_shared<const std::string>(tag_ + event_line(happened, need));
  add(deliver{.to = to,
              .need = need,
              .lack = lack,
              .line = {.bytes = bytes, .tag_bytes = time_tag_bytes, .tags = message_tags(happened)},
              .message_id = happened.id,
              .otherwise = bytes});
}

void exchange::log_and_broadcast(const chat::audience& to, chat::message happened) {
  broadcast_event(to, happened);
  log(std::move(happened));
}

void exchange::tell(const chat::audience& to, const chat::entered& what) {
  client& who = *find(to.one);
  who.registering.reset();
  welcome(who);
  add(registered{who.session});
  tell_watchers(numeric::rpl_mononline, what.nick, user_of(who).mask());
}

// One line for all rooms, so it has no id: in each room's log it is another event.
void exchange::tell(const chat::audience& to, const chat::left& what) {
  broadcast(to, line(what.source, "QUIT", {}, what.reason));
  for (const auto& [id, room] : what.places)
    log(make_event(chat::message_kind::quit, id, what.source, room, what.reason));
}

void exchange::tell(const chat::audience& to, const chat::nick_changed& what) {
  broadcast(to, line(what.source, "NICK", {what.nick}));
  for (const auto& [id, room] : what.places)
    log(make_event(chat::message_kind::nick, id, what.source, room, what.nick));
  const std::string before = what.source.substr(0, what.source.find('!'));
  if (chat::same_name(before, what.nick)) return;
  tell_watchers(numeric::rpl_monoffline, before, before);
  if (const chat::user* who = rules_.find_nick(what.nick))
    tell_watchers(numeric::rpl_mononline, who->nick, who->mask());
}

void exchange::tell(const chat::audience& to, const chat::real_name_changed& what) {
  broadcast(to, line(what.source, "SETNAME", {}, what.real_name), capability_set(capability::setname));
}

void exchange::tell(const chat::audience& to, const chat::away_changed& what) {
  const client& who = *find(to.one);
  if (what.away)
    reply(who, numeric::rpl_nowaway, {}, "You have been marked as being away");
  else
    reply(who, numeric::rpl_unaway, {}, "You are no longer marked as being away");
}

void exchange::tell(const chat::audience& to, const chat::peers_away_changed& what) {
  const capability_set need(capability::away_notify);
  if (what.text.empty())
    broadcast(to, line(what.source, "AWAY", {}), need);
  else
    broadcast(to, line(what.source, "AWAY", {}, what.text), need);
}

void exchange::tell(const chat::audience& to, const chat::invisible_changed& what) {
  append_line(gather(*find(to.one)), user_of(*find(to.one)).mask(), "MODE",
              {what.nick, what.on ? "+i" : "-i"});
}

void exchange::tell(const chat::audience& to, const chat::joined& what) {
  chat::message event = make_event(chat::message_kind::join, what.id, what.source, what.room, what.real_name);
  const capability_set extended(capability::extended_join);
  broadcast_event(to, event, {}, extended);
  broadcast_event(to, event, extended);
  log(std::move(event));
  const chat::user* who = rules_.find(what.who);
  if (who == nullptr || who->away.empty()) return;
  // Those who follow who is away were not there when this user went.
  chat::audience others = to;
  others.except = what.who;
  broadcast(others, line(what.source, "AWAY", {}, who->away), capability_set(capability::away_notify));
}

void exchange::tell(const chat::audience& to, const chat::room_entered& what) {
  client& who = *find(to.one);
  const chat::room& where = *rules_.find_room(what.room);
  show_topic(who, where, false);
  if (who.offers.has(capability::read_marker)) show_read_mark(who, where.name());
  show_names(who, where);
  if (who.offers.has(capability::chathistory)) return;  // it asks for what it wants
  add(replay{.to = who.session,
             .room = what.room,
             .from_ms = what.history_from_ms,
             .last_id = rules_.last_message_id(),
             .receiver_offers = who.offers,
             .now = now_});
}

void exchange::tell(const chat::audience& to, const chat::parted& what) {
  log_and_broadcast(to, make_event(chat::message_kind::part, what.id, what.source, what.room, what.reason));
}

void exchange::tell(const chat::audience& to, chat::message_sent& what) {
  std::vector<std::string> lines = message_lines(what.said, tag_);
  std::vector<std::string> tags;
  for (std::size_t index = 0; index < lines.size(); ++index)
    tags.push_back(message_tags(what.said, index));
  const std::uint64_t id = what.said.id;
  const capability_set need = what.said.kind == chat::message_kind::tags
                                  ? capability_set(capability::message_tags)
                                  : capability_set();
  const client* sender = find(what.sender);
  if (what.kept) {
    const client* receiver = find(to.one);  // null: a room
    const bool is_private = receiver != nullptr && sender != nullptr;
    add(keep_message{.said = std::move(what.said),
                     .sender = what.sender,
                     .sender_owner = is_private ? sender->owner : std::string(),
                     .receiver_owner = is_private ? receiver->owner : std::string()});
  }
  const bool echoes = sender != nullptr && sender->offers.has(capability::echo_message);
  for (std::size_t index = 0; index < lines.size(); ++index) {
    const wire_line written{.bytes = std::make_shared<const std::string>(std::move(lines[index])),
                            .tag_bytes = time_tag_bytes,
                            .tags = std::move(tags[index])};
    add(deliver{.to = to,
                .need = need,
                .lack = {},
                .line = written,
                .message_id = id,
                .otherwise = {},
                .is_for_receiver = true});
    if (echoes)
      add(deliver{
          .to = chat::only(what.sender), .need = need, .lack = {}, .line = written, .message_id = id});
  }
}

void exchange::tell(const chat::audience& to, const chat::receiver_away& what) {
  reply(*find(to.one), numeric::rpl_away, {what.nick}, what.text);
}

void exchange::tell(const chat::audience& to, const chat::topic_changed& what) {
  log_and_broadcast(to, make_event(chat::message_kind::topic, what.id, what.source, what.room, what.topic));
}

void exchange::tell(const chat::audience& to, const chat::modes_changed& what) {
  std::string letters;
  std::string parameters;
  char sign = 0;
  for (const chat::applied_mode& one : what.changes) {
    const char wanted = one.add ? '+' : '-';
    if (std::exchange(sign, wanted) != wanted) letters += wanted;
    letters += chat::letter_of(one.mode);
    if (!one.parameter.empty()) append_middle(parameters, one.parameter);
  }
  log_and_broadcast(
      to, make_event(chat::message_kind::mode, what.id, what.source, what.room, letters + parameters));
}

void exchange::tell(const chat::audience& to, const chat::kicked& what) {
  log_and_broadcast(to, make_event(chat::message_kind::kick, what.id, what.source, what.room,
                                   fmt::format("{} {}", what.nick, what.reason)));
}

void exchange::tell(const chat::audience& to, const chat::inviting& what) {
  const client& who = *find(to.one);
  reply(who, numeric::rpl_inviting, {what.nick, what.room});
  if (const chat::user* whom = rules_.find_nick(what.nick); whom != nullptr && !whom->away.empty())
    reply(who, numeric::rpl_away, {whom->nick}, whom->away);
}

void exchange::tell(const chat::audience& to, const chat::invited& what) {
  broadcast(to, line(what.source, "INVITE", {what.nick, what.room}));
}

void exchange::tell(const chat::audience& to, const chat::peers_invited& what) {
  broadcast(to, line(what.source, "INVITE", {what.nick, what.room}),
            capability_set(capability::invite_notify));
}

void exchange::tell(const chat::audience&, chat::room_changed& what) {
  add(keep_room{std::move(what.record)});
}

void exchange::tell(const chat::audience&, chat::room_plain_again& what) {
  add(drop_room{std::move(what.room)});
}

void exchange::tell(const chat::audience& to, const chat::refused& what) {
  const client& who = *find(to.one);
  const auto [code, text] = form_of(what.why);
  switch (what.why) {
    case chat::refusal::real_name_invalid:
      return fail(who, "SETNAME", "INVALID_REALNAME", "A real name is not empty and not too long");
    case chat::refusal::text_invalid:
      return fail(who, "*", "INVALID_TEXT", text);
    case chat::refusal::already_entered:
    case chat::refusal::no_text:
      return reply(who, code, {}, text);
    case chat::refusal::mode_parameter: {
      const char letter = chat::letter_of(what.mode);
      return reply(who, code, {what.subject, std::string_view(&letter, 1), what.detail},
                   explain_parameter(what.mode));
    }
    case chat::refusal::not_member:
    case chat::refusal::already_member:
    case chat::refusal::ban_list_full:
      return reply(who, code, {what.subject, what.detail}, text);
    default:
      return reply(who, code, {what.subject}, text);
  }
}

}  // namespace hub::irc
