// Sentences about sockets that could not be had: what was tried, where, why it failed, and what may help.
#pragma once

#include <string>
#include <string_view>
#include <system_error>

namespace cli {

/// The reason alone, as the end of a sentence: "connection refused".
std::string reason_of(std::error_code error);

/// "cannot listen on 0.0.0.0:80: permission denied (ports below 1024 need CAP_NET_BIND_SERVICE)"
std::string listen_failure(std::string_view address, std::error_code error);

/// "cannot connect to 127.0.0.1:8667: connection refused (nobody listens there)"
std::string dial_failure(std::string_view address, std::error_code error);

}  // namespace cli
