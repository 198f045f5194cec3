// Lines from the server.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include <cli/chat_client.hpp>

namespace cli {
namespace {

constexpr std::array wanted_capabilities{std::string_view("batch"), std::string_view("echo-message"),
                                         std::string_view("server-time")};
// What one server may make us keep.
constexpr std::size_t most_members = 100'000;
constexpr std::size_t most_batches = 64;
constexpr std::size_t most_names_shown = 60;

// Calls `use` for each word of a list with spaces between.
template <typename Use>
void for_each_word(std::string_view list, Use&& use) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    if (end > 0) use(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

std::string with_reason(std::string sentence, std::string_view reason) {
  if (!reason.empty()) sentence += fmt::format(" ({})", plain_text(reason));
  return sentence;
}

}  // namespace

void chat_client::received(std::string_view text, wall_time now) {
  static constexpr std::array verbs{
      verb{"BATCH", &chat_client::on_batch},   verb{"CAP", &chat_client::on_cap},
      verb{"ERROR", &chat_client::on_error},   verb{"FAIL", &chat_client::on_fail},
      verb{"INVITE", &chat_client::on_invite}, verb{"JOIN", &chat_client::on_join},
      verb{"KICK", &chat_client::on_kick},     verb{"MODE", &chat_client::on_mode},
      verb{"NICK", &chat_client::on_nick},     verb{"NOTICE", &chat_client::on_message},
      verb{"PART", &chat_client::on_part},     verb{"PING", &chat_client::on_ping},
      verb{"PONG", &chat_client::on_pong},     verb{"PRIVMSG", &chat_client::on_message},
      verb{"QUIT", &chat_client::on_quit},     verb{"TOPIC", &chat_client::on_topic},
  };
  const auto line = parse_irc_line(text);
  if (!line) return;
  if (const int number = line->numeric(); number != 0) {
    on_numeric(number, *line, now);
    return;
  }
  const auto known = std::ranges::find(verbs, line->verb, &verb::name);
  if (known != verbs.end()) (this->*known->run)(*line, now);
}

void chat_client::on_cap(const irc_line& line, wall_time) {
  const std::string_view subcommand = line[1];
  if (subcommand == "LS") {
    const bool more = line[2] == "*";
    offered_ += fmt::format(" {}", line[more ? 3 : 2]);
    if (more) return;
    std::string asked;
    for_each_word(offered_, [&](std::string_view offer) {
      const std::string_view name = offer.substr(0, offer.find('='));
      if (std::ranges::find(wanted_capabilities, name) != wanted_capabilities.end())
        asked += fmt::format("{} ", name);
    });
    if (asked.empty()) {
      send("CAP END");
    } else {
      asked.pop_back();
      send(fmt::format("CAP REQ :{}", asked));
    }
  } else if (subcommand == "ACK") {
    for_each_word(line[2], [&](std::string_view name) {
      if (name == "echo-message") echoes_ = true;
    });
    send("CAP END");
  } else if (subcommand == "NAK") {
    send("CAP END");
  }
}

void chat_client::on_ping(const irc_line& line, wall_time) {
  send(fmt::format("PONG :{}", line[0]));
}

void chat_client::on_error(const irc_line& line, wall_time) {
  closing_reason_ = plain_text(line[0]);
}

void chat_client::on_batch(const irc_line& line, wall_time) {
  if (line[0].starts_with('+') && batches_.size() < most_batches) {
    batches_[std::string(line[0].substr(1))] = line[1];
    if (line[1] == "chathistory" && phase_ == phase::online) seen_.begin_replay();  // of a room just joined
  } else if (line[0].starts_with('-')) {
    batches_.erase(std::string(line[0].substr(1)));
  }
}

bool chat_client::is_replay(const irc_line& line) const {
  const auto batch = batches_.find(std::string(line.tag("batch")));
  return batch != batches_.end() && batch->second == "chathistory";
}

std::string chat_client::label_of(std::string_view room) const {
  return hub::chat::same_name(room, current_) ? std::string() : plain_text(room);
}

void chat_client::on_message(const irc_line& line, wall_time now) {
  std::string_view text = line[1];
  if (!text.starts_with('\x01')) {
    show_message(line, text, false, now);
    return;
  }
  // Client-to-client requests other than ACTION are for programs; nothing is answered to strangers.
  constexpr std::string_view action_mark =
      "\x01"
      "ACTION ";
  if (!text.starts_with(action_mark)) return;
  text.remove_prefix(action_mark.size());
  if (text.ends_with('\x01')) text.remove_suffix(1);
  show_message(line, text, true, now);
}

void chat_client::show_message(const irc_line& line, std::string_view text, bool action, wall_time now) {
  const std::string_view target = line[0];
  const std::string_view time = line.tag("time");
  const bool from_me = is_me(line.nick());
  const bool replayed = is_replay(line);
  // In a replay our own words may stand under a nick that we had then.
  const bool was_me = replayed && std::ranges::any_of(pending_, [&](const outgoing& one) {
                        return hub::chat::same_name(one.nick, line.nick());
                      });
  if (from_me || was_me) confirmed(target, line[1]);
  if (replayed && !seen_.is_new(target, time, line.nick(), line[1])) return;
  if (!replayed) seen_.shown(target, time, line.nick(), line[1]);
  const wall_time when = time.empty() ? now : parse_server_time(time);
  const std::string nick = plain_text(line.nick());
  const std::string said = plain_text(text);
  if (line.verb == "NOTICE") {
    show(view_.notice(when, now, target.starts_with('#') ? label_of(target) : std::string(), nick, said));
  } else if (!target.starts_with('#')) {
    const std::string other = from_me ? plain_text(target) : std::string("you");
    show(view_.private_message(when, now, from_me ? "you" : nick, other,
                               action ? fmt::format("* {}", said) : said));
  } else if (action) {
    show(view_.action(when, now, label_of(target), nick, said));
  } else {
    const bool to_me = !from_me && hub::chat::fold(said).find(hub::chat::fold(nick_)) != std::string::npos;
    show(view_.message(when, now, label_of(target), nick, said, to_me));
  }
}

void chat_client::on_join(const irc_line& line, wall_time) {
  const std::string room(line[0]);
  if (!is_me(line.nick())) {
    const auto known = rooms_.find(room);
    if (known == rooms_.end() || known->second.size() >= most_members) return;
    known->second.emplace(hub::chat::fold(line.nick()), line.nick());
    show_event(fmt::format("{} has joined {}", plain_text(line.nick()), plain_text(room)));
    return;
  }
  mask_bytes_ = line.source.size();
  rooms_.try_emplace(room);
  const auto same = [&](const std::string& wanted) { return hub::chat::same_name(wanted, room); };
  if (std::ranges::none_of(wanted_rooms_, same)) wanted_rooms_.push_back(room);
  if (phase_ == phase::online || current_.empty()) current_ = room;
}

void chat_client::left_room(std::string_view room) {
  if (const auto known = rooms_.find(room); known != rooms_.end()) rooms_.erase(known);
  std::erase_if(wanted_rooms_, [&](const std::string& wanted) { return hub::chat::same_name(wanted, room); });
  if (hub::chat::same_name(current_, room))
    current_ = wanted_rooms_.empty() ? std::string() : wanted_rooms_.back();
}

void chat_client::on_part(const irc_line& line, wall_time) {
  const std::string room = plain_text(line[0]);
  show_event(with_reason(is_me(line.nick()) ? fmt::format("you have left {}", room)
                                            : fmt::format("{} has left {}", plain_text(line.nick()), room),
                         line[1]));
  if (is_me(line.nick())) {
    left_room(line[0]);
  } else if (const auto known = rooms_.find(line[0]); known != rooms_.end()) {
    known->second.erase(hub::chat::fold(line.nick()));
  }
}

void chat_client::on_quit(const irc_line& line, wall_time) {
  const std::string folded = hub::chat::fold(line.nick());
  for (auto& [room, who] : rooms_)
    who.erase(folded);
  show_event(with_reason(fmt::format("{} is gone", plain_text(line.nick())), line[0]));
  // Often it was ourselves: a connection that broke and that the server has only now given up.
  if (hub::chat::same_name(line.nick(), wanted_nick_) && !is_me(wanted_nick_))
    send(fmt::format("NICK {}", wanted_nick_));
}

void chat_client::on_kick(const irc_line& line, wall_time) {
  const std::string by = plain_text(line.nick());
  const std::string room = plain_text(line[0]);
  if (is_me(line[1])) {
    show_warning(with_reason(fmt::format("{} has put you out of {}", by, room), line[2]));
    left_room(line[0]);
    return;
  }
  show_event(with_reason(fmt::format("{} has put {} out of {}", by, plain_text(line[1]), room), line[2]));
  if (const auto known = rooms_.find(line[0]); known != rooms_.end())
    known->second.erase(hub::chat::fold(line[1]));
}

void chat_client::on_nick(const irc_line& line, wall_time) {
  const bool mine = is_me(line.nick());
  const std::string before = plain_text(line.nick());
  for (auto& [room, who] : rooms_) {
    if (who.erase(hub::chat::fold(line.nick())) != 0) who.emplace(hub::chat::fold(line[0]), line[0]);
  }
  if (mine) nick_ = line[0];
  show_event(mine ? fmt::format("you are now known as {}", plain_text(line[0]))
                  : fmt::format("{} is now known as {}", before, plain_text(line[0])));
}

void chat_client::on_topic(const irc_line& line, wall_time) {
  show_event(line[1].empty()
                 ? fmt::format("{} has removed the topic of {}", plain_text(line.nick()), plain_text(line[0]))
                 : fmt::format("{} has set the topic of {}: {}", plain_text(line.nick()), plain_text(line[0]),
                               plain_text(line[1])));
}

void chat_client::on_mode(const irc_line& line, wall_time) {
  if (!line[0].starts_with('#')) return;
  std::string change;
  for (std::size_t i = 1; i < line.parameters.size(); ++i)
    change += fmt::format(" {}", plain_text(line[i]));
  show_event(
      fmt::format("{} has set the modes of {}:{}", plain_text(line.nick()), plain_text(line[0]), change));
}

void chat_client::on_invite(const irc_line& line, wall_time) {
  show_event(fmt::format("{} invites you to {} (/join {})", plain_text(line.nick()), plain_text(line[1]),
                         plain_text(line[1])));
}

void chat_client::on_fail(const irc_line& line, wall_time) {
  if (!line.parameters.empty()) show_warning(plain_text(line.parameters.back()));
}

void chat_client::on_names(const irc_line& line) {
  members& who = listing_[std::string(line[2])];
  for_each_word(line[3], [&](std::string_view one) {
    one.remove_prefix(std::min(one.find_first_not_of("~&@%+"), one.size()));
    one = one.substr(0, one.find('!'));
    if (!one.empty() && who.size() < most_members) who.emplace(hub::chat::fold(one), one);
  });
}

void chat_client::on_end_of_names(const irc_line& line) {
  const auto told = listing_.find(line[1]);
  if (told == listing_.end()) return;
  std::vector<std::string> nicks;
  for (const auto& [folded, nick] : told->second)
    nicks.push_back(plain_text(nick));
  std::ranges::sort(nicks, {}, [](const std::string& nick) { return hub::chat::fold(nick); });
  std::string list;
  for (std::size_t i = 0; i < nicks.size() && i < most_names_shown; ++i)
    list += fmt::format("{}{}", i == 0 ? "" : ", ", view_.coloured_nick(nicks[i]));
  if (nicks.size() > most_names_shown) list += fmt::format(" and {} more", nicks.size() - most_names_shown);
  show_event(fmt::format("in {}: {}", plain_text(line[1]), list));
  if (const auto known = rooms_.find(line[1]); known != rooms_.end()) known->second = std::move(told->second);
  listing_.erase(told);
}

void chat_client::on_numeric(int number, const irc_line& line, wall_time) {
  switch (number) {
    case 1:
      nick_ = line[0];
      enter_rooms();
      return;
    case 301:
      show_event(fmt::format("{} is away: {}", plain_text(line[1]), plain_text(line[2])));
      return;
    case 331:
      show_event(fmt::format("{} has no topic", plain_text(line[1])));
      return;
    case 332:
      show_event(fmt::format("topic of {}: {}", plain_text(line[1]), plain_text(line[2])));
      return;
    case 341:
      show_event(fmt::format("{} is invited to {}", plain_text(line[1]), plain_text(line[2])));
      return;
    case 352: {
      const std::string_view name = line[7].substr(std::min(line[7].find(' ') + 1, line[7].size()));
      show_event(fmt::format("{} ({}@{}){} {}", view_.coloured_nick(plain_text(line[5])), plain_text(line[2]),
                             plain_text(line[3]), line[6].starts_with('G') ? " away" : "", plain_text(name)));
      return;
    }
    case 353:
      on_names(line);
      return;
    case 366:
      on_end_of_names(line);
      return;
    case 372:
      if (!motd_told_) show_event(plain_text(line[1]));
      return;
    case 376:
      motd_told_ = true;
      return;
    default:
      if (number >= 400) on_error_numeric(number, line);
  }
}

void chat_client::on_error_numeric(int number, const irc_line& line) {
  constexpr int no_motd = 422;
  constexpr int unknown_command = 421;
  constexpr int bad_nick = 432;
  constexpr int nick_in_use = 433;
  const std::string reason = line.parameters.empty() ? std::string() : plain_text(line.parameters.back());
  if (number == no_motd || (number == unknown_command && line[1] == "CAP")) return;
  if (phase_ == phase::registering) {
    if (number == nick_in_use) {
      try_other_nick();
    } else if (number == bad_nick) {
      failure_ = fmt::format("the server does not take the nick {}: {}", plain_text(nick_), reason);
    } else {
      show_warning(reason);
    }
    return;
  }
  refused(line[1]);
  show_warning(line.parameters.size() > 2 ? fmt::format("{}: {}", plain_text(line[1]), reason) : reason);
}

}  // namespace cli
