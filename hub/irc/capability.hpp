// The IRCv3 capabilities that the server offers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace hub::irc {

enum class capability : std::uint32_t {
  away_notify = 1 << 0,
  batch = 1 << 1,
  cap_notify = 1 << 2,
  echo_message = 1 << 3,
  invite_notify = 1 << 4,
  multi_prefix = 1 << 5,
  server_time = 1 << 6,
  setname = 1 << 7,
  userhost_in_names = 1 << 8,
  message_tags = 1 << 9,
  extended_join = 1 << 10,
  account_notify = 1 << 11,
  standard_replies = 1 << 12,
  labeled_response = 1 << 13,
  chathistory = 1 << 14,
  event_playback = 1 << 15,
  read_marker = 1 << 16,
};

inline constexpr std::array<std::pair<std::string_view, capability>, 17> capabilities = {{
    {"account-notify", capability::account_notify},
    {"away-notify", capability::away_notify},
    {"batch", capability::batch},
    {"cap-notify", capability::cap_notify},
    {"draft/chathistory", capability::chathistory},
    {"draft/event-playback", capability::event_playback},
    {"draft/read-marker", capability::read_marker},
    {"echo-message", capability::echo_message},
    {"extended-join", capability::extended_join},
    {"invite-notify", capability::invite_notify},
    {"labeled-response", capability::labeled_response},
    {"message-tags", capability::message_tags},
    {"multi-prefix", capability::multi_prefix},
    {"server-time", capability::server_time},
    {"setname", capability::setname},
    {"standard-replies", capability::standard_replies},
    {"userhost-in-names", capability::userhost_in_names},
}};

std::optional<capability> capability_named(std::string_view name);

class capability_set {
 public:
  constexpr capability_set() = default;
  constexpr explicit capability_set(capability one) : bits_(std::to_underlying(one)) {}

  constexpr bool has(capability one) const { return (bits_ & std::to_underlying(one)) != 0; }
  constexpr bool has_all(capability_set others) const { return (bits_ & others.bits_) == others.bits_; }
  constexpr bool has_any(capability_set others) const { return (bits_ & others.bits_) != 0; }
  constexpr void set(capability one, bool on) {
    const auto bit = std::to_underlying(one);
    bits_ = static_cast<std::uint32_t>(on ? bits_ | bit : bits_ & ~bit);
  }
  constexpr bool operator==(const capability_set&) const = default;

 private:
  std::uint32_t bits_ = 0;
};

}  // namespace hub::irc
