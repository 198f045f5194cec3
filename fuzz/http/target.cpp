// Request targets and Host fields: what is taken apart stays within limits and can be put together again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <fuzz/http/require.hpp>
#include <hub/http/percent.hpp>
#include <hub/http/target.hpp>

namespace {

using namespace hub::http;

void check_target(std::string_view text) {
  const auto parsed = parse_target(text);
  if (!parsed) {
    require(!parsed.error().empty());
    return;
  }
  require(!parsed->segments.empty() && parsed->segments.size() <= 16 && parsed->query.size() <= 16);
  std::string again;
  for (const auto& segment : parsed->segments)
    again += '/' + percent_encode(segment);
  char separator = '?';
  for (const auto& [name, value] : parsed->query) {
    again += separator + percent_encode(name) + '=' + percent_encode(value);
    separator = '&';
  }
  const auto reparsed = parse_target(again);
  require(reparsed && reparsed->segments == parsed->segments && reparsed->query == parsed->query);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_target(text);
  require(percent_decode(percent_encode(text)) == text);
  // A host that is accepted can stand in an address.
  if (is_host(text) && !text.empty()) require(parse_target("http://" + std::string(text) + "/").has_value());
  return 0;
}
