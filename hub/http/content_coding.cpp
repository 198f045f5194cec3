#include <optional>

#include <hub/http/content_coding.hpp>
#include <hub/http/field.hpp>

namespace hub::http {
namespace {

// What the client says of a coding, in thousandths. Of several mentions the first counts; `*` stands for what
// has none.
unsigned quality_for(std::string_view accept_encoding, std::string_view coding) {
  std::optional<unsigned> others;
  for (const auto element : split_list(accept_encoding)) {
    const auto name = without_parameters(element);
    if (same_word(name, coding) || (coding == "gzip" && same_word(name, "x-gzip")))
      return quality_of(element);
    if (name == "*" && !others) others = quality_of(element);
  }
  if (others) return *others;
  // Not mentioned, the content as it is remains acceptable, but nobody who names a coding prefers it.
  return coding == "identity" ? 1 : 0;
}

}  // namespace

content_coding choose_coding(std::string_view accept_encoding, codings_at_hand at_hand) {
  auto best = content_coding::identity;
  unsigned best_quality = quality_for(accept_encoding, "identity");
  const auto consider = [&](content_coding coding) {
    const auto quality = quality_for(accept_encoding, name_of(coding));
    if (quality == 0 || quality < best_quality) return;
    best = coding;
    best_quality = quality;
  };
  if (at_hand.gzip) consider(content_coding::gzip);
  if (at_hand.brotli) consider(content_coding::brotli);
  return best;
}

std::string_view name_of(content_coding coding) {
  switch (coding) {
    case content_coding::gzip:
      return "gzip";
    case content_coding::brotli:
      return "br";
    case content_coding::identity:
      break;
  }
  return "";
}

}  // namespace hub::http
