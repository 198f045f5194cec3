// The verbs that the server knows, and what it says of itself to clients (ISUPPORT).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include <hub/chat/text.hpp>
#include <hub/irc/exchange.hpp>

namespace hub::irc {

const exchange::verb_entry* exchange::find_verb(std::string_view name) {
  using self = exchange;
  static constexpr std::array<verb_entry, 33> verbs = {{
      {"PRIVMSG", &self::on_privmsg},
      {"NOTICE", &self::on_notice},
      {"PING", &self::on_ping, 0, true},
      {"PONG", &self::on_pong, 0, true},
      {"JOIN", &self::on_join, 1},
      {"PART", &self::on_part, 1},
      {"MODE", &self::on_mode, 1},
      {"TOPIC", &self::on_topic, 1},
      {"NAMES", &self::on_names},
      {"WHO", &self::on_who},
      {"WHOIS", &self::on_whois},
      {"WHOWAS", &self::on_whowas, 1},
      {"LIST", &self::on_list},
      {"INVITE", &self::on_invite, 2},
      {"KICK", &self::on_kick, 2},
      {"AWAY", &self::on_away},
      {"NICK", &self::on_nick, 0, true},
      {"USER", &self::on_user, 4, true},
      {"PASS", &self::on_pass, 1, true},
      {"CAP", &self::on_cap, 1, true},
      {"QUIT", &self::on_quit, 0, true},
      {"SETNAME", &self::on_setname, 1},
      {"MOTD", &self::on_motd},
      {"LUSERS", &self::on_lusers},
      {"VERSION", &self::on_version},
      {"TIME", &self::on_time},
      {"INFO", &self::on_info},
      {"USERHOST", &self::on_userhost, 1},
      {"ISON", &self::on_ison, 1},
      {"TAGMSG", &self::on_tagmsg, 1},
      {"CHATHISTORY", &self::on_chathistory},
      {"MARKREAD", &self::on_markread},
      {"MONITOR", &self::on_monitor, 1},
  }};
  const auto found =
      std::ranges::find_if(verbs, [&](const verb_entry& one) { return chat::same_name(one.name, name); });
  return found == verbs.end() ? nullptr : &*found;
}

std::vector<std::string> isupport_lines(const settings& chosen, const chat::limits& bounds) {
  const std::vector<std::string> tokens = {
      fmt::format("AWAYLEN={}", bounds.away_bytes),
      "CASEMAPPING=ascii",
      fmt::format("CHANLIMIT=#:{}", bounds.rooms_per_user),
      "CHANMODES=b,k,l,imnst",
      fmt::format("CHANNELLEN={}", bounds.room_name_bytes),
      "CHANTYPES=#",
      fmt::format("CHATHISTORY={}", chosen.history_lines),
      "ELIST=MNU",
      fmt::format("KEYLEN={}", bounds.key_bytes),
      fmt::format("KICKLEN={}", bounds.kick_bytes),
      fmt::format("LINELEN={}", line_limit_bytes),
      fmt::format("MAXLIST=b:{}", bounds.bans_per_room),
      fmt::format("MODES={}", bounds.modes_per_change),
      fmt::format("MONITOR={}", chosen.monitored_nicks),
      "MSGREFTYPES=msgid,timestamp",
      fmt::format("NAMELEN={}", bounds.real_name_bytes),
      fmt::format("NETWORK={}", chosen.network),
      fmt::format("NICKLEN={}", bounds.nick_bytes),
      "PREFIX=(ov)@+",
      fmt::format("TARGMAX=JOIN:,KICK:{0},LIST:,NAMES:1,NOTICE:{0},PART:,PRIVMSG:{0},TAGMSG:{0},WHOIS:1",
                  chosen.targets_per_message),
      fmt::format("TOPICLEN={}", bounds.topic_bytes),
      fmt::format("USERLEN={}", bounds.user_bytes),
      "UTF8ONLY",
      "WHOX",
  };
  constexpr std::size_t most_tokens_per_line = 13;
  std::vector<std::string> lines;
  for (std::size_t index = 0; index < tokens.size(); ++index) {
    if (index % most_tokens_per_line == 0)
      lines.push_back(tokens[index]);
    else
      lines.back().append(" ").append(tokens[index]);
  }
  return lines;
}

}  // namespace hub::irc
