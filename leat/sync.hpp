// All that goroutines synchronise by, besides channels.
#pragma once

#include <leat/condition_variable.hpp>
#include <leat/mutex.hpp>
#include <leat/once.hpp>
#include <leat/semaphore.hpp>
#include <leat/shared_mutex.hpp>
#include <leat/wait_group.hpp>
