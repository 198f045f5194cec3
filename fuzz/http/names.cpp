// Names of files and rooms: whatever is accepted is harmless in a path, a header field and a listing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <fuzz/http/require.hpp>
#include <hub/chat/text.hpp>
#include <hub/files/area.hpp>
#include <hub/files/file_name.hpp>
#include <hub/http/disposition.hpp>
#include <hub/http/listing.hpp>
#include <hub/http/target.hpp>

namespace {

using namespace hub;

bool has_control(std::string_view text) {
  return std::ranges::any_of(
      text, [](char letter) { return static_cast<unsigned char>(letter) < ' ' || letter == '\x7f'; });
}

void check_file_name(std::string_view text) {
  const auto name = files::file_name::parse(text);
  if (!name) {
    require(!name.error().empty() && !has_control(name.error()) && chat::is_utf8(name.error()));
    return;
  }
  require(name->text() == text && !text.empty() && text.size() <= 255 && chat::is_utf8(text) &&
          !has_control(text));
  require(text.front() != '.' && !text.contains('/') && !text.contains('\\'));
  const auto field = http::content_disposition(text, http::media_type_of(text).shown);
  require(!has_control(field) && std::ranges::count(field, '"') == 2);
  const auto target = http::parse_target(http::path_of(files::area::common(), text));
  require(target && target->segments.size() == 2 && target->segments[1] == text);
  files::listing shown{.files = {{std::string(text), 1, 0}}, .more = true};
  require(!http::listing_as_json(files::area::common(), shown).empty());
  require(std::ranges::count(http::listing_as_text(files::area::common(), shown), '\n') == 2);
}

void check_room(std::string_view text) {
  const auto where = files::area::of_room(text);
  if (!where) return;
  const auto& folder = where->folder();
  require(std::ranges::count(folder, '/') == 2 && !folder.contains(".") && !has_control(folder));
  require(folder.size() <= 255 + std::string_view("rooms//files").size());
  require(files::area::of_room(where->room()) == where);
  const auto target = http::parse_target(http::path_of(*where));
  require(target && target->segments.size() == 3 && files::area::of_room(target->segments[1]) == where);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_file_name(text);
  check_room(text);
  return 0;
}
