#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include <hub/http/websocket_frame.hpp>

namespace hub::http {
namespace {

using std::string_literals::operator""s;

TEST(a_frame_header, of_every_length_form_is_read) {
  const auto small = read_frame_header("\x81\x85mask.....");
  ASSERT_TRUE(small);
  EXPECT_EQ(small->kind, opcode::text);
  EXPECT_TRUE(small->is_final);
  EXPECT_TRUE(small->is_masked);
  EXPECT_EQ(small->header_bytes, 6u);
  EXPECT_EQ(small->payload_bytes, 5u);
  const auto middle = read_frame_header("\x02\xfe\x01\x00mask"s);
  ASSERT_TRUE(middle);
  EXPECT_EQ(middle->kind, opcode::binary);
  EXPECT_FALSE(middle->is_final);
  EXPECT_EQ(middle->header_bytes, 8u);
  EXPECT_EQ(middle->payload_bytes, 256u);
  const auto large = read_frame_header("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xffmask"s);
  ASSERT_TRUE(large);
  EXPECT_EQ(large->header_bytes, frame_header_bytes);
  EXPECT_EQ(large->payload_bytes, ~std::uint64_t{0});
}

TEST(a_frame_header, is_nothing_until_it_has_come_whole) {
  for (const std::string& whole :
       {"\x81\x85mask"s, "\x81\xfe\x01\x00mask"s, "\x81\xff\0\0\0\0\0\0\1\0mask"s, "\x81\x05"s}) {
    for (std::size_t count = 0; count < whole.size(); ++count)
      EXPECT_FALSE(read_frame_header(std::string_view(whole).substr(0, count))) << count;
    EXPECT_TRUE(read_frame_header(whole));
  }
}

TEST(a_control_frame, is_sound_only_if_it_is_masked_final_short_and_plain) {
  const auto is_ping = [](std::string_view bytes) {
    return read_frame_header(bytes)->is_sound_control(opcode::ping);
  };
  EXPECT_TRUE(is_ping("\x89\x80mask"));
  EXPECT_TRUE(is_ping("\x89\xfdmask"));
  EXPECT_FALSE(is_ping("\x09\x80mask"));           // a fragment
  EXPECT_FALSE(is_ping("\xc9\x80mask"));           // a reserved bit
  EXPECT_FALSE(is_ping("\x89\x01"));               // not masked
  EXPECT_FALSE(is_ping("\x89\xfe\x00\x7emask"s));  // 126 bytes
  EXPECT_FALSE(is_ping("\x8a\x80mask"));           // a pong
}

TEST(a_pong, carries_what_the_ping_did) {
  const std::string ping = "\x89\x83\x01\x02\x03\x04"s + char('a' ^ 1) + char('b' ^ 2) + char('c' ^ 3);
  EXPECT_EQ(pong_frame(ping, *read_frame_header(ping)), "\x8a\x03"s + "abc");
}

TEST(a_close_frame, carries_its_code) {
  EXPECT_EQ(close_frame(close_reason::normal), "\x88\x02\x03\xe8"s);
  EXPECT_EQ(close_frame(close_reason::too_big), "\x88\x02\x03\xf1"s);
}

}  // namespace
}  // namespace hub::http
