#include <fmt/format.h>

#include <leat/error.hpp>
#include <leat/net/address.hpp>

#include <cli/failure.hpp>

namespace cli {
namespace {

// What the author of a "host:port" should know, whichever way it was to be used.
std::string address_hint(std::string_view address, std::error_code error) {
  if (error == leat::errc::bad_address) {
    const std::string_view fault = leat::net::address_fault(address);
    return fmt::format(" ({}; write HOST:PORT, [IPv6]:PORT or :PORT)",
                       fault.empty() ? "it has no such form" : fault);
  }
  if (error == leat::errc::unknown_service)
    return " (the port is a number from 0 to 65535 or a service name)";
  return {};
}

}  // namespace

std::string reason_of(std::error_code error) {
  std::string reason = error.message();
  if (!reason.empty() && reason[0] >= 'A' && reason[0] <= 'Z')
    reason[0] = static_cast<char>(reason[0] - 'A' + 'a');
  return reason;
}

std::string listen_failure(std::string_view address, std::error_code error) {
  std::string hint = address_hint(address, error);
  if (error == std::errc::permission_denied) {
    hint = " (ports below 1024 need CAP_NET_BIND_SERVICE)";
  } else if (error == std::errc::address_in_use) {
    hint =
        " (another program listens there; choose another port with --listen HOST:PORT, 0 for any free one)";
  } else if (error == std::errc::address_not_available) {
    hint = " (no interface of this machine has that address)";
  }
  return fmt::format("cannot listen on {}: {}{}", address, reason_of(error), hint);
}

std::string dial_failure(std::string_view address, std::error_code error) {
  std::string hint = address_hint(address, error);
  if (error == std::errc::connection_refused) hint = " (nobody listens there)";
  return fmt::format("cannot connect to {}: {}{}", address, reason_of(error), hint);
}

}  // namespace cli
