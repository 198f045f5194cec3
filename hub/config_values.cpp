#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <span>

#include <hub/chat/text.hpp>
#include <hub/config_values.hpp>

namespace hub {
namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

// Largest first, so that the first one that divides a value is the one to show it in.
constexpr std::array size_units{unit{"TiB", 1ULL << 40}, unit{"GiB", 1ULL << 30}, unit{"MiB", 1ULL << 20},
                                unit{"KiB", 1ULL << 10}, unit{"B", 1}};
constexpr std::array duration_units{unit{"d", 86'400'000}, unit{"h", 3'600'000}, unit{"min", 60'000},
                                    unit{"s", 1'000}, unit{"ms", 1}};

// A number and what follows it without spaces between; nothing if there is no number or it is too large.
struct quantity {
  std::uint64_t number;
  std::string_view unit_name;
};
std::optional<quantity> split(std::string_view text) {
  quantity parts{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parts.number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  parts.unit_name = text;
  return parts;
}

std::optional<std::uint64_t> multiply(const quantity& parts, std::span<const unit> units) {
  const auto found = std::ranges::find(units, parts.unit_name, &unit::name);
  if (found == units.end()) return std::nullopt;
  if (parts.number > std::numeric_limits<std::int64_t>::max() / found->factor) return std::nullopt;
  return parts.number * found->factor;
}

std::string render(std::uint64_t value, std::span<const unit> units, std::string_view between) {
  const auto fits = [&](const unit& each) { return value >= each.factor && value % each.factor == 0; };
  const auto found = std::ranges::find_if(units, fits);
  const unit& shown = found == units.end() ? units.back() : *found;
  return fmt::format("{}{}{}", value / shown.factor, between, shown.name);
}

}  // namespace

std::expected<std::uint64_t, std::string> parse_size(std::string_view text) {
  const auto parts = split(text);
  if (parts && parts->unit_name.empty()) return parts->number;
  const auto bytes = parts ? multiply(*parts, size_units) : std::nullopt;
  if (!bytes)
    return std::unexpected(
        fmt::format("{} is not a size such as \"64 MiB\" (B, KiB, MiB, GiB, TiB)", quote(text)));
  return *bytes;
}

std::string render_size(std::uint64_t bytes) {
  return render(bytes, size_units, " ");
}

std::expected<std::chrono::milliseconds, std::string> parse_duration(std::string_view text) {
  const auto parts = split(text);
  const auto milliseconds = parts ? multiply(*parts, duration_units) : std::nullopt;
  if (!milliseconds) {
    return std::unexpected(
        fmt::format("{} is not a duration such as \"90s\" (ms, s, min, h, d)", quote(text)));
  }
  return std::chrono::milliseconds(*milliseconds);
}

std::string render_duration(std::chrono::milliseconds duration) {
  return render(static_cast<std::uint64_t>(duration.count()), duration_units, "");
}

std::expected<void, std::string> check_listen(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto wrong = [&](std::string_view why) {
    return std::unexpected(fmt::format("{} is not HOST:PORT: {}", quote(text), why));
  };
  if (colon == std::string_view::npos) return wrong("the port is missing");
  const auto host = text.substr(0, colon);
  const auto port = text.substr(colon + 1);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size())
    return wrong("the port is not a number from 0 to 65535");
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (!bracketed && host.contains(':')) return wrong("an IPv6 address stands in brackets, as in [::1]:8667");
  if (host.find_first_of(" /\t") != std::string_view::npos)
    return wrong("the host contains a space or a slash");
  return {};
}

std::expected<void, std::string> check_url(std::string_view text) {
  const auto colon = text.find("://");
  const auto scheme = text.substr(0, colon == std::string_view::npos ? 0 : colon);
  const auto is_printable = [](char letter) { return letter > ' ' && letter < '\x7f'; };
  if ((scheme != "http" && scheme != "https") || text.size() < colon + 4 || text.size() > 200 ||
      text.ends_with('/') || !std::ranges::all_of(text, is_printable)) {
    return std::unexpected(
        fmt::format("{} is not like \"http://host:port\", without a slash at its end", quote(text)));
  }
  return {};
}

std::expected<void, std::string> check_line(std::string_view text, std::size_t limit_bytes) {
  if (text.size() > limit_bytes)
    return std::unexpected(fmt::format("the text has more than {} bytes", limit_bytes));
  if (!chat::is_utf8(text)) return std::unexpected("the text is not valid UTF-8");
  const auto is_control = [](char letter) {
    return static_cast<unsigned char>(letter) < ' ' || letter == '\x7f';
  };
  if (std::ranges::any_of(text, is_control)) return std::unexpected("the text contains a control character");
  return {};
}

std::expected<void, std::string> check_word(std::string_view text) {
  const auto is_printable = [](char letter) { return letter > ' ' && letter < '\x7f'; };
  if (text.empty() || text.size() > 63 || text.front() == ':' || !std::ranges::all_of(text, is_printable)) {
    return std::unexpected(fmt::format("{} is not one word of at most 63 ASCII characters", quote(text)));
  }
  return {};
}

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      quoted += '\\';
      quoted += letter;
    } else if (static_cast<unsigned char>(letter) < ' ' || letter == '\x7f') {
      quoted += fmt::format("\\u{:04X}", static_cast<unsigned>(letter));
    } else {
      quoted += letter;
    }
  }
  return quoted + '"';
}

}  // namespace hub
