// All that leat offers to tests: a clock that they own, schedules that a seed decides, and the search for the
// schedule in which a program fails. See docs/testing.md.
#pragma once

#include <leat/testing/bubble.hpp>
#include <leat/testing/explore.hpp>
