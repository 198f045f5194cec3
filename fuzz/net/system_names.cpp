// The files that say how names are looked up. Input: a line with the name that is looked for, and the text of
// the file, which is read as each of them.
#include <algorithm>

#include <leat/net/system_names.hpp>

#include <fuzz/net/frames.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat::net;
  using fuzz::require;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view name = input.substr(0, input.find('\n'));
  const std::string_view text = input.substr(std::min(name.size() + 1, input.size()));

  const auto addresses = addresses_in_hosts(text, name);
  require(addresses.size() <= most_answers);
  for (const ip_address& address : addresses) {
    require(std::ranges::count(addresses, address) == 1);
    const auto names = names_in_hosts(text, address);
    require(names.size() <= most_answers);
    require(std::ranges::all_of(names, is_host_name));
    require(is_host_name(reverse_name(address)));
    // What is a name leads back, unless there are more than are told.
    const bool told =
        std::ranges::any_of(names, [&](const std::string& one) { return same_host_name(one, name); });
    require(told || !is_host_name(name) || names.size() * 2 >= most_answers);
  }
  static_cast<void>(wants_system_resolver(text, name, "mill"));
  const auto options = read_resolv_conf_options(text);
  require(!options.timeout || (options.timeout->count() >= 1 && options.timeout->count() <= 30));
  require(!options.attempts || (*options.attempts >= 1 && *options.attempts <= 5));
  return 0;
}
