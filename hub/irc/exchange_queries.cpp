// Questions: they look at the chat and change nothing.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include <hub/chat/mask.hpp>
#include <hub/chat/text.hpp>
#include <hub/irc/exchange.hpp>

namespace hub::irc {
namespace {

std::int64_t unix_seconds(chat::moment when) {
  return std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
}

// What a LIST asks for beside names (ELIST=MNU): rooms with fewer or more members, rooms (not) like a mask.
struct list_filter {
  std::size_t more_than = 0;
  std::size_t fewer_than = std::numeric_limits<std::size_t>::max();
  std::vector<std::string_view> masks;
  std::vector<std::string_view> not_masks;
  bool any_number = false;

  bool lets_pass(const chat::room& one) const {
    const std::size_t members = one.members().size();
    const auto is_like = [&](std::string_view mask) { return chat::matches(mask, one.name()); };
    if (any_number && (members <= more_than || members >= fewer_than)) return false;
    return (masks.empty() || std::ranges::any_of(masks, is_like)) && std::ranges::none_of(not_masks, is_like);
  }
};

list_filter parse_filter(std::string_view conditions) {
  list_filter filter;
  while (!conditions.empty()) {
    const std::string_view one = next_item(conditions);
    if (one.starts_with('>') || one.starts_with('<')) {
      std::size_t number = 0;
      if (std::from_chars(one.data() + 1, one.data() + one.size(), number).ec != std::errc{}) continue;
      filter.any_number = true;
      (one[0] == '>' ? filter.more_than : filter.fewer_than) = number;
    } else if (one.starts_with('!')) {
      filter.not_masks.push_back(one.substr(1));
    } else if (!one.empty()) {
      filter.masks.push_back(one);
    }
  }
  return filter;
}

}  // namespace

std::string exchange::rank_prefix(const chat::member& one, bool all) {
  std::string prefix;
  if (one.is_operator) prefix += '@';
  if (one.has_voice && (all || prefix.empty())) prefix += '+';
  return prefix;
}

void exchange::show_topic(client& to, const chat::room& where, bool also_none) {
  const chat::room_record& kept = where.kept();
  if (kept.topic.empty()) {
    if (also_none) reply(to, numeric::rpl_notopic, {kept.name}, "No topic is set");
    return;
  }
  reply(to, numeric::rpl_topic, {kept.name}, kept.topic);
  reply(to, numeric::rpl_topicwhotime,
        {kept.name, kept.topic_setter, std::to_string(kept.topic_time_ms / 1000)});
}

void exchange::show_names(client& to, const chat::room& where) {
  const bool is_inside = user_of(to).in(where) != nullptr;
  const std::string start =
      fmt::format(":{} {} {} {} {} :", settings_.server_name, three_digits(numeric::rpl_namreply),
                  nick_of(to), where.has(chat::room_mode::secret) ? '@' : '=', where.name());
  std::string text = start;
  for (const chat::member& one : where.members()) {
    const chat::user& whom = *rules_.find(one.session);
    if (whom.invisible && !is_inside) continue;
    std::string name = rank_prefix(one, to.offers.has(capability::multi_prefix));
    name += to.offers.has(capability::userhost_in_names) ? whom.mask() : whom.nick;
    if (text.size() + name.size() + 2 > line_limit_bytes) {
      append_line(gather(to), text);
      text = start;
    }
    text.append(name).append(" ");
  }
  if (text.size() > start.size()) append_line(gather(to), std::string_view(text).substr(0, text.size() - 1));
  reply(to, numeric::rpl_endofnames, {where.name()}, "End of /NAMES list");
}

// An answer may be as long as the rooms make it, and waits in memory until the client has read it.
bool exchange::puts_off(client& from, std::string_view verb) {
  if (answered_bytes_ + gathered_.size() <= settings_.answer_bytes) return false;
  reply(from, numeric::rpl_tryagain, {verb}, "Please wait a while and try again");
  return true;
}

void exchange::on_names(client& from, const request& asked) {
  if (puts_off(from, "NAMES")) return;
  // All rooms' members at once is what no client needs and every flood would like.
  std::string_view rooms = asked[0];
  const std::string_view name = rooms.empty() ? "*" : next_item(rooms);
  const chat::room* where = rules_.find_room(name);
  if (where != nullptr && chat::rules::sees(user_of(from), *where))
    show_names(from, *where);
  else
    reply(from, numeric::rpl_endofnames, {name}, "End of /NAMES list");
}

std::string exchange::who_flags(const client& to, const chat::user& whom, const chat::room* where) const {
  std::string flags = whom.away.empty() ? "H" : "G";
  if (where != nullptr) {
    if (const auto* standing = whom.in(*where))
      flags += rank_prefix(where->members()[standing->place], to.offers.has(capability::multi_prefix));
  }
  return flags;
}

// The clock may have been set back meanwhile.
std::int64_t exchange::idle_seconds(const chat::user& whom) const {
  return std::max<std::int64_t>(unix_seconds(now_) - unix_seconds(whom.spoke_at), 0);
}

void exchange::who_line(client& to, const chat::user& whom, const chat::room* where) {
  reply(to, numeric::rpl_whoreply,
        {where == nullptr ? std::string_view("*") : std::string_view(where->name()), whom.user_name,
         whom.host, settings_.server_name, whom.nick, who_flags(to, whom, where)},
        fmt::format("0 {}", whom.real_name));
}

const chat::room* exchange::room_to_show(const chat::user& viewer, const chat::user& whom) {
  for (const chat::user::standing& one : whom.rooms)
    if (chat::rules::sees(viewer, *one.in)) return one.in;
  return nullptr;
}

void exchange::on_who(client& from, const request& asked) {
  if (puts_off(from, "WHO")) return;
  const chat::user& viewer = user_of(from);
  std::string_view mask = asked[0].empty() || asked[0] == "0" ? "*" : asked[0];
  const auto form = parse_whox(asked[1]);
  std::size_t rows = 0;
  bool complete = true;
  const auto show = [&](const chat::user& whom, const chat::room* where) {
    complete = rows++ < settings_.query_rows;
    if (complete && form)
      whox_line(from, whom, where, *form);
    else if (complete)
      who_line(from, whom, where);
    return complete;
  };
  if (mask.starts_with('#')) {
    const chat::room* where = rules_.find_room(mask);
    if (where != nullptr && chat::rules::sees(viewer, *where)) {
      const bool is_inside = viewer.in(*where) != nullptr;
      for (const chat::member& one : where->members()) {
        const chat::user& whom = *rules_.find(one.session);
        if ((is_inside || chat::rules::sees(viewer, whom)) && !show(whom, where)) break;
      }
    }
  } else if (const chat::user* whom = rules_.find_nick(mask)) {
    show(*whom, room_to_show(viewer, *whom));
  } else if (!asked[1].substr(0, asked[1].find('%')).contains('o')) {  // only IRC operators: there are none
    for (const auto& [nick, session] : rules_.nicks()) {
      const chat::user& one = *rules_.find(session);
      const bool fits = chat::matches(mask, one.nick) || chat::matches(mask, one.user_name) ||
                        chat::matches(mask, one.host) || chat::matches(mask, one.real_name);
      if (fits && chat::rules::sees(viewer, one) && !show(one, room_to_show(viewer, one))) break;
    }
  }
  if (!complete)
    reply(from, numeric::err_toomanymatches, {"WHO", mask}, "Too many lines of output, list truncated");
  reply(from, numeric::rpl_endofwho, {mask}, "End of WHO list");
}

void exchange::on_whois(client& from, const request& asked) {
  // WHOIS [server] nick; several nicks may be listed, the first is answered (TARGMAX=WHOIS:1).
  std::string_view names = asked.count > 1 ? asked[1] : asked[0];
  const std::string_view name = next_item(names);
  if (name.empty()) {
    reply(from, numeric::err_nonicknamegiven, {}, "No nickname given");
    return;
  }
  const chat::user* whom = rules_.find_nick(name);
  if (whom == nullptr) {
    reply(from, numeric::err_nosuchnick, {name}, "No such nick/channel");
    reply(from, numeric::rpl_endofwhois, {name}, "End of /WHOIS list");
    return;
  }
  const chat::user& viewer = user_of(from);
  const std::string& nick = whom->nick;
  reply(from, numeric::rpl_whoisuser, {nick, whom->user_name, whom->host, "*"}, whom->real_name);
  std::string rooms;
  const auto flush_rooms = [&] {
    if (!rooms.empty()) reply(from, numeric::rpl_whoischannels, {nick}, rooms);
    rooms.clear();
  };
  for (const chat::user::standing& one : whom->rooms) {
    const bool hidden = whom->invisible && viewer.session != whom->session && viewer.in(*one.in) == nullptr;
    if (hidden || !chat::rules::sees(viewer, *one.in)) continue;
    if (rooms.size() + one.in->name().size() > line_limit_bytes / 2) flush_rooms();
    if (!rooms.empty()) rooms += ' ';
    rooms +=
        rank_prefix(one.in->members()[one.place], from.offers.has(capability::multi_prefix)) + one.in->name();
  }
  flush_rooms();
  reply(from, numeric::rpl_whoisserver, {nick, settings_.server_name}, settings_.description);
  if (!whom->away.empty()) reply(from, numeric::rpl_away, {nick}, whom->away);
  reply(from, numeric::rpl_whoisidle,
        {nick, std::to_string(idle_seconds(*whom)), std::to_string(unix_seconds(whom->entered_at))},
        "seconds idle, signon time");
  reply(from, numeric::rpl_endofwhois, {nick}, "End of /WHOIS list");
}

void exchange::on_whowas(client& from, const request& asked) {
  const std::string_view name = asked[0];
  std::size_t wanted = 0;
  std::from_chars(asked[1].data(), asked[1].data() + asked[1].size(), wanted);
  if (wanted == 0) wanted = std::numeric_limits<std::size_t>::max();
  std::size_t shown = 0;
  for (const chat::departed_user& one : rules_.departed()) {
    if (shown == wanted || !chat::same_name(one.nick, name)) continue;
    ++shown;
    reply(from, numeric::rpl_whowasuser, {one.nick, one.user_name, one.host, "*"}, one.real_name);
    reply(from, numeric::rpl_whoisserver, {one.nick, settings_.server_name}, time_text(one.at));
  }
  if (shown == 0) reply(from, numeric::err_wasnosuchnick, {name}, "There was no such nickname");
  reply(from, numeric::rpl_endofwhowas, {name}, "End of WHOWAS");
}

void exchange::on_list(client& from, const request& asked) {
  if (puts_off(from, "LIST")) return;
  const chat::user& viewer = user_of(from);
  reply(from, numeric::rpl_liststart, {"Channel"}, "Users  Name");
  std::size_t rows = 0;
  bool complete = true;
  const auto show = [&](const chat::room& one) {
    if (!chat::rules::sees(viewer, one)) return;
    complete = rows++ < settings_.query_rows;
    if (complete)
      reply(from, numeric::rpl_list, {one.name(), std::to_string(one.members().size())}, one.kept().topic);
  };
  const bool names_rooms =
      asked[0].starts_with('#') && asked[0].find_first_of("*?") == std::string_view::npos;
  if (names_rooms) {
    for (std::string_view names = asked[0]; !names.empty();)
      if (const chat::room* one = rules_.find_room(next_item(names))) show(*one);
  } else {
    const list_filter filter = parse_filter(asked[0]);
    for (const auto& [name, one] : rules_.rooms()) {
      if (!complete) break;
      if (filter.lets_pass(*one)) show(*one);
    }
  }
  if (!complete)
    reply(from, numeric::err_toomanymatches, {"LIST"},
          "Too many channels to list; narrow it with a mask or >members");
  reply(from, numeric::rpl_listend, {}, "End of /LIST");
}

void exchange::on_userhost(client& from, const request& asked) {
  std::string found;
  for (std::size_t index = 0; index < std::min<std::size_t>(asked.count, 5); ++index) {
    const chat::user* whom = rules_.find_nick(asked[index]);
    if (whom == nullptr) continue;
    if (!found.empty()) found += ' ';
    found +=
        fmt::format("{}={}{}@{}", whom->nick, whom->away.empty() ? '+' : '-', whom->user_name, whom->host);
  }
  reply(from, numeric::rpl_userhost, {}, found);
}

void exchange::on_ison(client& from, const request& asked) {
  std::string found;
  for (std::size_t index = 0; index < asked.count; ++index) {
    // Clients send the nicks as parameters, or all of them as one.
    for (std::string_view rest = asked[index]; !rest.empty();) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      const chat::user* whom = rules_.find_nick(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (whom == nullptr) continue;
      if (!found.empty()) found += ' ';
      found += whom->nick;
    }
  }
  reply(from, numeric::rpl_ison, {}, found);
}

void exchange::on_lusers(client& from, const request&) {
  const std::size_t users = rules_.user_count();
  const std::size_t hidden = rules_.invisible_count();
  const std::string now = std::to_string(users);
  const std::string most = std::to_string(rules_.most_users());
  reply(from, numeric::rpl_luserclient, {},
        fmt::format("There are {} users and {} invisible on 1 servers", users - hidden, hidden));
  reply(from, numeric::rpl_luserop, {"0"}, "operator(s) online");
  reply(from, numeric::rpl_luserunknown, {std::to_string(connection_count_ - users)},
        "unknown connection(s)");
  reply(from, numeric::rpl_luserchannels, {std::to_string(rules_.room_count())}, "channels formed");
  reply(from, numeric::rpl_luserme, {}, fmt::format("I have {} clients and 1 servers", users));
  reply(from, numeric::rpl_localusers, {now, most}, fmt::format("Current local users {}, max {}", now, most));
  reply(from, numeric::rpl_globalusers, {now, most},
        fmt::format("Current global users {}, max {}", now, most));
}

bool exchange::is_other_server(client& from, std::string_view name) {
  if (name.empty() || chat::matches(name, settings_.server_name) || rules_.find_nick(name) != nullptr)
    return false;
  reply(from, numeric::err_nosuchserver, {name}, "No such server");
  return true;
}

void exchange::on_motd(client& from, const request& asked) {
  if (is_other_server(from, asked[0])) return;
  if (settings_.motd.empty()) {
    reply(from, numeric::err_nomotd, {}, "MOTD File is missing");
    return;
  }
  reply(from, numeric::rpl_motdstart, {}, fmt::format("- {} Message of the day - ", settings_.server_name));
  for (const std::string& one : settings_.motd)
    reply(from, numeric::rpl_motd, {}, "- " + one);
  reply(from, numeric::rpl_endofmotd, {}, "End of /MOTD command");
}

void exchange::on_version(client& from, const request& asked) {
  if (is_other_server(from, asked[0])) return;
  reply(from, numeric::rpl_version, {settings_.version, settings_.server_name}, settings_.description);
  send_isupport(from);
}

void exchange::on_time(client& from, const request& asked) {
  if (is_other_server(from, asked[0])) return;
  reply(from, numeric::rpl_time, {settings_.server_name}, time_text(now_));
}

void exchange::on_info(client& from, const request& asked) {
  if (is_other_server(from, asked[0])) return;
  reply(from, numeric::rpl_info, {}, settings_.version);
  reply(from, numeric::rpl_info, {}, "A self-hosted chat and file server: join by IRC, share files by HTTP.");
  reply(from, numeric::rpl_info, {}, fmt::format("Running since {}", time_text(settings_.started)));
  reply(from, numeric::rpl_endofinfo, {}, "End of INFO list");
}

}  // namespace hub::irc
