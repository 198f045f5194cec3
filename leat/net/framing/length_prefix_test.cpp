#include <leat/net/framing/cut_test.hpp>

namespace leat::net::framing {
namespace {

using namespace std::string_literals;

using u8 = length_prefix<std::uint8_t>;
using u16 = length_prefix<std::uint16_t>;
using u16_little = length_prefix<std::uint16_t, std::endian::little>;
using u32 = length_prefix<std::uint32_t>;
using u32_little = length_prefix<std::uint32_t, std::endian::little>;
using u64 = length_prefix<std::uint64_t>;
using u64_little = length_prefix<std::uint64_t, std::endian::little>;

template <typename Codec>
class every_prefix : public ::testing::Test {};

using prefixes = ::testing::Types<u8, u16, u16_little, u32, u32_little, u64, u64_little, varint_prefix>;
TYPED_TEST_SUITE(every_prefix, prefixes);

TEST(length_prefixes, have_their_bytes_in_the_order_that_was_asked_for) {
  EXPECT_EQ(sent(u8{9}, as_bytes("abc")), "\3abc");
  EXPECT_EQ(sent(u16{9}, as_bytes("abc")), "\0\3abc"s);
  EXPECT_EQ(sent(u16_little{9}, as_bytes("abc")), "\3\0abc"s);
  EXPECT_EQ(sent(u32{9}, as_bytes("abc")), "\0\0\0\3abc"s);
  EXPECT_EQ(sent(u32_little{9}, as_bytes("abc")), "\3\0\0\0abc"s);
  EXPECT_EQ(sent(u64{9}, as_bytes("abc")), "\0\0\0\0\0\0\0\3abc"s);
  EXPECT_EQ(sent(u64_little{9}, as_bytes("abc")), "\3\0\0\0\0\0\0\0abc"s);
  EXPECT_EQ(sent(varint_prefix{9}, as_bytes("abc")), "\3abc");
  const std::string long_text(0x1234, 'x');
  EXPECT_TRUE(sent(u16{9999}, as_bytes(long_text)).starts_with("\x12\x34xx"));
  EXPECT_TRUE(sent(u16_little{9999}, as_bytes(long_text)).starts_with("\x34\x12xx"));
  EXPECT_TRUE(sent(varint_prefix{9999}, as_bytes(long_text)).starts_with("\xB4\x24xx"));
}

TYPED_TEST(every_prefix, gives_back_what_was_sent) {
  std::mt19937 random(1);
  for (int round = 0; round < 100; ++round) {
    const TypeParam how{200};
    std::string bytes;
    outcomes wanted;
    for (auto left = random() % 6; left > 0; --left) {
      std::string payload(random() % 200, '\0');
      std::ranges::generate(payload, [&] { return static_cast<char>(random()); });
      bytes += sent(how, as_bytes(payload));
      wanted.push_back(shown(payload));
    }
    wanted.emplace_back("clean");
    ASSERT_EQ(frames_of(how, bytes), wanted);
  }
}

TYPED_TEST(every_prefix, holds_to_its_limit_both_ways) {
  for (const std::size_t limit : {0u, 1u, 100u}) {
    const TypeParam how{limit};
    const TypeParam unlimited{SIZE_MAX};
    for (std::size_t size = limit == 0 ? 0 : limit - 1; size <= limit; ++size) {
      const std::string text(size, 'x');
      EXPECT_EQ(frames_of(how, sent(how, as_bytes(text))), (outcomes{shown(text), "clean"}));
    }
    const std::string over(limit + 1, 'x');
    EXPECT_EQ(sent(how, as_bytes(over)), too_long);
    const std::string bytes = sent(unlimited, as_bytes(over));
    EXPECT_EQ(frames_of(how, bytes), (outcomes{too_long, "clean"}));
    EXPECT_EQ(frames_of(how, bytes + sent(how, {}) + bytes), (outcomes{too_long, "<>", too_long, "clean"}));
    EXPECT_EQ(frames_of(how, bytes.substr(0, bytes.size() - 1)), (outcomes{too_long, "cut off"}));
  }
}

TYPED_TEST(every_prefix, is_cut_off_anywhere_but_between_frames) {
  const TypeParam how{100};
  const std::string bytes = sent(how, as_bytes("abc"));
  for (std::size_t size = 1; size < bytes.size(); ++size)
    EXPECT_EQ(frames_of(how, bytes.substr(0, size)), outcomes{"cut off"}) << size;
}

TEST(length_prefixes, that_promise_the_greatest_lengths_are_refused_at_once) {
  const std::string ones(8, '\xFF');
  EXPECT_EQ(frames_of(u8{254}, ones.substr(0, 1)), (outcomes{too_long, "cut off"}));
  EXPECT_EQ(frames_of(u16{65534}, ones.substr(0, 2)), (outcomes{too_long, "cut off"}));
  EXPECT_EQ(frames_of(u32{1000}, ones.substr(0, 4)), (outcomes{too_long, "cut off"}));
  EXPECT_EQ(frames_of(u64{SIZE_MAX - 1}, ones), (outcomes{too_long, "cut off"}));
  EXPECT_EQ(frames_of(u64{1000}, ones + std::string(3000, 'x')), (outcomes{too_long, "cut off"}));
  EXPECT_EQ(frames_of(varint_prefix{1000}, std::string(9, '\xFF') + "\1"), (outcomes{too_long, "cut off"}));
}

TEST(length_prefixes, without_a_limit_wait_for_what_was_promised) {
  EXPECT_EQ(frames_of(u64{SIZE_MAX}, std::string(8, '\xFF') + "abc"), outcomes{"cut off"});
  EXPECT_EQ(u64{SIZE_MAX}.most_bytes(), SIZE_MAX);
}

TEST(length_prefixes, cannot_say_more_than_their_size_allows) {
  EXPECT_EQ(sent(u8{1000}, as_bytes(std::string(255, 'x'))).size(), 256u);
  EXPECT_EQ(sent(u8{1000}, as_bytes(std::string(256, 'x'))), too_long);
  EXPECT_EQ(sent(u16{100000}, as_bytes(std::string(65535, 'x'))).size(), 65537u);
  EXPECT_EQ(sent(u16{100000}, as_bytes(std::string(65536, 'x'))), too_long);
}

TEST(varint_prefixes, are_malformed_if_they_are_longer_than_need_be_or_too_great) {
  const varint_prefix how{1000};
  EXPECT_EQ(frames_of(how, "\x80"s), outcomes{"cut off"});
  EXPECT_EQ(frames_of(how, "\x80\0"s), outcomes{malformed});
  EXPECT_EQ(frames_of(how, "\x83\0abc"s), outcomes{malformed});
  EXPECT_EQ(frames_of(how, "\1a\x83\x80\0abc"s), (outcomes{"<a>", malformed}));
  EXPECT_EQ(frames_of(how, std::string(9, '\xFF') + "\2"), outcomes{malformed});
  EXPECT_EQ(frames_of(how, std::string(10, '\xFF')), outcomes{malformed});
  EXPECT_EQ(frames_of(how, std::string(100, '\x80')), outcomes{malformed});
}

TEST(varints, are_as_long_as_they_need_to_be) {
  const auto written = [](std::uint64_t value) {
    std::array<std::byte, most_varint_bytes> into;
    return std::string(as_text(std::span(into).first(write_varint(value, into))));
  };
  EXPECT_EQ(written(0), "\0"s);
  EXPECT_EQ(written(127), "\x7F");
  EXPECT_EQ(written(128), "\x80\1");
  EXPECT_EQ(written(300), "\xAC\2");
  EXPECT_EQ(written(UINT64_MAX), std::string(9, '\xFF') + "\1");
  for (unsigned bit = 0; bit < 64; ++bit)
    for (const std::uint64_t value : {(std::uint64_t{1} << bit) - 1, std::uint64_t{1} << bit}) {
      const std::string bytes = written(value);
      const auto read = read_varint(as_bytes(bytes + "more")).value();
      ASSERT_TRUE(read);
      EXPECT_EQ(read->value, value);
      EXPECT_EQ(read->size_bytes, bytes.size());
      for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(read_varint(as_bytes(std::string_view(bytes).substr(0, size))).value());
    }
}

TYPED_TEST(every_prefix, makes_the_same_of_any_bytes_however_they_are_cut) {
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    std::string bytes(random() % 100, '\0');
    std::ranges::generate(bytes,
                          [&] { return static_cast<char>(random() % 4 == 0 ? random() : random() % 3); });
    frames_of(TypeParam{random() % 5}, bytes);
  }
}

}  // namespace
}  // namespace leat::net::framing
