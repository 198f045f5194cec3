// The network: addresses, names, what goes over it (TCP, UDP, Unix sockets, pipes in memory), TLS, and
// messages over streams.
#pragma once

#include <leat/net/address.hpp>
#include <leat/net/connections.hpp>
#include <leat/net/copy.hpp>
#include <leat/net/framing.hpp>
#include <leat/net/icmp.hpp>
#include <leat/net/inherited_stream.hpp>
#include <leat/net/options.hpp>
#include <leat/net/pipe.hpp>
#include <leat/net/resolve.hpp>
#include <leat/net/stream.hpp>
#include <leat/net/tcp.hpp>
#include <leat/net/tls.hpp>
#include <leat/net/udp.hpp>
#include <leat/net/unix.hpp>
