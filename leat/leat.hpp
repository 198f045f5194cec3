// All of leat but its network: include <leat/net/net.hpp> for that.
#pragma once

#include <leat/blocking.hpp>
#include <leat/chan.hpp>
#include <leat/clock.hpp>
#include <leat/context.hpp>
#include <leat/deadline.hpp>
#include <leat/dump.hpp>
#include <leat/error.hpp>
#include <leat/file.hpp>
#include <leat/go.hpp>
#include <leat/goroutine_local.hpp>
#include <leat/input.hpp>
#include <leat/select.hpp>
#include <leat/signal.hpp>
#include <leat/stats.hpp>
#include <leat/sync.hpp>
#include <leat/task_group.hpp>
#include <leat/time.hpp>
