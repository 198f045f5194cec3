// Forms: however the bytes are cut, the same parts come out, in order and within limits.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <fuzz/http/require.hpp>
#include <hub/http/multipart.hpp>

namespace {

using namespace hub::http;

constexpr multipart_limits bounds{.header_bytes = 200, .parts = 8, .padding_bytes = 16};

// All that a parser says, in one text that does not depend on where content was cut.
std::string transcript(std::string_view boundary, std::string_view text, std::size_t step) {
  multipart_parser parser(boundary, bounds);
  std::string said;
  std::size_t parts = 0;
  bool open = false;
  while (!text.empty() && !parser.is_whole()) {
    const std::string piece(text.substr(0, step));
    text.remove_prefix(piece.size());
    for (std::string_view bytes = piece; !bytes.empty() && !parser.is_whole();) {
      const auto next = parser.take(bytes);
      if (!next) return said + "!" + next.error();
      if (next->what == form_event::begin) {
        require(!open && ++parts <= bounds.parts);
        said += '<' + next->header.name + '|' + next->header.file_name.value_or("-") + '|';
        require(next->header.name.size() <= bounds.header_bytes);
      }
      if (next->what == form_event::content) {
        require(open && !next->bytes.empty());
        said += next->bytes;
      }
      if (next->what == form_event::part_end) said += '>';
      if (next->what == form_event::begin || next->what == form_event::part_end) open = !open;
      if (next->what == form_event::end) require(!open && parser.is_whole());
    }
  }
  return said + (parser.is_whole() ? "." : "");
}

}  // namespace

// The first line is a Content-Type, the rest the body that goes with it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto line_end = std::min(input.find('\n'), input.size());
  const auto text = input.substr(std::min(line_end + 1, input.size()));
  static_cast<void>(parse_part_header(text));
  const auto boundary = boundary_of(input.substr(0, line_end));
  if (!boundary) return 0;
  require(!boundary->empty() && boundary->size() <= 70);
  const auto whole = transcript(*boundary, text, std::max<std::size_t>(text.size(), 1));
  for (const std::size_t step : {1, 2, 3, 7, 64})
    require(transcript(*boundary, text, step) == whole);
  return 0;
}
