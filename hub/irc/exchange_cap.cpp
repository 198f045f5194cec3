// Capability negotiation (IRCv3 capability-negotiation 302).
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include <hub/chat/text.hpp>
#include <hub/irc/exchange.hpp>

namespace hub::irc {
namespace {

std::string names_of(capability_set which) {
  std::string names;
  for (const auto& [name, one] : capabilities) {
    if (!which.has(one)) continue;
    if (!names.empty()) names += ' ';
    names += name;
  }
  return names;
}

capability_set all_capabilities() {
  capability_set all;
  for (const auto& [name, one] : capabilities)
    all.set(one, true);
  return all;
}

// What a client would understand after a request, or nothing if it asks for what there is not.
std::optional<capability_set> after_request(capability_set before, std::string_view list) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    std::string_view name = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    if (name.empty()) continue;
    const bool on = !name.starts_with('-');
    if (!on) name.remove_prefix(1);
    const auto one = capability_named(name);
    if (!one) return std::nullopt;
    before.set(*one, on);
  }
  return before;
}

}  // namespace

void exchange::on_cap(client& from, const request& asked) {
  const auto is = [&](std::string_view name) { return chat::same_name(asked[0], name); };
  if (is("LS")) {
    if (from.registering) from.registering->negotiating = true;
    // From version 302 on, a client is told of changes; there are none, but it may count on it.
    if (asked[1] >= "302" && asked[1].size() >= 3 && !from.offers.has(capability::cap_notify)) {
      from.offers.set(capability::cap_notify, true);
      add(change_capabilities{.who = from.session, .to = from.offers});
    }
    list_capabilities(from, "LS", all_capabilities());
  } else if (is("LIST")) {
    list_capabilities(from, "LIST", from.offers);
  } else if (is("REQ")) {
    if (from.registering) from.registering->negotiating = true;
    request_capabilities(from, asked[1]);
  } else if (is("END")) {
    if (!from.registering) return;
    from.registering->negotiating = false;
    try_to_register(from);
  } else {
    reply(from, numeric::err_invalidcapcmd, {asked[0]}, "Invalid CAP command");
  }
}

void exchange::list_capabilities(client& from, std::string_view subcommand, capability_set which) {
  append_line(gather(from), settings_.server_name, "CAP", {nick_of(from), subcommand}, names_of(which));
}

void exchange::request_capabilities(client& from, std::string_view list) {
  // All or nothing. A list too long to be repeated whole in the answer could not be acknowledged truly.
  const auto wanted = after_request(from.offers, list);
  const std::string answer = fmt::format(":{} CAP {} ACK :{}", settings_.server_name, nick_of(from), list);
  const bool fits = answer.size() + 2 <= line_limit_bytes;
  if (!wanted || !fits) {
    append_line(gather(from), settings_.server_name, "CAP", {nick_of(from), "NAK"}, list);
    return;
  }
  append_line(gather(from), answer);
  from.offers = *wanted;
  add(change_capabilities{.who = from.session, .to = from.offers});
}

}  // namespace hub::irc
