// Connections: from the first byte through registration to the last.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <hub/chat/text.hpp>
#include <hub/irc/exchange.hpp>

namespace hub::irc {
namespace {

// A browser can be made to send these to any port, with IRC lines in the body. Whoever says one speaks HTTP.
bool is_http_method(std::string_view verb) {
  constexpr std::string_view methods[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                          "OPTIONS", "CONNECT", "TRACE", "PATCH"};
  return std::ranges::any_of(methods, [&](std::string_view one) { return chat::same_name(one, verb); });
}

std::string upper(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char letter) {
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 32) : letter;
  });
  return result;
}

}  // namespace

exchange::exchange(settings chosen, chat::rules& rules)
    : settings_(std::move(chosen)), rules_(rules), isupport_(isupport_lines(settings_, rules.bounds())) {}

void exchange::connected(chat::session_id who, std::string_view host, std::string_view owner,
                         std::span<const read_mark> marks, chat::moment now, effects& out) {
  begin(now, out);
  if (clients_.size() <= who) clients_.resize(who + std::size_t{1});
  auto fresh = std::make_unique<client>();
  fresh->session = who;
  fresh->host = host;
  fresh->owner = owner;
  fresh->registering = std::make_unique<registration>();
  begin_reading(*fresh, marks);
  clients_[who] = std::move(fresh);
  ++connection_count_;
  end();
}

void exchange::received(chat::session_id who, std::string_view bytes, chat::moment now, effects& out) {
  client* from = find(who);
  if (from == nullptr || from->closing) return;
  begin(now, out);
  from->splitter.feed(bytes,
                      [&](std::string_view line, line_fault fault) { return take_line(*from, line, fault); });
  end();
}

void exchange::silent(chat::session_id who, chat::moment now, effects& out) {
  const client* to = find(who);
  if (to == nullptr || to->closing) return;
  begin(now, out);
  append_line(gather(*to), {}, "PING", {}, settings_.server_name);
  end();
}

void exchange::expel(chat::session_id who, std::string_view reason, chat::moment now, effects& out) {
  client* whom = find(who);
  if (whom == nullptr || whom->closing) return;
  begin(now, out);
  part_with(*whom, reason, reason);
  end();
}

void exchange::disconnected(chat::session_id who, std::string_view reason, chat::moment now, effects& out) {
  client* from = find(who);
  if (from == nullptr) return;
  begin(now, out);
  if (!from->closing) {
    from->closing = true;
    leave(*from, reason);
  }
  end();
  end_reading(*from);
  clients_[who].reset();
  --connection_count_;
}

std::expected<void, chat::refusal> exchange::announce(std::string_view room, std::string_view source,
                                                      std::string_view text, chat::moment now, effects& out) {
  begin(now, out);
  auto result = rules_.announce(room, source, text, now, events_);
  tell_all();
  end();
  return result;
}

exchange::client* exchange::find(chat::session_id who) {
  return who < clients_.size() ? clients_[who].get() : nullptr;
}

void exchange::begin(chat::moment now, effects& out) {
  now_ = now;
  if (tag_.empty() || tag_moment_ != now) {
    tag_moment_ = now;
    tag_ = time_tag(now);
  }
  out_ = &out;
  answered_bytes_ = 0;
}

void exchange::end() {
  if (!gathered_.empty()) {
    const chat::session_id to = gathering_for_->session;
    answered_bytes_ += gathered_.size();
    out_->push_back(deliver{.to = chat::only(to),
                            .need = {},
                            .lack = {},
                            .line = {.bytes = std::make_shared<const std::string>(std::move(gathered_))}});
    gathered_ = {};
  }
  gathering_for_ = nullptr;
}

std::string& exchange::gather(const client& to) {
  if (gathering_for_ != &to) end();
  gathering_for_ = &to;
  if (to.offers.has(capability::server_time)) gathered_ += tag_;
  return gathered_;
}

void exchange::add(effect next) {
  end();
  out_->push_back(std::move(next));
}

void exchange::take_fault(client& from, std::string_view line, line_fault fault) {
  if (fault == line_fault::too_long) {
    reply(from, numeric::err_inputtoolong, {}, "Input line was too long");
    return;
  }
  if (fault == line_fault::forbidden_byte && from.registering) {
    part_with(from, {}, "This is not IRC: a line holds a NUL or CR");
    return;
  }
  const auto asked = parse_request(line);
  const bool verb_is_text =
      asked && std::ranges::all_of(asked->verb, [](char one) { return one > ' ' && one < '\x7f'; });
  const std::string command = verb_is_text ? upper(asked->verb) : "*";
  if (fault == line_fault::not_utf8)
    fail(from, command, "INVALID_UTF8",
         "Message rejected, it is not valid UTF-8; set your client's encoding to UTF-8");
  else
    fail(from, command, "INVALID_BYTE", "Message rejected, it holds a NUL or a CR inside the line");
}

void exchange::take_request(client& from, const request& asked) {
  if (from.registering && is_http_method(asked.verb)) {
    part_with(from, {}, "This is the IRC side of the server: HTTP is not spoken here");
    return;
  }
  const verb_entry* known = find_verb(asked.verb);
  if (from.registering && (known == nullptr || !known->before_registration)) {
    reply(from, numeric::err_notregistered, {}, "You have not registered");
    return;
  }
  const std::string name = upper(asked.verb);
  if (known == nullptr) {
    reply(from, numeric::err_unknowncommand, {name}, "Unknown command");
    return;
  }
  if (asked.count < known->least_parameters) {
    reply(from, numeric::err_needmoreparams, {name}, "Not enough parameters");
    return;
  }
  (this->*known->run)(from, asked);
}

void exchange::part_with(client& from, std::string_view reason_for_others,
                         std::string_view reason_for_client) {
  from.closing = true;
  append_line(gather(from), {}, "ERROR", {},
              fmt::format("Closing Link: {} ({})", from.host, reason_for_client));
  add(hang_up{from.session});
  leave(from, reason_for_others);
}

void exchange::leave(client& from, std::string_view reason) {
  stop_monitoring(from);
  const std::string nick(nick_of(from));
  const bool was_user = !from.registering;
  apply(from, chat::leave{.reason = reason});
  if (was_user) tell_watchers(numeric::rpl_monoffline, nick, nick);
}

void exchange::try_to_register(client& from) {
  const registration& said = *from.registering;
  if (said.negotiating || said.nick.empty() || said.user_name.empty()) return;
  apply(from, chat::enter{
                  .nick = said.nick, .user = said.user_name, .host = from.host, .real_name = said.real_name});
  // A nick that was taken meanwhile: the client heard 433 and is to choose another.
  if (from.registering) from.registering->nick.clear();
}

void exchange::welcome(client& from) {
  const std::string mask = user_of(from).mask();
  const std::string& server = settings_.server_name;
  reply(from, numeric::rpl_welcome, {},
        fmt::format("Welcome to the {} network, {}", settings_.network, mask));
  reply(from, numeric::rpl_yourhost, {},
        fmt::format("Your host is {}, running {}", server, settings_.version));
  reply(from, numeric::rpl_created, {},
        fmt::format("This server was started at {}", time_text(settings_.started)));
  reply(from, numeric::rpl_myinfo, {server, settings_.version, "i", "biklmnostv", "bklov"});
  send_isupport(from);
  on_lusers(from, {});
  on_motd(from, {});
}

void exchange::send_isupport(client& to) {
  for (const std::string& tokens : isupport_)
    append_line(gather(to), fmt::format(":{} {} {} {} :are supported by this server", settings_.server_name,
                                        three_digits(numeric::rpl_isupport), nick_of(to), tokens));
}

void exchange::on_pass(client& from, const request&) {
  // The server asks for no password, so any will do; after registration it comes too late.
  if (!from.registering) reply(from, numeric::err_alreadyregistered, {}, "You may not reregister");
}

void exchange::on_nick(client& from, const request& asked) {
  const std::string_view nick = asked[0];
  if (nick.empty()) {
    reply(from, numeric::err_nonicknamegiven, {}, "No nickname given");
    return;
  }
  // What the server itself says in rooms must not be said by anyone else.
  if (chat::same_name(nick, settings_.server_name)) {
    reply(from, numeric::err_nicknameinuse, {nick}, "Nickname is already in use");
    return;
  }
  if (!from.registering) {
    apply(from, chat::change_nick{.nick = nick});
    return;
  }
  if (!chat::is_nick(nick, rules_.bounds().nick_bytes)) {
    reply(from, numeric::err_erroneusnickname, {nick}, "Erroneous nickname");
    return;
  }
  if (rules_.find_nick(nick) != nullptr) {
    reply(from, numeric::err_nicknameinuse, {nick}, "Nickname is already in use");
    return;
  }
  from.registering->nick = nick;
  try_to_register(from);
}

void exchange::on_user(client& from, const request& asked) {
  if (!from.registering) {
    reply(from, numeric::err_alreadyregistered, {}, "You may not reregister");
    return;
  }
  if (asked[0].empty()) {
    reply(from, numeric::err_needmoreparams, {"USER"}, "Not enough parameters");
    return;
  }
  from.registering->user_name = asked[0];
  from.registering->real_name = asked[3].empty() ? asked[0] : asked[3];
  try_to_register(from);
}

void exchange::on_quit(client& from, const request& asked) {
  const std::string reason = asked[0].empty() ? "Quit" : fmt::format("Quit: {}", asked[0]);
  part_with(from, reason, reason);
}

void exchange::on_ping(client& from, const request& asked) {
  if (asked[0].empty()) {
    reply(from, numeric::err_noorigin, {}, "No origin specified");
    return;
  }
  append_line(gather(from), settings_.server_name, "PONG", {settings_.server_name}, asked[0]);
}

void exchange::on_pong(client&, const request&) {
  // Being heard from is all that it is for.
}

void exchange::on_setname(client& from, const request& asked) {
  apply(from, chat::change_real_name{.real_name = asked[0]});
}

void exchange::broadcast(const chat::audience& to, std::string line, capability_set need,
                         capability_set lack) {
  std::string bytes;
  bytes.reserve(tag_.size() + line.size());
  bytes.append(tag_).append(line);
  add(deliver{
      .to = to,
      .need = need,
      .lack = lack,
      .line = {.bytes = std::make_shared<const std::string>(std::move(bytes)), .tag_bytes = time_tag_bytes}});
}

void exchange::reply(const client& to, numeric code, std::initializer_list<std::string_view> middle,
                     std::string_view text) {
  std::string line = fmt::format(":{} {} {}", settings_.server_name, three_digits(code), nick_of(to));
  for (const std::string_view parameter : middle)
    append_middle(line, parameter);
  line.append(" :").append(text);
  append_line(gather(to), line);
}

void exchange::reply(const client& to, numeric code, std::initializer_list<std::string_view> middle) {
  std::string line = fmt::format(":{} {} {}", settings_.server_name, three_digits(code), nick_of(to));
  for (const std::string_view parameter : middle)
    append_middle(line, parameter);
  append_line(gather(to), line);
}

void exchange::fail(const client& to, std::initializer_list<std::string_view> middle, std::string_view text) {
  append_line(gather(to), settings_.server_name, "FAIL", middle, text);
}

std::string_view exchange::nick_of(const client& of) const {
  const chat::user* who = rules_.find(of.session);
  return who == nullptr ? std::string_view("*") : std::string_view(who->nick);
}

}  // namespace hub::irc
