#include <algorithm>

#include <hub/chat/text.hpp>
#include <hub/irc/line_splitter.hpp>

namespace hub::irc {
namespace {

// The most bytes that the line starting here may have, its end included. A line that starts with '@' and
// whose tags have not ended yet may still become as long as tags and line together.
std::size_t allowance(std::string_view start) {
  if (!start.starts_with('@')) return line_limit_bytes;
  const std::size_t tags_end = start.find(' ');
  if (tags_end == std::string_view::npos) return tags_limit_bytes;
  if (tags_end >= tags_limit_bytes) return 0;
  return tags_end + 1 + line_limit_bytes;
}

}  // namespace

line_splitter::found line_splitter::next_line(std::string_view& bytes) {
  const std::size_t end = bytes.find('\n');
  const bool ends_here = end != std::string_view::npos;
  const std::string_view piece = bytes.substr(0, ends_here ? end + 1 : std::string_view::npos);
  bytes.remove_prefix(piece.size());
  if (skipping_) {
    skipping_ = !ends_here;
    return {};
  }
  // The usual case, a whole line at once, is looked at where it lies.
  std::string_view line = piece;
  if (!kept_.empty() || !ends_here) {
    // One byte more than any allowance is enough to see that it is passed.
    const std::size_t room = line_limit_bytes + tags_limit_bytes + 1 - kept_.size();
    kept_.append(piece.substr(0, room));
    line = kept_;
    if (!ends_here && line.size() < allowance(line)) return {.goes_on = true, .text = {}};
  }
  if (ends_here && line.size() <= allowance(line)) return finish(line);
  skipping_ = !ends_here;
  return {.report = true, .text = {}, .fault = line_fault::too_long};
}

line_splitter::found line_splitter::finish(std::string_view line) {
  using namespace std::string_view_literals;
  line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return {};
  line_fault fault = line_fault::none;
  if (line.find_first_of("\0\r"sv) != std::string_view::npos)
    fault = line_fault::forbidden_byte;
  else if (!chat::is_utf8(line))
    fault = line_fault::not_utf8;
  return {.report = true, .text = line, .fault = fault};
}

}  // namespace hub::irc
