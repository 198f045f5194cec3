// The network: addresses, names, TCP and UDP.
#pragma once

#include <leat/net/address.hpp>
#include <leat/net/resolve.hpp>
#include <leat/net/tcp.hpp>
#include <leat/net/udp.hpp>
