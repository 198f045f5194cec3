// The contract of stream.hpp, as tests that any kind of stream can be held to.
//
// A test program links contract_test.cpp and contract_deadline_test.cpp, and names its streams:
//
//   const stream_kind tcp{.name = "tcp", .connect = [] { ... return stream_pair{...}; }};
//   INSTANTIATE_TEST_SUITE_P(tcp, a_stream, contract_over(tcp), contract_name);
//   INSTANTIATE_TEST_SUITE_P(tcp, a_stream_deadline, contract_over(tcp), contract_name);
//
// Each test runs on 1, 2 and 4 workers. One of them sends random pieces: 16 MiB each way as a rule, and 1 GiB
// each way if the environment has LEAT_STRESS_SECONDS, as in
//   LEAT_STRESS_SECONDS=1 build/release/library/net_stream_contract_test --gtest_filter='*loses_and_doubles*'
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <tuple>
#include <utility>

#include <leat/net/net_test.hpp>
#include <leat/net/stream.hpp>

namespace leat::net {

/// The two ends of one connection.
struct stream_pair {
  std::unique_ptr<stream> near;
  std::unique_ptr<stream> far;
};

/// What the tests must know of one kind of stream.
struct stream_kind {
  std::string name;                      ///< for the names of tests: letters, digits, underscores
  std::function<stream_pair()> connect;  ///< called on a goroutine
  std::function<bool()> available{};     ///< whether this machine has it; none: everywhere
  std::function<void(stream&)>
      reset{};  ///< ends it, with unread bytes, so that the peer's reads fail; none: cannot
  bool close_read_tells_the_peer = false;  ///< its writes fail then with EPIPE
};

inline std::ostream& operator<<(std::ostream& out, const stream_kind& kind) {
  return out << kind.name;
}

/// A pair of streams that are of type Stream.
template <typename Stream>
stream_pair pair_of(Stream near, Stream far) {
  return {std::make_unique<Stream>(std::move(near)), std::make_unique<Stream>(std::move(far))};
}

using contract_parameters = std::tuple<stream_kind, unsigned>;

inline auto contract_over(stream_kind kind) {
  return ::testing::Combine(::testing::Values(std::move(kind)), ::testing::Values(1u, 2u, 4u));
}

inline std::string contract_name(const ::testing::TestParamInfo<contract_parameters>& info) {
  const unsigned workers = std::get<1>(info.param);
  return std::get<0>(info.param).name + "_on_" + std::to_string(workers) +
         (workers == 1 ? "_worker" : "_workers");
}

class stream_contract : public ::testing::TestWithParam<contract_parameters> {
 protected:
  void SetUp() override {
    if (kind().available && !kind().available()) GTEST_SKIP() << "this machine has no " << kind().name;
  }

  static const stream_kind& kind() { return std::get<0>(GetParam()); }

  /// Runs `body` as the main goroutine.
  template <typename F>
  static void run_alone(F&& body) {
    leat::run(run_options{.workers = std::get<1>(GetParam())}, std::forward<F>(body));
  }

  /// Runs `body(near, far)` as the main goroutine.
  template <typename F>
  static void run(F&& body) {
    run_alone([&] {
      const stream_pair ends = kind().connect();
      body(*ends.near, *ends.far);
    });
  }
};

class a_stream : public stream_contract {};
class a_stream_deadline : public stream_contract {};

/// Why a read failed; none if it did not.
inline std::error_code read_error(stream& conn) {
  std::array<std::byte, 16> buffer;
  const auto count = conn.read(buffer);
  return count ? std::error_code() : count.error();
}

}  // namespace leat::net
