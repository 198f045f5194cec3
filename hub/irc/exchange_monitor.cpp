// Who waits for whom to come and go (ircv3.net/specs/extensions/monitor).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <hub/irc/exchange.hpp>

namespace hub::irc {

void exchange::on_monitor(client& from, const request& asked) {
  const std::string_view what = asked[0];
  const auto is = [&](std::string_view name) { return chat::same_name(what, name); };
  if (is("+")) {
    monitor(from, asked[1]);
  } else if (is("-")) {
    for (std::string_view nicks = asked[1]; !nicks.empty();)
      stop_monitoring(from, next_item(nicks));
  } else if (is("C")) {
    stop_monitoring(from);
  } else if (is("L")) {
    reply_lists(from, numeric::rpl_monlist, from.monitors);
    reply(from, numeric::rpl_endofmonlist, {}, "End of MONITOR list");
  } else if (is("S")) {
    show_presence(from, from.monitors);
  } else {
    reply(from, numeric::err_unknowncommand, {"MONITOR"}, "Unknown MONITOR subcommand; there are + - C L S");
  }
}

void exchange::monitor(client& from, std::string_view nicks) {
  std::vector<std::string> fresh;
  while (!nicks.empty()) {
    const std::string_view rest = nicks;
    const std::string_view nick = next_item(nicks);
    if (!chat::is_nick(nick, rules_.bounds().nick_bytes)) continue;
    const auto is_same = [&](const std::string& one) { return chat::same_name(one, nick); };
    if (std::ranges::any_of(from.monitors, is_same)) continue;
    if (from.monitors.size() >= settings_.monitored_nicks) {
      reply(from, numeric::err_monlistfull, {std::to_string(settings_.monitored_nicks), rest},
            "Monitor list is full");
      break;
    }
    from.monitors.emplace_back(nick);
    watchers_.try_emplace(std::string(nick)).first->second.push_back(from.session);
    fresh.emplace_back(nick);
  }
  show_presence(from, fresh);
}

void exchange::stop_monitoring(client& from, std::string_view nick) {
  const auto is_same = [&](const std::string& one) { return chat::same_name(one, nick); };
  if (std::erase_if(from.monitors, is_same) == 0) return;
  const auto found = watchers_.find(nick);
  std::erase(found->second, from.session);
  if (found->second.empty()) watchers_.erase(found);
}

void exchange::stop_monitoring(client& from) {
  while (!from.monitors.empty()) {
    const std::string nick = from.monitors.back();
    stop_monitoring(from, nick);
  }
}

void exchange::show_presence(const client& to, std::span<const std::string> nicks) {
  std::vector<std::string> here;
  std::vector<std::string> away;
  for (const std::string& one : nicks) {
    if (const chat::user* who = rules_.find_nick(one))
      here.push_back(who->mask());
    else
      away.push_back(one);
  }
  reply_lists(to, numeric::rpl_mononline, here);
  reply_lists(to, numeric::rpl_monoffline, away);
}

// As many lines of comma-separated items as they need.
void exchange::reply_lists(const client& to, numeric code, std::span<const std::string> items) {
  const std::size_t around =
      fmt::format(":{} {} {} :\r\n", settings_.server_name, three_digits(code), nick_of(to)).size();
  std::string list;
  for (const std::string& one : items) {
    if (!list.empty() && around + list.size() + 1 + one.size() > line_limit_bytes) {
      reply(to, code, {}, list);
      list.clear();
    }
    if (!list.empty()) list += ',';
    list += one;
  }
  if (!list.empty()) reply(to, code, {}, list);
}

void exchange::tell_watchers(numeric code, std::string_view nick, std::string_view shown) {
  const auto found = watchers_.find(nick);
  if (found == watchers_.end()) return;
  // "*" stands for each receiver's own nick, so that all get the same line.
  std::string text;
  append_line(text, settings_.server_name, three_digits(code), {"*"}, shown);
  broadcast({.one = chat::nobody, .many = std::make_shared<const chat::roster>(found->second)},
            std::move(text));
}

}  // namespace hub::irc
