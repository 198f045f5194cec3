#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <utility>

#include <hub/config.hpp>
#include <hub/config_table.hpp>
#include <hub/config_values.hpp>

namespace hub {
namespace {

using problem = std::optional<std::string>;  // nothing: fine

constexpr std::size_t file_limit_bytes = std::size_t{1} << 20;
constexpr std::size_t list_limit = 1'000;
constexpr std::size_t line_limit_bytes = 400;  // leaves room for what stands around it in an IRC line

// How many letters must be changed, added or removed to make one name of the other (Levenshtein 1966).
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::ranges::generate(row, [n = std::size_t{0}]() mutable { return n++; });
  for (std::size_t i = 1; i <= left.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const auto replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string unknown_setting(std::string_view section, std::string_view name) {
  auto text = fmt::format("there is no setting {}.{}", section, name);
  const auto settings = all_settings();
  const auto nearest = std::ranges::min_element(settings, {}, [&](const setting& each) {
    return distance(name, each.name) + (section == each.section ? 0 : 1);
  });
  // A third of the letters wrong is a slip; more is another word.
  if (distance(name, nearest->name) <= name.size() / 3)
    text += fmt::format(" (did you mean {}.{}?)", nearest->section, nearest->name);
  return text;
}

const setting* find_setting(std::string_view section, std::string_view name) {
  for (const auto& each : all_settings()) {
    if (each.section == section && each.name == name) return &each;
  }
  return nullptr;
}

// A bound of a setting as its file would show it.
std::string render_number(value_kind kind, std::uint64_t number) {
  if (kind == value_kind::size && number != 0) return render_size(number);
  if (kind == value_kind::duration) return render_duration(std::chrono::milliseconds(number));
  return std::to_string(number);
}

problem store_number(const setting& which, config& into, std::uint64_t number) {
  if (number < which.least || number > which.most) {
    return fmt::format("{} is out of range: {} to {}", render_number(which.kind, number),
                       render_number(which.kind, which.least), render_number(which.kind, which.most));
  }
  const slot kept = which.keep(into);
  if (auto* const* target = std::get_if<std::uint64_t*>(&kept)) **target = number;
  if (auto* const* target = std::get_if<std::chrono::milliseconds*>(&kept))
    **target = std::chrono::milliseconds(number);
  if (auto* const* target = std::get_if<std::chrono::seconds*>(&kept)) {
    if (number % 1'000 != 0) return "the duration must be whole seconds";
    **target = std::chrono::seconds(number / 1'000);
  }
  return std::nullopt;
}

problem store_text(const setting& which, config& into, std::string_view text) {
  const slot kept = which.keep(into);
  std::expected<void, std::string> checked;
  switch (which.kind) {
    case value_kind::size: {
      const auto size = parse_size(text);
      return size ? store_number(which, into, *size) : problem(size.error());
    }
    case value_kind::duration: {
      const auto duration = parse_duration(text);
      if (!duration) return duration.error();
      return store_number(which, into, static_cast<std::uint64_t>(duration->count()));
    }
    case value_kind::durability:
      if (text != "process" && text != "power")
        return fmt::format("{} is neither \"process\" nor \"power\"", quote(text));
      *std::get<store::durability*>(kept) =
          text == "power" ? store::durability::power : store::durability::process;
      return std::nullopt;
    case value_kind::path:
      if (text.empty() || text.contains('\0')) return "a folder's path is empty or contains a NUL";
      *std::get<std::filesystem::path*>(kept) = text;
      return std::nullopt;
    case value_kind::url:
      if (!text.empty()) checked = check_url(text);
      break;
    case value_kind::word:
      checked = check_word(text);
      break;
    case value_kind::line:
      checked = check_line(text, line_limit_bytes);
      break;
    default:
      return which.kind == value_kind::count ? "a number is needed" : "a list is needed, as in [\"...\"]";
  }
  if (!checked) return checked.error();
  *std::get<std::string*>(kept) = text;
  return std::nullopt;
}

problem store_list(const setting& which, config& into, const toml::array& list) {
  const bool addresses = which.kind == value_kind::addresses;
  if (!addresses && which.kind != value_kind::lines) return "one value is needed, not a list";
  if (list.size() > list_limit) return fmt::format("the list has more than {} entries", list_limit);
  if (addresses && list.empty()) return "the list is empty: nobody could connect";
  std::vector<std::string> lines;
  for (const auto& entry : list) {
    const auto text = entry.value_exact<std::string>();
    if (!text) return "the list must contain text only";
    const auto checked = addresses ? check_listen(*text) : check_line(*text, line_limit_bytes);
    if (!checked) return checked.error();
    lines.push_back(*text);
  }
  *std::get<std::vector<std::string>*>(which.keep(into)) = std::move(lines);
  return std::nullopt;
}

problem store_value(const setting& which, config& into, const toml::node& value) {
  if (const auto* list = value.as_array()) return store_list(which, into, *list);
  if (const auto text = value.value_exact<std::string>()) return store_text(which, into, *text);
  const auto number = value.value_exact<std::int64_t>();
  if (!number) return "the value is neither text, a whole number nor a list";
  if (which.kind == value_kind::duration) return "a duration is text with a unit, as in \"90s\"";
  if (which.kind != value_kind::count && which.kind != value_kind::size)
    return "text is needed, not a number";
  if (*number < 0) return "the number is negative";
  return store_number(which, into, static_cast<std::uint64_t>(*number));
}

// Gathers what is wrong with one file.
class reader {
 public:
  reader(std::string_view source, config& into) : source_(source), into_(into) {}

  void read_file(const toml::table& file) {
    for (const auto& [section, content] : file) {
      if (section_comment(section.str()).empty()) {
        complain(content, fmt::format("there is no section {}", quote(section.str())));
      } else if (const auto* table = content.as_table()) {
        read_section(section.str(), *table);
      } else {
        complain(content, fmt::format("{} is a section: write [{}] on a line of its own", section.str(),
                                      section.str()));
      }
    }
  }

  std::string problems() && { return std::move(problems_); }

 private:
  void read_section(std::string_view section, const toml::table& table) {
    for (const auto& [name, value] : table) {
      const auto* which = find_setting(section, name.str());
      if (which == nullptr) {
        complain(value, unknown_setting(section, name.str()));
      } else if (const auto wrong = store_value(*which, into_, value)) {
        complain(value, fmt::format("{}.{}: {}", section, name.str(), *wrong));
      }
    }
  }

  void complain(const toml::node& where, std::string_view what) {
    if (!problems_.empty()) problems_ += '\n';
    problems_ += fmt::format("{}:{}: {}", source_, where.source().begin.line, what);
  }

  std::string_view source_;
  config& into_;
  std::string problems_;
};

std::string render_list(const std::vector<std::string>& lines) {
  std::string text = "[";
  for (const auto& each : lines)
    text += (text.size() == 1 ? "" : ", ") + quote(each);
  return text + ']';
}

std::string render_value(const setting& which, const slot& kept) {
  if (auto* const* number = std::get_if<std::uint64_t*>(&kept)) {
    const bool sized = which.kind == value_kind::size && **number != 0;
    return sized ? quote(render_size(**number)) : std::to_string(**number);
  }
  if (auto* const* duration = std::get_if<std::chrono::milliseconds*>(&kept))
    return quote(render_duration(**duration));
  if (auto* const* duration = std::get_if<std::chrono::seconds*>(&kept))
    return quote(render_duration(**duration));
  if (auto* const* text = std::get_if<std::string*>(&kept)) return quote(**text);
  if (auto* const* path = std::get_if<std::filesystem::path*>(&kept)) return quote((*path)->native());
  if (auto* const* lines = std::get_if<std::vector<std::string>*>(&kept)) return render_list(**lines);
  return *std::get<store::durability*>(kept) == store::durability::power ? "\"power\"" : "\"process\"";
}

std::string render_comment(std::string_view text) {
  std::string rendered = "# ";
  for (const char letter : text)
    rendered += letter == '\n' ? "\n# " : std::string(1, letter);
  return rendered + '\n';
}

// What may be chosen, for numbers and durations; the largest number of TOML is no bound worth naming.
std::string render_range(const setting& which) {
  if (which.most == 0) return "";
  const auto least = render_number(which.kind, which.least);
  if (which.most > std::uint64_t{1} << 62) return fmt::format("# At least {}.\n", least);
  return fmt::format("# {} to {}.\n", least, render_number(which.kind, which.most));
}

}  // namespace

std::expected<config, std::string> parse_config(std::string_view toml, std::string_view source,
                                                const config& base) {
  config parsed = base;
  try {
    const toml::table file = toml::parse(toml);
    reader reading(source, parsed);
    reading.read_file(file);
    auto problems = std::move(reading).problems();
    if (!problems.empty()) return std::unexpected(std::move(problems));
  } catch (const toml::parse_error& error) {
    return std::unexpected(fmt::format("{}:{}: {}", source, error.source().begin.line, error.description()));
  }
  return parsed;
}

std::expected<config, std::string> load_config(const std::filesystem::path& file, const config& base) {
  std::ifstream stream(file, std::ios::binary);
  std::string text;
  if (stream) {
    text.resize(file_limit_bytes + 1);
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
  }
  if (stream.bad() || (!stream.is_open())) {
    return std::unexpected(
        fmt::format("cannot read the configuration {}: {}", file.native(), std::strerror(errno)));
  }
  if (text.size() > file_limit_bytes) {
    return std::unexpected(fmt::format("the configuration {} is larger than 1 MiB", file.native()));
  }
  return parse_config(text, file.native(), base);
}

std::expected<void, std::string> set(config& changed, std::string_view name, std::string_view value) {
  const auto dot = name.find('.');
  if (dot == std::string_view::npos)
    return std::unexpected(fmt::format("{} is not SECTION.NAME", quote(name)));
  const auto section = name.substr(0, dot);
  const auto key = name.substr(dot + 1);
  const auto* which = find_setting(section, key);
  if (which == nullptr) return std::unexpected(unknown_setting(section, key));
  // As in the file, or, for what is text there, without the quotes.
  config tried = changed;
  problem wrong;
  try {
    const toml::table line = toml::parse(fmt::format("value = {}", value));
    wrong = line.size() == 1 ? store_value(*which, tried, *line.get("value")) : "one value is needed";
  } catch (const toml::parse_error&) {
    wrong = store_text(*which, tried, value);
  }
  if (wrong) return std::unexpected(fmt::format("{}: {}", name, *wrong));
  changed = std::move(tried);
  return {};
}

std::string render_config(const config& shown) {
  config copy = shown;
  std::string text =
      "# Configuration of leat. Every setting is here with its meaning; what is left out has its default.\n";
  std::string_view section;
  for (const auto& each : all_settings()) {
    if (each.section != section) {
      section = each.section;
      text += fmt::format("\n{}[{}]\n", render_comment(section_comment(section)), section);
    }
    text += fmt::format("\n{}{}{} = {}\n", render_comment(each.comment), render_range(each), each.name,
                        render_value(each, each.keep(copy)));
  }
  return text;
}

}  // namespace hub
