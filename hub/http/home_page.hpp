// What stands at `/` for those who do not get the page for browsers: what this server is and how to use it.
#pragma once

#include <string>
#include <string_view>

#include <hub/http/response.hpp>

namespace hub::http {

// `host`: as the client called us, from its Host field (checked). HTML for browsers, text for others.
response home_page(std::string_view description, std::string_view host, bool html);

// Whether an Accept field is a browser's.
bool prefers_html(std::string_view accept);

}  // namespace hub::http
