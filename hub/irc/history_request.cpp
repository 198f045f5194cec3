#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <hub/chat/text.hpp>
#include <hub/irc/history_request.hpp>
#include <hub/irc/line_writer.hpp>

namespace hub::irc {
namespace {

constexpr std::array<std::string_view, 6> names = {"LATEST", "BEFORE",  "AFTER",
                                                   "AROUND", "BETWEEN", "TARGETS"};

std::optional<history_part> part_named(std::string_view name) {
  const auto found =
      std::ranges::find_if(names, [&](std::string_view one) { return chat::same_name(one, name); });
  if (found == names.end()) return std::nullopt;
  return static_cast<history_part>(found - names.begin());
}

// The whole text as a number.
template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

using point = history_request::point;

std::expected<point, history_fault> parse_point(std::string_view text) {
  const std::size_t equals = std::min(text.find('='), text.size());
  const std::string_view type = text.substr(0, equals);
  const std::string_view value = text.substr(std::min(equals + 1, text.size()));
  if (type == "msgid") {
    if (const auto at = parse_message_id(value)) return *at;
    return std::unexpected(history_fault{"INVALID_PARAMS", std::string(text), "There is no such message"});
  }
  if (type == "timestamp") {
    if (const auto when = parse_timestamp(value)) return *when;
    return std::unexpected(history_fault{"INVALID_PARAMS", std::string(text),
                                         "A timestamp is as timestamp=2026-11-21T10:14:00.000Z"});
  }
  return std::unexpected(history_fault{"INVALID_MSGREFTYPE", std::string(text),
                                       "A message is named by msgid=... or timestamp=..."});
}

}  // namespace

std::string_view name_of(history_part which) {
  return names.at(std::to_underlying(which));
}

std::optional<log_position> parse_message_id(std::string_view text) {
  const std::size_t dot = std::min(text.find('.'), text.size());
  const auto id = parse_number<std::uint64_t>(text.substr(0, dot));
  if (!id || *id == 0) return std::nullopt;
  if (dot == text.size()) return log_position{.id = *id, .line = 0};
  const auto line = parse_number<std::uint32_t>(text.substr(dot + 1));
  if (!line || *line == 0) return std::nullopt;
  return log_position{.id = *id, .line = *line};
}

std::expected<history_request, history_fault> parse_history_request(const request& asked, std::size_t most) {
  if (asked.count == 0) return std::unexpected(history_fault{"NEED_MORE_PARAMS", {}, "Missing parameters"});
  const auto which = part_named(asked[0]);
  if (!which)
    return std::unexpected(history_fault{"UNKNOWN_COMMAND", std::string(asked[0]), "Unknown command"});
  history_request parsed{.which = *which, .target = {}, .first = {}, .second = {}};
  const bool has_target = *which != history_part::targets;
  const bool has_two = *which == history_part::between || *which == history_part::targets;
  std::size_t next = 1;
  if (asked.count < next + (has_target ? 1U : 0U) + (has_two ? 2U : 1U) + 1U)
    return std::unexpected(history_fault{"NEED_MORE_PARAMS", {}, "Missing parameters"});
  if (has_target) parsed.target = asked[next++];
  for (std::optional<point>* into : {&parsed.first, &parsed.second}) {
    if (into == &parsed.second && !has_two) break;
    const std::string_view text = asked[next++];
    if (*which == history_part::latest && text == "*") break;
    auto at = parse_point(text);
    if (!at) return std::unexpected(std::move(at).error());
    if (*which == history_part::targets && !std::holds_alternative<chat::moment>(*at))
      return std::unexpected(
          history_fault{"INVALID_PARAMS", std::string(text), "TARGETS are between two timestamps"});
    *into = *at;
  }
  const auto limit = parse_number<std::size_t>(asked[next]);
  if (!limit || *limit == 0)
    return std::unexpected(
        history_fault{"INVALID_PARAMS", std::string(asked[next]), "A limit is a number above zero"});
  parsed.limit = std::min(*limit, most);
  return parsed;
}

}  // namespace hub::irc
