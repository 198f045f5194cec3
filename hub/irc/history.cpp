#include <fmt/format.h>

#include <ranges>
#include <vector>

#include <hub/irc/history.hpp>
#include <hub/irc/line_writer.hpp>

namespace hub::irc {
namespace {

std::string lines_of(const chat::message& said, capability_set offers, std::string_view batch_name,
                     chat::moment now) {
  const bool with_time = offers.has(capability::server_time);
  const chat::moment when{std::chrono::milliseconds(said.time_ms)};
  const std::string time = with_time ? time_tag(when) : std::string();
  std::string lines;
  std::size_t count = 0;
  for (const std::string& line : message_lines(with_time ? said : with_visible_time(said, now))) {
    std::string tags;
    const auto add = [&](std::string_view one) {
      if (!one.empty()) tags.append(tags.empty() ? "@" : ";").append(one);
    };
    if (!batch_name.empty()) add(fmt::format("batch={}", batch_name));
    if (offers.has(capability::message_tags)) add(message_tags(said, count));
    if (with_time) add(std::string_view(time).substr(1, time.size() - 2));
    ++count;
    if (!tags.empty()) tags += ' ';
    lines.append(tags).append(line);
  }
  return lines;
}

}  // namespace

std::string history_lines(std::span<const chat::message> messages, std::string_view server,
                          std::string_view room, capability_set receiver_offers, std::string_view batch_name,
                          std::size_t limit_bytes, chat::moment now) {
  if (!receiver_offers.has(capability::batch)) batch_name = {};
  std::vector<std::string> fitting;  // the latest first
  std::size_t bytes = 0;
  for (const chat::message& said : std::views::reverse(messages)) {
    fitting.push_back(lines_of(said, receiver_offers, batch_name, now));
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
