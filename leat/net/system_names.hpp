// How the system is configured to look up names: /etc/hosts, nsswitch.conf and the options of resolv.conf, as
// pure functions from their text. Not for users.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <leat/net/address.hpp>

namespace leat::net {

/// How many addresses, or names, a look-up returns at most, whoever answers it.
inline constexpr std::size_t most_answers = 64;

/// Whether two host names are the same: letters of either case, with or without a dot at the end.
bool same_host_name(std::string_view left, std::string_view right) noexcept;

/// Whether the last of the labels of `name` is `label`, in letters of either case, with or without a dot at
/// the end.
bool ends_in_label(std::string_view name, std::string_view label) noexcept;

/// Whether it has the form of a host name that a name server may tell: labels of letters, digits, hyphens and
/// underscores, 63 at most each, 253 in all.
bool is_host_name(std::string_view name) noexcept;

/// The addresses that hosts(5) gives a name, each once; lines that are none are passed over.
std::vector<ip_address> addresses_in_hosts(std::string_view text, std::string_view name);

/// The names that hosts(5) gives an address, the canonical ones first.
std::vector<std::string> names_in_hosts(std::string_view text, const ip_address& address);

/// The name below which the PTR records of an address are: "1.2.0.192.in-addr.arpa" (RFC 1035, section 3.5;
/// RFC 3596, section 2.5).
std::string reverse_name(const ip_address& address);

/// Whether the "hosts" line of nsswitch.conf(5) wants somebody asked for `name` whom only the system's
/// resolver can ask: a source other than files and dns, unless it is known to say nothing of such names, or
/// an order or an action that is not the usual one. `own_name` is this machine's. For look-ups of an address
/// `name` is empty: then any other source counts.
bool wants_system_resolver(std::string_view nsswitch, std::string_view name, std::string_view own_name);

/// What the "options" lines of resolv.conf(5) say of how to ask.
struct resolv_conf_options {
  std::optional<std::chrono::seconds> timeout;  ///< "timeout:n", 30 at most
  std::optional<int> attempts;                  ///< "attempts:n", 5 at most
  bool rotate = false;                          ///< "rotate"
  bool over_tcp = false;                        ///< "use-vc"
};
resolv_conf_options read_resolv_conf_options(std::string_view resolv_conf);

}  // namespace leat::net
