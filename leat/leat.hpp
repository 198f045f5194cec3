// All of leat but its network: include <leat/net/net.hpp> for that.
#pragma once

#include <leat/blocking.hpp>
#include <leat/chan.hpp>
#include <leat/error.hpp>
#include <leat/go.hpp>
#include <leat/goroutine_local.hpp>
#include <leat/select.hpp>
