// By what a browser is known again: a secret that it is given as a cookie (RFC 6265) with its first WebSocket
// connection. As long as it keeps that, its private messages and what it has read are its own, also after the
// nick has been somebody else's.
//
// The cookie is for the handshake, and for uploads, so that the room can be told whose they are. No script
// can read it, and no page of another site can make use of it. What is stored is the owner, from which nobody
// can tell the secret.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <hub/http/request.hpp>

namespace hub::http {

// The secret that a request carries; empty if it carries none that we may have given.
std::string owner_secret(const request& asked);

// Another one, of 128 random bits.
std::string make_owner_secret();

// Whose it is, for irc_handler: 32 hexadecimal digits.
std::string owner_of(std::string_view secret);

// The values of the Set-Cookie fields that give it, for more than a year. `is_secure`: it must come back over
// TLS only.
std::vector<std::string> owner_cookies(std::string_view secret, bool is_secure);

}  // namespace hub::http
