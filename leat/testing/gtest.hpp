// For tests with GoogleTest: to include this anywhere in the test program makes bubble() and explore() see
// failed expectations (EXPECT_EQ and so on), so that they name the seed of the schedule in which one failed.
#pragma once

#include <gtest/gtest.h>

#include <leat/testing/bubble.hpp>

namespace leat::testing::detail {

inline const failure_query before_googletest = count_as_failure(::testing::Test::HasFailure);

}  // namespace leat::testing::detail
