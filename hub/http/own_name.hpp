// Whether a request means this server, going by the name in its Host field.
//
// A web page from anywhere may have its own name resolved to an address in the visitor's network, or to the
// visitor's own machine (DNS rebinding). The browser then takes what answers there for a part of that page
// and lets it read, write and delete. The name gives it away: the page had to have one that its author could
// register.
#pragma once

#include <string_view>

#include <leat/net/address.hpp>

namespace hub::http {

// Whether requests that come to this address must use a name of its own: those of one machine or one network.
// What listens to the whole world can be reached from everywhere without such tricks.
bool needs_own_name(const leat::net::ip_address& local);

// `host`: the value of a Host field, with or without a port. Own names are addresses, `localhost`, names
// without a dot, names in domains that nobody can register (`.local`, `.lan`, `.home.arpa` and the like), and
// the one in `public_url`, which may be empty. An empty Host means none in particular, and is fine.
bool is_own_name(std::string_view host, std::string_view public_url);

}  // namespace hub::http
