// Which form of a content a client can take (RFC 9110, section 12.5.3).
#pragma once

#include <string_view>

namespace hub::http {

enum class content_coding : unsigned char {
  identity,
  gzip,
  brotli,
};

// Which of them there are besides the content as it is.
struct codings_at_hand {
  bool gzip = false;
  bool brotli = false;
};

// The best form for an Accept-Encoding field ("" if there was none): the one that the client likes most, and
// among equals the smallest. The content as it is when nothing else will do, also for a client that refuses
// even that.
content_coding choose_coding(std::string_view accept_encoding, codings_at_hand at_hand);

// For Content-Encoding; "" for identity, which is not said.
std::string_view name_of(content_coding coding);

}  // namespace hub::http
