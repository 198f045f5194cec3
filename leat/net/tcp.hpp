// TCP: listening, dialling, and the connections that both make.
#pragma once

#include <leat/net/dial.hpp>
#include <leat/net/tcp_conn.hpp>
#include <leat/net/tcp_info.hpp>
#include <leat/net/tcp_listener.hpp>
