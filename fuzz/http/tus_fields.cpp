// The fields of tus: what is taken can be given back, and nothing else is taken.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <fuzz/http/require.hpp>
#include <hub/files/resumable_record.hpp>
#include <hub/http/tus_fields.hpp>

namespace {

using namespace hub;

void check_metadata(std::string_view text) {
  const auto read = http::parse_upload_metadata(text);
  if (!read) {
    require(!read.error().empty());
    return;
  }
  std::string again;
  for (const auto& [key, value] : *read) {
    require(!key.empty() && !key.contains(' ') && !key.contains(','));
    if (!again.empty()) again += ',';
    again += key + ' ' + http::encode_base64(std::as_bytes(std::span(value)));
  }
  require(read->size() <= 32 && http::parse_upload_metadata(again) == read);
}

void check_record(std::string_view text) {
  const auto read = files::parse_resumable_record(text);
  if (!read) return;
  require(files::parse_resumable_record(files::render(*read)) == read);
  require(files::render_progress(*read).size() == files::render_progress(files::resumable_record()).size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto decoded = http::decode_base64(text))
    require(http::encode_base64(std::as_bytes(std::span(*decoded))) == text);
  check_metadata(text);
  check_record(text);
  if (auto checksum = http::upload_checksum::parse(text)) {
    checksum->update(std::as_bytes(std::span(text)));
    static_cast<void>(checksum->holds());
  }
  return 0;
}
