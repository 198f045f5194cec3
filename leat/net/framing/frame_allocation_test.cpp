// That messages cost no allocation once the buffer has its size.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include <leat/go.hpp>
#include <leat/net/allocations_test.hpp>
#include <leat/net/framing.hpp>

namespace leat::net {
namespace {

// Says the same text for ever, in pieces of up to 100 bytes, and forgets what is written.
class repeating_stream final : public stream {
 public:
  using stream::write;

  explicit repeating_stream(std::string text) : text_(std::move(text)) {}

  result<std::size_t> read(std::span<std::byte> buffer) override {
    const auto piece =
        as_bytes(text_).subspan(at_).first(std::min({std::size_t{100}, text_.size() - at_, buffer.size()}));
    std::ranges::copy(piece, buffer.begin());
    at_ = (at_ + piece.size()) % text_.size();
    return piece.size();
  }
  result<void> wait_readable() override { return {}; }
  result<void> write(std::span<const std::byte>) override { return {}; }
  result<void> writev(std::span<const std::span<const std::byte>>) override { return {}; }
  result<void> close_write() override { return {}; }
  result<void> close_read() override { return {}; }
  result<void> close() noexcept override { return {}; }
  result<void> set_read_deadline(time_point) noexcept override { return {}; }
  result<void> set_write_deadline(time_point) noexcept override { return {}; }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

/// How many allocations 1000 calls take after the first hundred.
template <typename Call>
long allocations_of(Call&& call) {
  for (int i = 0; i < 100; ++i)
    call();
  const long before = allocations_of_goroutines();
  for (int i = 0; i < 1000; ++i)
    call();
  return allocations_of_goroutines() - before;
}

/// The same for frames of 9 and of 500 bytes that are read and written.
template <typename Codec>
long allocations_of_frames(Codec how, const typename Codec::frame& small,
                           const typename Codec::frame& large) {
  std::string text;
  for (const auto& frame : {small, large}) {
    const auto encoded = how.encode(frame);
    for (const auto& part : encoded.value().parts())
      text += as_text(part);
  }
  repeating_stream stream(text);
  frame_reader from(stream, how, 64);
  const frame_writer to(stream, how);
  return allocations_of([&] { EXPECT_TRUE(to.write(from.next().value())); });
}

TEST(messages, allocate_nothing_once_the_buffer_has_its_size) {
  leat::run([] {
    const std::string large(500, 'x');
    const auto nine = as_bytes("nine byte");
    using namespace framing;
    EXPECT_EQ(allocations_of_frames(end_marker("##", 500), "nine byte", large), 0);
    EXPECT_EQ(allocations_of_frames(line(500), "nine byte", large), 0);
    EXPECT_EQ(allocations_of_frames(length_prefix<std::uint32_t>(500), nine, as_bytes(large)), 0);
    EXPECT_EQ(allocations_of_frames(varint_prefix(500), nine, as_bytes(large)), 0);
    EXPECT_EQ(allocations_of_frames(text_header(500), {"Y", nine}, {"Z", as_bytes(large)}), 0);
  });
}

TEST(buffered_streams, allocate_nothing_once_the_buffer_has_its_size) {
  leat::run([] {
    repeating_stream stream("line\n" + std::string(300, 'x') + "##...");
    buffered_reader from(stream, 64);
    buffered_writer to(stream, 64);
    EXPECT_EQ(allocations_of([&] {
                EXPECT_EQ(from.read_line(100).value(), "line");
                EXPECT_EQ(from.read_until("##", 300).value().size(), 300u);
                EXPECT_TRUE(from.read_exactly(3));
                EXPECT_TRUE(to.write("some text") && to.write("more"));
              }),
              0);
  });
}

}  // namespace
}  // namespace leat::net
