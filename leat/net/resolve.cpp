#include <netdb.h>

#include <leat/net/resolve.hpp>

namespace leat::net {
namespace {

class resolver_errors final : public std::error_category {
 public:
  const char* name() const noexcept override { return "resolver"; }

  std::string message(int code) const override { return gai_strerror(code); }

  std::error_condition default_error_condition(int code) const noexcept override {
    switch (code) {
      case EAI_AGAIN:
        return std::errc::resource_unavailable_try_again;
      case EAI_MEMORY:
        return std::errc::not_enough_memory;
      default:
        return {code, *this};
    }
  }
};

}  // namespace

result<std::vector<ip_address>> resolve_host(std::string_view name, const wait_limits& limits) {
  return resolver().addresses(name, limits);
}

result<std::vector<endpoint>> resolve_endpoints(std::string_view address, std::string_view protocol,
                                                const wait_limits& limits) {
  return resolver().endpoints(address, protocol, limits);
}

result<std::vector<endpoint>> resolve_endpoints(std::string_view address, std::string_view protocol,
                                                time_point deadline) {
  return resolver().endpoints(address, protocol, {.deadline = deadline});
}

result<std::vector<std::string>> resolve_names(const ip_address& address, const wait_limits& limits) {
  return resolver().names(address, limits);
}

result<std::vector<service_location>> resolve_locations(std::string_view service, std::string_view protocol,
                                                        std::string_view domain, const wait_limits& limits) {
  return resolver().locations(service, protocol, domain, limits);
}

const std::error_category& resolver_category() noexcept {
  static const resolver_errors instance;
  return instance;
}

}  // namespace leat::net
