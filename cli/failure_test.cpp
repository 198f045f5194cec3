#include <gtest/gtest.h>

#include <leat/error.hpp>

#include <cli/failure.hpp>

namespace cli {
namespace {

TEST(failure, a_forbidden_port_names_the_right_that_is_missing) {
  EXPECT_EQ(listen_failure("0.0.0.0:80", std::make_error_code(std::errc::permission_denied)),
            "cannot listen on 0.0.0.0:80: permission denied (ports below 1024 need CAP_NET_BIND_SERVICE)");
}

TEST(failure, a_port_in_use_says_how_to_choose_another) {
  const std::string said = listen_failure("127.0.0.1:8667", std::make_error_code(std::errc::address_in_use));
  EXPECT_TRUE(said.starts_with("cannot listen on 127.0.0.1:8667: address already in use")) << said;
  EXPECT_NE(said.find("--listen"), std::string::npos) << said;
}

TEST(failure, a_malformed_address_says_what_is_wrong_with_it) {
  const std::string said = dial_failure("localhost", leat::make_error_code(leat::errc::bad_address));
  EXPECT_TRUE(said.starts_with("cannot connect to localhost: malformed address (")) << said;
  EXPECT_NE(said.find("HOST:PORT"), std::string::npos) << said;
}

}  // namespace
}  // namespace cli
