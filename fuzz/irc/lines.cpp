// The line splitter and the parser: any bytes, however they are cut, give the same lines, in bounded memory.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hub/chat/text.hpp>
#include <hub/irc/line_splitter.hpp>
#include <hub/irc/request.hpp>

namespace {

using hub::irc::line_fault;
using lines = std::vector<std::pair<std::string, line_fault>>;

void require(bool what) {
  if (!what) std::abort();
}

void check_request(std::string_view line) {
  const auto asked = hub::irc::parse_request(line);
  if (!asked) return;
  require(!asked->verb.empty() && asked->count <= hub::irc::most_parameters);
  for (std::size_t index = 0; index < asked->count; ++index) {
    const std::string_view one = (*asked)[index];
    const bool last = index + 1 == asked->count;
    require(last || (!one.empty() && one.find(' ') == std::string_view::npos));
  }
}

lines split(std::string_view bytes, std::size_t piece_bytes) {
  hub::irc::line_splitter splitter;
  lines found;
  for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
    splitter.feed(bytes.substr(at, piece_bytes), [&](std::string_view text, line_fault fault) {
      found.emplace_back(text, fault);
      return true;
    });
    require(splitter.kept_bytes() < hub::irc::line_limit_bytes + hub::irc::tags_limit_bytes);
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(data, data + size);
  const lines whole = split(input, std::max<std::size_t>(size, 1));
  require(whole == split(input, 1));
  require(whole == split(input, 7));
  for (const auto& [text, fault] : whole) {
    if (fault != line_fault::none) continue;
    require(!text.empty() && hub::chat::is_line_text(text));
    check_request(text);
  }
  return 0;
}
