// Commands that change the chat: lists are taken apart, and each item becomes a command of the rules.
#include <fmt/format.h>

#include <utility>

#include <hub/chat/text.hpp>
#include <hub/irc/exchange.hpp>
#include <hub/irc/tags.hpp>

namespace hub::irc {
namespace {

bool takes_parameter(chat::room_mode mode, bool add) {
  switch (mode) {
    case chat::room_mode::operator_rank:
    case chat::room_mode::voice_rank:
    case chat::room_mode::ban:
    case chat::room_mode::key:
      return true;
    case chat::room_mode::limit:
      return add;
    case chat::room_mode::invite_only:
    case chat::room_mode::moderated:
    case chat::room_mode::no_outside_messages:
    case chat::room_mode::secret:
    case chat::room_mode::topic_locked:
      return false;
  }
  return false;
}

}  // namespace

void exchange::on_join(client& from, const request& asked) {
  if (asked[0] == "0") {
    apply(from, chat::part_all{});
    return;
  }
  std::string_view rooms = asked[0];
  std::string_view keys = asked[1];
  while (!rooms.empty()) {
    const std::string_view room = next_item(rooms);
    const std::string_view key = next_item(keys);
    if (!room.empty()) apply(from, chat::join{.room = room, .key = key});
  }
}

void exchange::on_part(client& from, const request& asked) {
  for (std::string_view rooms = asked[0]; !rooms.empty();) {
    const std::string_view room = next_item(rooms);
    if (!room.empty()) apply(from, chat::part{.room = room, .reason = asked[1]});
  }
}

void exchange::on_privmsg(client& from, const request& asked) {
  if (asked[0].empty())
    reply(from, numeric::err_norecipient, {}, "No recipient given (PRIVMSG)");
  else if (asked[1].empty())
    reply(from, numeric::err_notexttosend, {}, "No text to send");
  else
    say_to_targets(from, asked, chat::message_kind::text);
}

void exchange::on_notice(client& from, const request& asked) {
  if (!asked[0].empty() && !asked[1].empty()) say_to_targets(from, asked, chat::message_kind::notice);
}

void exchange::on_tagmsg(client& from, const request& asked) {
  if (!asked[0].empty()) say_to_targets(from, asked, chat::message_kind::tags);
}

void exchange::say_to_targets(client& from, const request& asked, chat::message_kind kind) {
  const std::string tags = client_tags(asked.tags);
  std::size_t count = 0;
  for (std::string_view targets = asked[0]; !targets.empty();) {
    const std::string_view target = next_item(targets);
    if (target.empty()) continue;
    if (++count > settings_.targets_per_message) {
      if (kind == chat::message_kind::text)
        reply(from, numeric::err_toomanytargets, {target},
              "Too many recipients; the message was not delivered there");
      return;
    }
    apply(from, chat::say{.kind = kind, .target = target, .text = asked[1], .tags = tags});
  }
}

void exchange::on_topic(client& from, const request& asked) {
  if (asked.count > 1) {
    apply(from, chat::set_topic{.room = asked[0], .topic = asked[1]});
    return;
  }
  const chat::room* where = rules_.find_room(asked[0]);
  if (where == nullptr || !chat::rules::sees(user_of(from), *where))
    reply(from, numeric::err_nosuchchannel, {asked[0]}, "No such channel");
  else
    show_topic(from, *where, true);
}

void exchange::on_kick(client& from, const request& asked) {
  std::string_view rooms = asked[0];
  std::string_view nicks = asked[1];
  // One room for all nicks, or a room for each (RFC 2812, 3.2.8).
  const bool one_room = rooms.find(',') == std::string_view::npos;
  std::string_view room = next_item(rooms);
  for (std::size_t count = 0; !nicks.empty() && count < settings_.targets_per_message; ++count) {
    const std::string_view nick = next_item(nicks);
    if (!room.empty() && !nick.empty())
      apply(from, chat::kick{.room = room, .nick = nick, .reason = asked[2]});
    if (!one_room) room = next_item(rooms);
  }
}

void exchange::on_invite(client& from, const request& asked) {
  apply(from, chat::invite{.nick = asked[0], .room = asked[1]});
}

void exchange::on_away(client& from, const request& asked) {
  apply(from, chat::set_away{.text = asked[0]});
}

void exchange::on_mode(client& from, const request& asked) {
  if (!asked[0].starts_with('#')) {
    change_user_modes(from, asked);
    return;
  }
  const chat::room* where = rules_.find_room(asked[0]);
  if (where == nullptr || !chat::rules::sees(user_of(from), *where))
    reply(from, numeric::err_nosuchchannel, {asked[0]}, "No such channel");
  else if (asked.count == 1)
    show_room_modes(from, *where);
  else
    change_room_modes(from, asked, where);
}

void exchange::change_user_modes(client& from, const request& asked) {
  const chat::user* whom = rules_.find_nick(asked[0]);
  if (whom == nullptr) {
    reply(from, numeric::err_nosuchnick, {asked[0]}, "No such nick/channel");
    return;
  }
  if (whom->session != from.session) {
    reply(from, numeric::err_usersdontmatch, {}, "Can't change mode for other users");
    return;
  }
  if (asked.count == 1) {
    reply(from, numeric::rpl_umodeis, {whom->invisible ? "+i" : "+"});
    return;
  }
  bool add = true;
  bool unknown = false;
  for (const char letter : asked[1]) {
    if (letter == '+' || letter == '-')
      add = letter == '+';
    else if (letter == 'i')
      apply(from, chat::set_invisible{.on = add});
    else
      unknown = true;
  }
  if (unknown) reply(from, numeric::err_umodeunknownflag, {}, "Unknown MODE flag");
}

void exchange::change_room_modes(client& from, const request& asked, const chat::room* where) {
  std::vector<chat::mode_change> changes;
  std::size_t next_parameter = 2;
  bool add = true;
  bool bans_shown = false;
  bool complained = false;
  for (std::string_view letters = asked[1]; !letters.empty();) {
    const std::string_view whole_letter = letters.substr(0, chat::first_code_point(letters).bytes);
    letters.remove_prefix(whole_letter.size());
    const char letter = whole_letter[0];
    if (letter == '+' || letter == '-') {
      add = letter == '+';
      continue;
    }
    const auto mode = chat::mode_of(letter);
    if (!mode) {
      // What is known is done all the same; a mode string may have some hundred letters, and one complaint is
      // enough.
      if (!std::exchange(complained, true))
        reply(from, numeric::err_unknownmode, {whole_letter}, "is unknown mode char to me");
      continue;
    }
    std::string_view parameter;
    if (takes_parameter(*mode, add)) {
      if (next_parameter < asked.count) {
        parameter = asked[next_parameter++];
      } else if (*mode == chat::room_mode::ban) {
        if (!std::exchange(bans_shown, true)) show_bans(from, *where);
        continue;
      } else if (add || *mode != chat::room_mode::key) {
        reply(from, numeric::err_needmoreparams, {"MODE"}, fmt::format("Mode {} needs a parameter", letter));
        continue;
      }
    }
    changes.push_back({.add = add, .mode = *mode, .parameter = parameter});
  }
  apply(from, chat::change_modes{.room = asked[0], .changes = changes});
}

void exchange::show_room_modes(client& from, const chat::room& where) {
  const chat::room_record& kept = where.kept();
  std::string modes = '+' + kept.modes;
  std::string parameters;
  if (!kept.key.empty()) {
    modes += 'k';
    // The key is for those who are inside.
    parameters += user_of(from).in(where) != nullptr ? ' ' + kept.key : std::string(" *");
  }
  if (kept.limit != 0) {
    modes += 'l';
    parameters += fmt::format(" {}", kept.limit);
  }
  append_line(gather(from), fmt::format(":{} {} {} {} {}{}", settings_.server_name,
                                        three_digits(numeric::rpl_channelmodeis), nick_of(from), kept.name,
                                        modes, parameters));
  reply(from, numeric::rpl_creationtime, {kept.name, std::to_string(kept.created_ms / 1000)});
}

void exchange::show_bans(client& from, const chat::room& where) {
  for (const chat::ban& one : where.kept().bans)
    reply(from, numeric::rpl_banlist,
          {where.name(), one.mask, one.setter, std::to_string(one.time_ms / 1000)});
  reply(from, numeric::rpl_endofbanlist, {where.name()}, "End of channel ban list");
}

}  // namespace hub::irc
