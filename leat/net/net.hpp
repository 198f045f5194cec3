// The network: addresses, names, TCP and UDP, and messages over streams.
#pragma once

#include <leat/net/address.hpp>
#include <leat/net/connections.hpp>
#include <leat/net/framing.hpp>
#include <leat/net/icmp.hpp>
#include <leat/net/options.hpp>
#include <leat/net/resolve.hpp>
#include <leat/net/tcp.hpp>
#include <leat/net/udp.hpp>
