// Serves the page for browsers and what it loads.
#pragma once

#include <span>
#include <string_view>

#include <hub/http/answer_writer.hpp>
#include <hub/http/request.hpp>
#include <hub/http/web_asset.hpp>

namespace hub::http {

// The file of that path; null if there is none.
const web_asset* find_asset(std::span<const web_asset> assets, std::string_view path);

// Answers GET or HEAD with a file of the page: 200 in the form that suits the client best, 304 if it has it,
// 412. The page itself is asked for again each time, what it loads never changes under its name. Its policy
// keeps it from loading or running anything but its own files, and from being framed.
void send_asset(const request& asked, const web_asset& asset, answer_writer& out);

}  // namespace hub::http
