#include <algorithm>
#include <array>

#include <hub/http/disposition.hpp>
#include <hub/http/field.hpp>
#include <hub/http/percent.hpp>

namespace hub::http {
namespace {

struct known_type {
  std::string_view extension;
  media_type type;
};

constexpr media_type plain_text{"text/plain; charset=utf-8", true};

constexpr known_type known_types[] = {
    {"txt", plain_text},
    {"md", plain_text},
    {"log", plain_text},
    {"csv", plain_text},
    {"diff", plain_text},
    {"patch", plain_text},
    {"png", {"image/png", true}},
    {"jpg", {"image/jpeg", true}},
    {"jpeg", {"image/jpeg", true}},
    {"gif", {"image/gif", true}},
    {"webp", {"image/webp", true}},
    {"avif", {"image/avif", true}},
    {"mp3", {"audio/mpeg", true}},
    {"ogg", {"audio/ogg", true}},
    {"flac", {"audio/flac", true}},
    {"wav", {"audio/wav", true}},
    {"mp4", {"video/mp4", true}},
    {"webm", {"video/webm", true}},
    {"pdf", {"application/pdf", false}},
    {"json", {"application/json", false}},
    {"zip", {"application/zip", false}},
    {"gz", {"application/gzip", false}},
    {"tar", {"application/x-tar", false}},
    {"xz", {"application/x-xz", false}},
    {"zst", {"application/zstd", false}},
};

}  // namespace

media_type media_type_of(std::string_view file_name) {
  const auto dot = file_name.rfind('.');
  const auto extension = dot == std::string_view::npos ? std::string_view() : file_name.substr(dot + 1);
  const auto* found = std::ranges::find_if(
      known_types, [&](const known_type& each) { return same_word(each.extension, extension); });
  return found == std::end(known_types) ? media_type{"application/octet-stream", false} : found->type;
}

std::string content_disposition(std::string_view file_name, bool shown) {
  std::string quoted(file_name);
  // Backslash escapes within the quotes are understood by some clients only; the exact name follows encoded.
  std::ranges::replace_if(quoted, [](char letter) { return letter == '"' || letter == '\\'; }, '_');
  const bool ascii =
      std::ranges::all_of(quoted, [](char letter) { return letter >= ' ' && letter < '\x7f'; });
  // Some browsers decode percent signs within the quotes as well.
  const bool same = quoted == file_name && ascii && !quoted.contains('%');
  std::string field = shown ? "inline; filename=\"" : "attachment; filename=\"";
  field += quoted + '"';
  if (!same) field += "; filename*=UTF-8''" + percent_encode(file_name);
  return field;
}

}  // namespace hub::http
