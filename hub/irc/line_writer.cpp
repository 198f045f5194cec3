#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <hub/chat/text.hpp>
#include <hub/irc/line_splitter.hpp>
#include <hub/irc/line_writer.hpp>

namespace hub::irc {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view action_start =
    "\x01"
    "ACTION ";
constexpr std::string_view action_end = "\x01";

void append_start(std::string& out, std::string_view source, std::string_view verb,
                  std::initializer_list<std::string_view> middle) {
  if (!source.empty()) out.append(":").append(source).append(" ");
  out += verb;
  for (const std::string_view parameter : middle)
    append_middle(out, parameter);
}

// Ends the line that starts at an offset of `out`, within the limit.
void append_end(std::string& out, std::size_t start) {
  const std::size_t limit = line_limit_bytes - line_end.size();
  if (out.size() - start > limit)
    out.resize(start + chat::cut(std::string_view(out).substr(start), limit).size());
  out += line_end;
}

// The front of the text for one line: all of it, or up to a word's end in its second half, or as much as
// fits.
std::string_view front_of(std::string_view text, std::size_t room) {
  const std::string_view fitting = chat::cut(text, room);
  if (fitting.size() == text.size()) return fitting;
  const std::size_t space = fitting.rfind(' ');
  return space == std::string_view::npos || space < room / 2 ? fitting : fitting.substr(0, space);
}

std::chrono::year_month_day date_of(chat::moment when) {
  return std::chrono::floor<std::chrono::days>(when);
}

std::chrono::hh_mm_ss<std::chrono::milliseconds> time_of(chat::moment when) {
  return std::chrono::hh_mm_ss(when - std::chrono::floor<std::chrono::days>(when));
}

std::string date_text(chat::moment when) {
  const auto date = date_of(when);
  return fmt::format("{:04}-{:02}-{:02}", int{date.year()}, unsigned{date.month()}, unsigned{date.day()});
}

}  // namespace

void append_middle(std::string& out, std::string_view parameter) {
  parameter = parameter.substr(0, parameter.find(' '));
  out += ' ';
  out += parameter.empty() || parameter.starts_with(':') ? std::string_view("*") : parameter;
}

std::string timestamp(chat::moment when) {
  const auto time = time_of(when);
  return fmt::format("{}T{:02}:{:02}:{:02}.{:03}Z", date_text(when), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

std::optional<chat::moment> parse_timestamp(std::string_view text) {
  constexpr std::string_view form = "0000-00-00T00:00:00.000Z";
  if (text.size() != form.size()) return std::nullopt;
  const auto fits = [](char letter, char wanted) {
    return wanted == '0' ? letter >= '0' && letter <= '9' : letter == wanted;
  };
  if (!std::ranges::equal(text, form, fits)) return std::nullopt;
  const auto number = [&](std::size_t place, std::size_t digits) {
    int value = 0;
    for (const char digit : text.substr(place, digits))
      value = value * 10 + (digit - '0');
    return value;
  };
  const std::chrono::year_month_day date(std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2))));
  const int hours = number(11, 2), minutes = number(14, 2), seconds = number(17, 2);
  // A leap second, as RFC 3339 lets it be written, is the first moment of the next minute.
  if (!date.ok() || hours > 23 || minutes > 59 || seconds > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
         std::chrono::seconds(seconds) + std::chrono::milliseconds(number(20, 3));
}

std::string time_tag(chat::moment when) {
  return fmt::format("@time={} ", timestamp(when));
}

std::string time_text(chat::moment when) {
  const auto time = time_of(when);
  return fmt::format("{}T{:02}:{:02}:{:02}Z", date_text(when), time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

void append_line(std::string& out, std::string_view source, std::string_view verb,
                 std::initializer_list<std::string_view> middle) {
  const std::size_t start = out.size();
  append_start(out, source, verb, middle);
  append_end(out, start);
}

void append_line(std::string& out, std::string_view source, std::string_view verb,
                 std::initializer_list<std::string_view> middle, std::string_view trailing) {
  const std::size_t start = out.size();
  append_start(out, source, verb, middle);
  out.append(" :").append(trailing);
  append_end(out, start);
}

void append_line(std::string& out, std::string_view line) {
  const std::size_t start = out.size();
  out += line;
  append_end(out, start);
}

std::string three_digits(numeric code) {
  return fmt::format("{:03}", std::to_underlying(code));
}

outgoing_line line_forms::for_receiver(capability_set offers) {
  const bool with_time = offers.has(capability::server_time) && line_.tag_bytes > 0;
  if (line_.tags.empty() || !offers.has(capability::message_tags))
    return {.bytes = line_.bytes, .offset = with_time ? 0 : line_.tag_bytes};
  auto& form = with_time ? tagged_and_timed_ : tagged_;
  if (!form) {
    const std::string_view plain(*line_.bytes);
    const std::string_view rest = plain.substr(line_.tag_bytes);
    // "@time=... rest" becomes "@time=...;msgid=7;+reply=5 rest": what clients say stands last.
    form = std::make_shared<const std::string>(
        with_time ? fmt::format("{};{} {}", plain.substr(0, line_.tag_bytes - 1), line_.tags, rest)
                  : fmt::format("@{} {}", line_.tags, rest));
  }
  return {.bytes = form, .offset = 0};
}

std::string message_tags(const chat::message& said, std::size_t line) {
  std::string tags;
  if (said.id != 0)
    tags = line == 0 ? fmt::format("msgid={}", said.id) : fmt::format("msgid={}.{}", said.id, line);
  if (line == 0 && !said.tags.empty()) tags.append(tags.empty() ? "" : ";").append(said.tags);
  return tags;
}

std::vector<std::string> message_lines(const chat::message& said, std::string_view tags) {
  if (said.kind == chat::message_kind::tags) {
    std::string line(tags);
    append_line(line, said.source, "TAGMSG", {said.target});
    return {std::move(line)};
  }
  const std::string_view verb = said.kind == chat::message_kind::notice ? "NOTICE" : "PRIVMSG";
  std::string_view text = said.text;
  const bool is_action = text.starts_with(action_start) && text.ends_with(action_end);
  if (is_action) {
    text.remove_prefix(action_start.size());
    text.remove_suffix(action_end.size());
  }
  const std::size_t around = said.source.size() + verb.size() + said.target.size() +
                             std::string_view(":   :").size() + line_end.size() +
                             (is_action ? action_start.size() + action_end.size() : 0);
  // Names have limits that leave room; if a caller's have none, a line is cut rather than an endless one
  // made.
  const std::size_t room = std::max<std::size_t>(line_limit_bytes - std::min(around, line_limit_bytes), 64);
  std::vector<std::string> lines;
  do {
    const std::string_view part = front_of(text, room);
    text.remove_prefix(part.size());
    if (text.starts_with(' ')) text.remove_prefix(1);
    std::string line;
    line.reserve(tags.size() + around + part.size());
    line = tags;
    if (is_action)
      append_line(line, said.source, verb, {said.target},
                  fmt::format("{}{}{}", action_start, part, action_end));
    else
      append_line(line, said.source, verb, {said.target}, part);
    lines.push_back(std::move(line));
  } while (!text.empty());
  return lines;
}

std::string event_line(const chat::message& happened, capability_set receiver_offers) {
  const auto& [id, time_ms, kind, source, target, tags, text] = happened;
  std::string line;
  switch (kind) {
    case chat::message_kind::join:
      // "*": not logged in to any account.
      if (receiver_offers.has(capability::extended_join))
        append_line(line, source, "JOIN", {target, "*"}, text);
      else
        append_line(line, source, "JOIN", {target});
      break;
    case chat::message_kind::part:
      if (text.empty())
        append_line(line, source, "PART", {target});
      else
        append_line(line, source, "PART", {target}, text);
      break;
    case chat::message_kind::quit:
      append_line(line, source, "QUIT", {}, text);
      break;
    case chat::message_kind::kick: {
      const std::size_t end = std::min(text.find(' '), text.size());
      const std::string_view rest = std::string_view(text).substr(std::min(end + 1, text.size()));
      append_line(line, source, "KICK", {target, std::string_view(text).substr(0, end)}, rest);
      break;
    }
    case chat::message_kind::nick:
      append_line(line, source, "NICK", {text});
      break;
    case chat::message_kind::topic:
      append_line(line, source, "TOPIC", {target}, text);
      break;
    case chat::message_kind::mode:
      append_line(line, fmt::format(":{} MODE {} {}", source, target, text));
      break;
    case chat::message_kind::text:
    case chat::message_kind::notice:
    case chat::message_kind::tags:
      break;
  }
  return line;
}

chat::message with_visible_time(const chat::message& said, chat::moment now) {
  const chat::moment when{std::chrono::milliseconds(said.time_ms)};
  const auto time = time_of(when);
  const bool is_recent = now - when < std::chrono::days(1);
  const std::string stamp = fmt::format("[{}{}{:02}:{:02}] ", is_recent ? "" : date_text(when),
                                        is_recent ? "" : " ", time.hours().count(), time.minutes().count());
  chat::message stamped = said;
  stamped.text.insert(said.text.starts_with(action_start) ? action_start.size() : 0, stamp);
  return stamped;
}

}  // namespace hub::irc
