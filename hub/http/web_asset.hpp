// The page for browsers, as the program carries it.
#pragma once

#include <span>
#include <string_view>

namespace hub::http {

// A file of the page. All of it lives as long as the program.
struct web_asset {
  std::string_view
      path;  // "/" for the page itself, "/assets/NAME" for what it loads: names change with the content
  std::string_view type;    // for Content-Type
  std::string_view hash;    // of the content, in hexadecimal
  std::string_view raw;     // the content
  std::string_view gzip;    // the same, compressed (RFC 1952); empty if that saves nothing
  std::string_view brotli;  // the same, compressed better (RFC 7932); empty if that saves nothing
};

// All files of the page. In the library hub_web, which web/ builds, or, without a page, hub_no_web: then
// empty.
std::span<const web_asset> web_assets();

}  // namespace hub::http
