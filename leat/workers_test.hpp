// For tests that must hold on any number of workers.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>

#include <leat/go.hpp>

namespace leat::testing {

/// A test that runs its body as the main goroutine, once for each number of workers.
class on_workers : public ::testing::TestWithParam<unsigned> {
 protected:
  template <typename F>
  static void run(F&& body) {
    leat::run(run_options{.workers = GetParam()}, std::forward<F>(body));
  }

  /// Lets others run until `condition()` holds.
  template <typename Condition>
  static void await(Condition&& condition) {
    while (!condition())
      leat::yield();
  }
};

inline std::string workers_name(const ::testing::TestParamInfo<unsigned>& info) {
  return std::to_string(info.param) + (info.param == 1 ? "_worker" : "_workers");
}

}  // namespace leat::testing

/// Declares the suite `name` over 1, 2 and 4 workers.
#define LEAT_TEST_ON_WORKERS(name)                  \
  class name : public leat::testing::on_workers {}; \
  INSTANTIATE_TEST_SUITE_P(on, name, ::testing::Values(1u, 2u, 4u), leat::testing::workers_name)
