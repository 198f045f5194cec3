#include <algorithm>
#include <utility>

#include <hub/http/field.hpp>
#include <hub/http/multipart.hpp>

namespace hub::http {
namespace {

constexpr std::size_t boundary_limit = 70;
constexpr std::string_view line_end = "\r\n";

constexpr const char* malformed = "the Content-Disposition of a part is malformed";

std::unexpected<std::string> refuse(std::string text) {
  return std::unexpected(std::move(text));
}

bool is_token_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || std::string_view("!#$%&'*+-.^_`|~").contains(letter);
}

bool is_boundary_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || std::string_view("'()+_,-./:=? ").contains(letter);
}

// One parameter of a field, as in `; name="value"`.
struct parameter {
  std::string_view name;
  std::string value;
};

// The value of a quoted string whose opening quote is gone, and takes it with its closing quote from `text`.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string value;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') {
      text.remove_prefix(at + 1);
      return value;
    }
    // Other backslashes are meant as they stand: browsers do not escape them.
    const auto next = text.substr(at + 1, 1);
    if (text[at] == '\\' && (next == "\"" || next == "\\")) ++at;
    value += text[at];
  }
  return std::nullopt;
}

// Takes the next parameter from the front of `text`; nothing if there is something else.
std::optional<parameter> take_parameter(std::string_view& text) {
  text = trim(text);
  if (!text.starts_with(';')) return std::nullopt;
  text = trim(text.substr(1));
  const auto* name_end = std::ranges::find_if_not(text, is_token_letter);
  parameter found{.name = {text.begin(), name_end}, .value = {}};
  text.remove_prefix(found.name.size());
  if (found.name.empty() || !text.starts_with('=')) return std::nullopt;
  text.remove_prefix(1);
  if (text.starts_with('"')) {
    text.remove_prefix(1);
    auto value = take_quoted(text);
    if (!value) return std::nullopt;
    found.value = std::move(*value);
    return found;
  }
  const auto length = std::min(text.find_first_of("; \t"), text.size());
  found.value = text.substr(0, length);
  text.remove_prefix(length);
  return found;
}

// What browsers write for the three characters that would end a quoted string or its line.
std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto code = text.substr(at, 3);
    const char letter = code == "%22"                    ? '"'
                        : same_word(code, "%0d")         ? '\r'
                        : code == "%0A" || code == "%0a" ? '\n'
                                                         : '\0';
    plain += letter == '\0' ? text[at] : letter;
    if (letter != '\0') at += 2;
  }
  return plain;
}

std::expected<part_header, std::string> parse_disposition(std::string_view value) {
  const auto kind = value.substr(0, std::min(value.find(';'), value.size()));
  if (!same_word(trim(kind), "form-data")) return refuse("a part of the form is not form-data");
  value.remove_prefix(kind.size());
  std::optional<std::string> name;
  std::optional<std::string> file_name;
  while (!trim(value).empty()) {
    auto found = take_parameter(value);
    if (!found) return refuse(malformed);
    auto* target = same_word(found->name, "name")       ? &name
                   : same_word(found->name, "filename") ? &file_name
                                                        : nullptr;
    if (target == nullptr) continue;
    if (*target) return refuse("a part of the form has two names");
    *target = unescape(found->value);
  }
  if (!name) return refuse("a part of the form has no name");
  return part_header{std::move(*name), std::move(file_name)};
}

// Whether bytes come as they are.
bool is_plain_encoding(std::string_view value) {
  return same_word(value, "binary") || same_word(value, "8bit") || same_word(value, "7bit");
}

}  // namespace

std::expected<std::string, std::string> boundary_of(std::string_view content_type) {
  if (!same_word(without_parameters(content_type), "multipart/form-data"))
    return refuse("a form with files must be sent as multipart/form-data");
  std::optional<std::string> boundary;
  content_type.remove_prefix(std::min(content_type.find(';'), content_type.size()));
  while (!trim(content_type).empty()) {
    auto found = take_parameter(content_type);
    if (!found) return refuse("the Content-Type of the form is malformed");
    if (!same_word(found->name, "boundary")) continue;
    if (boundary) return refuse("the form has two boundaries");
    boundary = std::move(found->value);
  }
  if (!boundary || boundary->empty()) return refuse("the Content-Type of the form names no boundary");
  if (boundary->size() > boundary_limit || boundary->ends_with(' ') ||
      !std::ranges::all_of(*boundary, is_boundary_letter))
    return refuse("the boundary of the form is none: it has 1 to 70 letters, digits and some signs");
  return std::move(*boundary);
}

std::expected<part_header, std::string> parse_part_header(std::string_view header) {
  std::optional<part_header> read;
  while (!header.empty()) {
    const auto end = std::min(header.find(line_end), header.size());
    const auto line = header.substr(0, end);
    header.remove_prefix(std::min(end + line_end.size(), header.size()));
    if (line.empty()) continue;
    const auto colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos ||
        !std::ranges::all_of(line.substr(0, colon), is_token_letter))
      return refuse("the header of a part is malformed");
    const auto name = line.substr(0, colon);
    const auto value = trim(line.substr(colon + 1));
    if (same_word(name, "Content-Transfer-Encoding") && !is_plain_encoding(value))
      return refuse("the parts of a form must come as they are, without a Content-Transfer-Encoding");
    if (!same_word(name, "Content-Disposition")) continue;
    if (read) return refuse("a part of the form has two Content-Disposition fields");
    auto parsed = parse_disposition(value);
    if (!parsed) return parsed;
    read = std::move(*parsed);
  }
  if (!read) return refuse("a part of the form has no Content-Disposition");
  return std::move(*read);
}

multipart_parser::multipart_parser(std::string_view boundary, const multipart_limits& bounds)
    : delimiter_("\r\n--" + std::string(boundary)), limits_(bounds) {}

// The next bytes that are certainly content; none: all of `bytes` are used up. Nothing: a delimiter has
// ended.
std::optional<std::string_view> multipart_parser::take_content(std::string_view& bytes) {
  const std::string_view delimiter = delimiter_;
  if (matched_ > 0) {
    const auto rest = delimiter.substr(matched_);
    const auto same = static_cast<std::size_t>(std::ranges::mismatch(rest, bytes).in1 - rest.begin());
    matched_ += same;
    bytes.remove_prefix(same);
    if (matched_ < delimiter.size() && bytes.empty()) return bytes;
    const auto held = std::exchange(matched_, 0);
    if (held == delimiter.size()) return std::nullopt;
    return delimiter.substr(0, held);
  }
  const auto found = bytes.find(delimiter);
  if (found == 0) {
    bytes.remove_prefix(delimiter.size());
    return std::nullopt;
  }
  auto length = std::min(found, bytes.size());
  if (found == std::string_view::npos) {
    // The end may be the front of a delimiter; only the last CR can begin one.
    const auto last = bytes.rfind('\r');
    if (last != std::string_view::npos && delimiter.starts_with(bytes.substr(last))) {
      length = last;
      matched_ = bytes.size() - last;
    }
  }
  const auto content = bytes.substr(0, length);
  bytes.remove_prefix(length + matched_);
  return content;
}

// Letter by letter what follows a boundary: two dashes, or a line end behind spaces (RFC 2046).
std::expected<std::optional<form_event>, std::string> multipart_parser::end_boundary(char letter) {
  line_ += letter;
  if (line_ == "--") {
    state_ = state::done;
    return form_event{.what = form_event::end};
  }
  if (line_.ends_with(line_end)) {
    if (line_.starts_with('-') ||
        !trim(std::string_view(line_).substr(0, line_.size() - line_end.size())).empty())
      return refuse("something stands behind a boundary of the form");
    if (parts_++ == limits_.parts) return refuse("the form has too many parts");
    line_.clear();
    scanner_ = {};
    state_ = state::header;
    return std::nullopt;
  }
  if (line_.size() > limits_.padding_bytes) return refuse("a boundary of the form does not end its line");
  return std::nullopt;
}

std::expected<form_event, std::string> multipart_parser::take_header(std::string_view& bytes) {
  const auto had = line_.size();
  // One more than is allowed, by which too much is told from just enough.
  line_ += bytes.substr(0, limits_.header_bytes + 1 - had);
  const auto length = scanner_.look(line_);
  if (!length) return std::unexpected(length.error());
  if (!*length && line_.size() > limits_.header_bytes) return refuse("the header of a part is too large");
  if (!*length) {
    bytes = {};
    return form_event{};
  }
  if (**length > limits_.header_bytes) return refuse("the header of a part is too large");
  bytes.remove_prefix(**length - had);
  auto parsed = parse_part_header(std::string_view(line_).substr(0, **length));
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  line_.clear();
  state_ = state::content;
  return form_event{.what = form_event::begin, .header = std::move(*parsed)};
}

std::expected<form_event, std::string> multipart_parser::take(std::string_view& bytes) {
  for (;;) {
    if (state_ == state::done || bytes.empty()) return form_event{};
    if (state_ == state::header) return take_header(bytes);
    if (state_ == state::boundary_end) {
      auto ended = end_boundary(bytes.front());
      bytes.remove_prefix(1);
      if (!ended) return std::unexpected(std::move(ended.error()));
      if (*ended) return std::move(**ended);
      continue;
    }
    const bool in_part = state_ == state::content;
    const auto content = take_content(bytes);
    if (!content) {
      state_ = state::boundary_end;
      if (in_part) return form_event{.what = form_event::part_end};
      continue;
    }
    if (content->empty()) return form_event{};
    if (in_part) return form_event{.what = form_event::content, .bytes = *content};
    skipped_bytes_ += content->size();
    if (skipped_bytes_ > limits_.header_bytes) return refuse("the form does not begin with its boundary");
  }
}

}  // namespace hub::http
