// Unix sockets: streams and datagrams between the processes of one machine.
#pragma once

#include <leat/net/unix_address.hpp>
#include <leat/net/unix_conn.hpp>
#include <leat/net/unix_datagram.hpp>
#include <leat/net/unix_listener.hpp>
