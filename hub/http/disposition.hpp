// What a browser does with a file: its type, whether it is shown or saved, and under which name.
#pragma once

#include <string>
#include <string_view>

namespace hub::http {

struct media_type {
  std::string_view name;  // for Content-Type
  bool shown = false;     // shown by browsers in place, and harmless there; others are saved
};

// By the extension of the name, in any case. Whatever a browser could run (HTML, SVG, XML, scripts) is saved,
// never shown, and what is not known is "application/octet-stream".
media_type media_type_of(std::string_view file_name);

// Content-Disposition with the name (RFC 6266). Names beyond plain ASCII stand there twice: as UTF-8 within
// quotes, which curl takes, and encoded (RFC 8187), which browsers prefer.
std::string content_disposition(std::string_view file_name, bool shown);

}  // namespace hub::http
