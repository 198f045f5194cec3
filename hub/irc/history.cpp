#include <fmt/format.h>

#include <ranges>
#include <vector>

#include <hub/irc/history.hpp>
#include <hub/irc/line_writer.hpp>

namespace hub::irc {
namespace {

std::string lines_of(const chat::message& said, bool with_tag, std::string_view batch_name,
                     chat::moment now) {
  std::string lines;
  const chat::moment when{std::chrono::milliseconds(said.time_ms)};
  std::string tags = with_tag ? time_tag(when) : std::string();
  if (!batch_name.empty()) {
    const std::string batch = fmt::format("batch={}", batch_name);
    tags = tags.empty() ? '@' + batch + ' ' : fmt::format("@{};{}", batch, tags.substr(1));
  }
  for (const std::string& line : message_lines(with_tag ? said : with_visible_time(said, now), tags))
    lines += line;
  return lines;
}

}  // namespace

std::string history_lines(std::span<const chat::message> messages, std::string_view server,
                          std::string_view room, capability_set receiver_offers, std::string_view batch_name,
                          std::size_t limit_bytes, chat::moment now) {
  const bool with_tag = receiver_offers.has(capability::server_time);
  if (!receiver_offers.has(capability::batch)) batch_name = {};
  std::vector<std::string> fitting;  // the latest first
  std::size_t bytes = 0;
  for (const chat::message& said : std::views::reverse(messages)) {
    fitting.push_back(lines_of(said, with_tag, batch_name, now));
    bytes += fitting.back().size();
    if (bytes > limit_bytes) {
      fitting.pop_back();
      break;
    }
  }
  if (fitting.empty()) return {};
  std::string lines;
  if (!batch_name.empty())
    append_line(lines, server, "BATCH", {fmt::format("+{}", batch_name), "chathistory", room});
  for (const std::string& one : std::views::reverse(fitting))
    lines += one;
  if (!batch_name.empty()) append_line(lines, server, "BATCH", {fmt::format("-{}", batch_name)});
  return lines;
}

}  // namespace hub::irc
