#include <fmt/format.h>
#include <time.h>

#include <array>
#include <cstdint>

#include <cli/chat_view.hpp>
#include <hub/chat/text.hpp>

namespace cli {
namespace {

constexpr std::string_view faint = "2";
constexpr std::string_view bold = "1";
constexpr std::string_view red = "31";

tm local_time(wall_time when) {
  const time_t seconds = std::chrono::system_clock::to_time_t(when);
  tm parts{};
  ::localtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

wall_time parse_server_time(std::string_view text) {
  tm parts{};
  unsigned milliseconds = 0;
  const std::string terminated(text);
  const int read =
      std::sscanf(terminated.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3uZ", &parts.tm_year, &parts.tm_mon,
                  &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &milliseconds);
  if (read < 6) return {};
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  const time_t seconds = ::timegm(&parts);
  if (seconds < 0) return {};
  return std::chrono::system_clock::from_time_t(seconds) + std::chrono::milliseconds(milliseconds);
}

std::string chat_view::paint(std::string_view code, std::string_view text) const {
  return colours_ ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string(text);
}

std::string chat_view::coloured_nick(std::string_view nick) const {
  if (!colours_) return std::string(nick);
  // Those that can be read on black and on white, without the red of warnings.
  static constexpr std::array codes{"32", "33", "34", "35", "36", "92", "94", "95", "96"};
  std::uint32_t hash = 2166136261U;  // FNV-1a: the same colour for a nick on every day
  for (const char letter : hub::chat::fold(nick))
    hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619U;
  return paint(codes[hash % codes.size()], nick);
}

std::string chat_view::stamp(wall_time when, wall_time now, std::string_view where) const {
  const tm then = local_time(when);
  const tm today = local_time(now);
  std::string time = fmt::format("{:02}:{:02}", then.tm_hour, then.tm_min);
  if (then.tm_yday != today.tm_yday || then.tm_year != today.tm_year) {
    time = fmt::format("{}-{:02}-{:02} {}", then.tm_year + 1900, then.tm_mon + 1, then.tm_mday, time);
  }
  return where.empty() ? paint(faint, time) : fmt::format("{} {}", paint(faint, time), where);
}

std::string chat_view::message(wall_time when, wall_time now, std::string_view where, std::string_view nick,
                               std::string_view text, bool to_me) const {
  return fmt::format("{} <{}> {}", stamp(when, now, where), coloured_nick(nick),
                     to_me ? paint(bold, text) : std::string(text));
}

std::string chat_view::action(wall_time when, wall_time now, std::string_view where, std::string_view nick,
                              std::string_view text) const {
  return fmt::format("{} * {} {}", stamp(when, now, where), coloured_nick(nick), text);
}

std::string chat_view::notice(wall_time when, wall_time now, std::string_view where, std::string_view nick,
                              std::string_view text) const {
  return fmt::format("{} -{}- {}", stamp(when, now, where), coloured_nick(nick), text);
}

std::string chat_view::private_message(wall_time when, wall_time now, std::string_view from,
                                       std::string_view to, std::string_view text) const {
  return fmt::format("{} [{} -> {}] {}", stamp(when, now, {}), coloured_nick(from), coloured_nick(to), text);
}

std::string chat_view::event(std::string_view text) const {
  return paint(faint, fmt::format("-- {}", text));
}

std::string chat_view::warning(std::string_view text) const {
  return paint(red, fmt::format("!! {}", text));
}

}  // namespace cli
