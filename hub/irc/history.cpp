#include <fmt/format.h>

#include <algorithm>

#include <hub/irc/history.hpp>
#include <hub/irc/line_writer.hpp>

namespace hub::irc {
namespace {

bool is_batched(const history_batch& batch) {
  return batch.receiver_offers.has(capability::batch);
}

std::vector<std::string> bare_lines(const chat::message& said, capability_set offers, chat::moment now) {
  if (chat::is_event(said.kind)) return {event_line(said, offers)};
  return message_lines(offers.has(capability::server_time) ? said : with_visible_time(said, now));
}

}  // namespace

std::vector<history_line> lines_of(std::span<const chat::message> messages, const history_batch& in,
                                   chat::moment now) {
  std::vector<history_line> lines;
  for (const chat::message& said : messages) {
    const std::string time = timestamp(chat::moment(std::chrono::milliseconds(said.time_ms)));
    std::uint32_t count = 0;
    for (const std::string& bare : bare_lines(said, in.receiver_offers, now)) {
      std::string line;
      const auto add = [&](std::string_view tag) {
        if (!tag.empty()) line.append(line.empty() ? "@" : ";").append(tag);
      };
      if (is_batched(in)) add(fmt::format("batch={}", in.name));
      if (in.receiver_offers.has(capability::server_time)) add("time=" + time);
      if (in.receiver_offers.has(capability::message_tags)) add(message_tags(said, count));
      if (!line.empty()) line += ' ';
      line += bare;
      lines.push_back({.at = {.id = said.id, .line = count}, .text = std::move(line)});
      ++count;
    }
  }
  return lines;
}

void keep(std::vector<history_line>& lines, std::size_t most, std::size_t limit_bytes, bool newest) {
  std::size_t count = 0;
  std::size_t bytes = 0;
  while (count < std::min(lines.size(), most)) {
    bytes += lines[newest ? lines.size() - 1 - count : count].text.size();
    if (count > 0 && bytes > limit_bytes) break;
    ++count;
  }
  const auto surplus = static_cast<std::ptrdiff_t>(lines.size() - count);
  if (newest)
    lines.erase(lines.begin(), lines.begin() + surplus);
  else
    lines.erase(lines.end() - surplus, lines.end());
}

std::string in_batch(std::span<const history_line> lines, const history_batch& batch) {
  std::string text;
  if (is_batched(batch)) {
    if (!batch.label.empty()) text = fmt::format("@label={} ", batch.label);
    std::string start = fmt::format(":{} BATCH +{} {}", batch.server, batch.name, batch.type);
    if (!batch.about.empty()) append_middle(start, batch.about);
    append_line(text, start);
  }
  for (const history_line& one : lines)
    text += one.text;
  if (is_batched(batch)) append_line(text, batch.server, "BATCH", {fmt::format("-{}", batch.name)});
  return text;
}

std::string history_lines(std::span<const chat::message> messages, const history_batch& batch,
                          std::size_t limit_bytes, chat::moment now) {
  std::vector<history_line> lines = lines_of(messages, batch, now);
  std::size_t bytes = 0;
  std::size_t first = lines.size();
  while (first > 0 && bytes + lines[first - 1].text.size() <= limit_bytes)
    bytes += lines[--first].text.size();
  // No message without its beginning.
  while (first < lines.size() && lines[first].at.line != 0)
    ++first;
  if (first == lines.size()) return {};
  return in_batch(std::span(lines).subspan(first), batch);
}

}  // namespace hub::irc
