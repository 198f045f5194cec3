// That reading and writing over TLS asks operator new for nothing: buffers come from the common pool.
#include <array>

#include <leat/net/allocations_test.hpp>
#include <leat/net/tls_buffer.hpp>
#include <leat/net/tls_test.hpp>

namespace leat::net {
namespace {

LEAT_TEST_ON_WORKERS(reading_and_writing_over_tls);

TEST_P(reading_and_writing_over_tls, allocates_nothing) {
  run([] {
    auto [near, far] = shaken_pair();
    joined others;
    others.go([&far] { echo(far); });
    const std::string text = pattern(300);
    const std::array parts{bytes_of(text).first(100), bytes_of(text).subspan(100)};
    std::array<std::byte, 512> buffer;
    const auto exchange = [&] {
      EXPECT_TRUE(near.set_deadline(patience));
      EXPECT_TRUE(near.write(text));
      EXPECT_TRUE(near.writev(parts));
      for (std::size_t got = 0; got < 600;)
        got += near.read(buffer).value();
    };
    {
      const std::array<tls_buffer, 8> at_once{tls_buffer::take(), tls_buffer::take(), tls_buffer::take(),
                                              tls_buffer::take(), tls_buffer::take(), tls_buffer::take(),
                                              tls_buffer::take(), tls_buffer::take()};
    }  // more than both ends ever hold: they are in the pool now
    for (int i = 0; i < 10; ++i)
      exchange();
    const long before = allocations_of_goroutines();
    for (int i = 0; i < 500; ++i)
      exchange();
    EXPECT_EQ(allocations_of_goroutines() - before, 0);
    ASSERT_TRUE(near.close());
  });
}

}  // namespace
}  // namespace leat::net
