#include <gtest/gtest.h>

#include <hub/first_bytes.hpp>

namespace hub {
namespace {

TEST(first_bytes, methods_with_their_space_are_http) {
  for (const std::string_view bytes :
       {"GET / HT", "HEAD / H", "PUT /fil", "POST / H", "DELETE /", "OPTIONS ", "CONNECT h", "GET /"})
    EXPECT_EQ(protocol_of(bytes), protocol::http) << bytes;
}

TEST(first_bytes, commands_and_anything_else_are_irc) {
  for (const std::string_view bytes : {"NICK a\r\n", "PASS x", "PING a", "PRIVMSG ", "CAP LS", "get / ht",
                                       "GETTER", "GET\r\n", "\x16\x03\x01", "USER", ":", "\r\n", "OPTIONSX"})
    EXPECT_EQ(protocol_of(bytes), protocol::irc) << bytes;
}

TEST(first_bytes, a_beginning_that_could_become_either_waits_for_more) {
  for (const std::string_view bytes : {"", "P", "PU", "PUT", "G", "GET", "D", "DELETE", "CONNECT"})
    EXPECT_EQ(protocol_of(bytes), protocol::unknown) << bytes;
}

}  // namespace
}  // namespace hub
