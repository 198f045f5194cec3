// Whether a web page may change anything here, going by the Origin field of its request (RFC 6454).
//
// Browsers let a page of anyone send forms and simple requests to any server, and this one has no passwords
// yet by which to tell its users from a page that they happen to look at (CSRF). But browsers say where the
// page came from, and no page can make them say otherwise. Other programs send no Origin.
#pragma once

#include <string_view>

namespace hub::http {

// Whether requests by this method change something. Those that do are for pages of our own alone.
bool changes_something(std::string_view method);

// `origin`: the value of an Origin field, as in "http://nas:8667"; `host`: of the same request's Host field;
// `public_url`: as configured, may be empty. A page is our own if it has the host and port that the request
// was sent to, or those of `public_url`. A port that is left out is that of the origin's scheme: who
// terminates TLS in front of us passes on a Host that says no more. "null", which sandboxed frames and local
// files have, is nobody's own.
bool is_own_origin(std::string_view origin, std::string_view host, std::string_view public_url);

}  // namespace hub::http
