// In place of dns_client.cpp where there is no c-ares.
#include <leat/net/dns_client.hpp>
#include <leat/net/system_socket.hpp>

namespace leat::net {

bool can_ask_name_servers() noexcept {
  return false;
}

result<std::vector<ip_address>> ask_addresses(const std::string&, const dns_settings&, const wait_limits&) {
  return system_error(ENOSYS);
}

result<std::vector<std::string>> ask_names(const ip_address&, const dns_settings&, const wait_limits&) {
  return system_error(ENOSYS);
}

result<std::vector<service_location>> ask_locations(const std::string&, const dns_settings&,
                                                    const wait_limits&) {
  return system_error(ENOSYS);
}

}  // namespace leat::net
