#include <strings.h>

#include <algorithm>
#include <charconv>

#include <leat/net/system_names.hpp>

namespace leat::net {
namespace {

constexpr std::string_view blanks = " \t\r";

// The next word of `text`, which is cut off it; empty at the end.
std::string_view take_word(std::string_view& text) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(blanks));
  text.remove_prefix(word.size());
  return word;
}

// Calls `look(line)` for every line, without its comment, until it returns false.
template <typename Look>
void for_each_line(std::string_view text, std::string_view comment_marks, Look&& look) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!look(line.substr(0, line.find_first_of(comment_marks)))) return;
  }
}

std::string_view without_dot(std::string_view name) noexcept {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

template <typename T>
void add_once(std::vector<T>& all, const T& one) {
  if (std::ranges::find(all, one) == all.end()) all.push_back(one);
}

// Whether a source that is neither files nor dns may know the name.
bool may_know(std::string_view source, std::string_view name, std::string_view own_name) noexcept {
  if (name.empty()) return true;
  if (source.starts_with("mdns")) return ends_in_label(name, "local");
  if (source == "myhostname") {
    return same_host_name(name, own_name) || same_host_name(name, "_gateway") ||
           same_host_name(name, "_outbound") || ends_in_label(name, "localhost") ||
           ends_in_label(name, "localdomain");
  }
  return true;
}

// Actions that change nothing for us: those of a source that is not asked, and what follows from an
// unreachable name server behind the last source that we know.
bool is_usual_action(std::string_view action, std::string_view source) noexcept {
  return source.starts_with("mdns") || source == "myhostname" || action == "[!UNAVAIL=return]" ||
         action == "[SUCCESS=return]";
}

template <typename Number>
std::optional<Number> number_after(std::string_view word, std::string_view key) noexcept {
  if (!word.starts_with(key)) return std::nullopt;
  word.remove_prefix(key.size());
  Number value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size() || value < 1) return std::nullopt;
  return value;
}

}  // namespace

bool same_host_name(std::string_view left, std::string_view right) noexcept {
  left = without_dot(left);
  right = without_dot(right);
  return left.size() == right.size() && strncasecmp(left.data(), right.data(), left.size()) == 0;
}

bool ends_in_label(std::string_view name, std::string_view label) noexcept {
  name = without_dot(name);
  if (name.size() < label.size()) return false;
  if (!same_host_name(name.substr(name.size() - label.size()), label)) return false;
  return name.size() == label.size() || name[name.size() - label.size() - 1] == '.';
}

bool is_host_name(std::string_view name) noexcept {
  constexpr std::size_t name_limit_bytes = 253;
  constexpr std::size_t label_limit_bytes = 63;
  name = without_dot(name);
  if (name.empty() || name.size() > name_limit_bytes) return false;
  std::size_t label = 0;
  for (const char c : name) {
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
    } else if ((!alphanumeric && c != '-' && c != '_') || ++label > label_limit_bytes) {
      return false;
    }
  }
  return label > 0;
}

std::vector<ip_address> addresses_in_hosts(std::string_view text, std::string_view name) {
  std::vector<ip_address> found;
  for_each_line(text, "#", [&](std::string_view line) {
    const std::string_view literal = take_word(line);
    for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
      if (!same_host_name(word, name)) continue;
      if (const auto address = ip_address::parse(literal)) add_once(found, *address);
      break;
    }
    return found.size() < most_answers;
  });
  return found;
}

std::vector<std::string> names_in_hosts(std::string_view text, const ip_address& address) {
  std::vector<std::string> canonical;
  std::vector<std::string> aliases;
  for_each_line(text, "#", [&](std::string_view line) {
    const auto listed = ip_address::parse(take_word(line));
    if (!listed || listed->unmapped() != address.unmapped()) return true;
    auto* into = &canonical;
    for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
      if (is_host_name(word)) add_once(*into, std::string(word));
      into = &aliases;
    }
    return canonical.size() + aliases.size() < most_answers;
  });
  for (const std::string& alias : aliases)
    add_once(canonical, alias);
  if (canonical.size() > most_answers) canonical.resize(most_answers);
  return canonical;
}

std::string reverse_name(const ip_address& address) {
  constexpr std::string_view digits = "0123456789abcdef";
  const ip_address plain = address.unmapped();
  const auto bytes = plain.bytes();
  std::string name;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    if (plain.is_v4()) {
      name += std::to_string(bytes[i]) + '.';
    } else {
      name += {digits[bytes[i] & 0xf], '.', digits[bytes[i] >> 4], '.'};
    }
  }
  return name + (plain.is_v4() ? "in-addr.arpa" : "ip6.arpa");
}

bool wants_system_resolver(std::string_view nsswitch, std::string_view name, std::string_view own_name) {
  bool wanted = false;
  for_each_line(nsswitch, "#", [&](std::string_view line) {
    std::string_view rest = line;
    if (take_word(rest) != "hosts:") return true;
    bool dns_seen = false;
    std::string_view source;
    for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest)) {
      if (word.starts_with('[')) {
        wanted |= !is_usual_action(word, source);
        continue;
      }
      source = word;
      if (source == "files") {
        wanted |= dns_seen;  // we look into the file first
      } else if (source == "dns") {
        dns_seen = true;
      } else {
        wanted |= may_know(source, name, own_name);
      }
    }
    wanted |= !dns_seen;  // no name server is to be asked
    return false;
  });
  return wanted;
}

resolv_conf_options read_resolv_conf_options(std::string_view resolv_conf) {
  constexpr long longest_seconds = 30;
  constexpr int most_attempts = 5;
  resolv_conf_options options;
  for_each_line(resolv_conf, "#;", [&](std::string_view line) {
    if (take_word(line) != "options") return true;
    for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
      if (const auto seconds = number_after<long>(word, "timeout:"))
        options.timeout = std::chrono::seconds(std::min(*seconds, longest_seconds));
      if (const auto attempts = number_after<int>(word, "attempts:"))
        options.attempts = std::min(*attempts, most_attempts);
      options.rotate |= word == "rotate";
      options.over_tcp |= word == "use-vc";
    }
    return true;
  });
  return options;
}

}  // namespace leat::net
