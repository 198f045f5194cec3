// TLS, as one include: connections, and the contexts of servers and clients that make them.
#pragma once

#include <leat/net/tls_client.hpp>
#include <leat/net/tls_conn.hpp>
#include <leat/net/tls_server.hpp>
