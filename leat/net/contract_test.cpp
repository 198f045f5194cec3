#include <signal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <random>
#include <vector>

#include <leat/net/contract_test.hpp>

namespace leat::net {
namespace {

TEST_P(a_stream, carries_bytes_both_ways) {
  run([](stream& near, stream& far) {
    ASSERT_TRUE(near.write("ping"));
    EXPECT_EQ(read_text(far), "ping");
    ASSERT_TRUE(far.write("pong"));
    EXPECT_EQ(read_text(near), "pong");
  });
}

TEST_P(a_stream, reads_no_more_than_fits_and_keeps_the_rest) {
  run([](stream& near, stream& far) {
    ASSERT_TRUE(near.write("abcdef"));
    EXPECT_EQ(read_exactly(far, 4), "abcd");
    EXPECT_EQ(read_text(far), "ef");
  });
}

TEST_P(a_stream, carries_pieces_of_all_sizes) {
  run([](stream& near, stream& far) {
    for (const std::size_t size :
         {1u, 2u, 3u, 4095u, 4096u, 4097u, 16384u, 65535u, 65536u, 65537u, 1000003u}) {
      const std::string sent = pattern(size);
      wait_group writer;
      writer.go([&] { EXPECT_TRUE(near.write(sent)); });
      EXPECT_TRUE(read_exactly(far, size) == sent) << size;
      writer.wait();
    }
  });
}

TEST_P(a_stream, echoes_many_small_messages) {
  run([](stream& near, stream& far) {
    joined others;
    others.go([&far] {
      echo(far);
      static_cast<void>(far.close_write());
    });
    for (int i = 0; i < 2000; ++i) {
      const std::string message = "message " + std::to_string(i);
      ASSERT_TRUE(near.write(message));
      ASSERT_EQ(read_exactly(near, message.size()), message);
    }
    ASSERT_TRUE(near.close_write());
    EXPECT_EQ(read_text(near), "");
  });
}

TEST_P(a_stream, carries_much_in_both_directions_at_once) {
  run([](stream& near, stream& far) {
    const std::string there = pattern(8 << 20);
    const std::string back = pattern((8 << 20) + 12345);
    wait_group all;
    all.go([&] {
      EXPECT_TRUE(near.write(there));
      EXPECT_TRUE(near.close_write());
    });
    all.go([&] {
      EXPECT_TRUE(far.write(back));
      EXPECT_TRUE(far.close_write());
    });
    all.go([&] { EXPECT_TRUE(read_all(near) == back); });
    all.go([&] { EXPECT_TRUE(read_all(far) == there); });
    all.wait();
  });
}

TEST_P(a_stream, keeps_what_many_goroutines_write_whole) {
  run([](stream& near, stream& far) {
    constexpr int writers = 8;
    constexpr int messages = 12;
    constexpr std::size_t size = 200'000;  // more than a socket's buffer takes at once
    wait_group all;
    for (int writer = 0; writer < writers; ++writer) {
      all.go([&near, writer] {
        const std::string message(size, static_cast<char>('a' + writer));
        const std::array halves{bytes_of(message).first(size / 3), bytes_of(message).subspan(size / 3)};
        for (int i = 0; i < messages; ++i)
          ASSERT_TRUE(i % 2 == 0 ? near.write(message) : near.writev(halves));
      });
    }
    std::array<int, writers> seen{};
    for (int i = 0; i < writers * messages; ++i) {
      const std::string message = read_exactly(far, size);
      ASSERT_EQ(message.size(), size);
      ASSERT_EQ(message.find_first_not_of(message.front()), std::string::npos) << "two messages are mixed";
      ++seen.at(static_cast<std::size_t>(message.front() - 'a'));
    }
    all.wait();
    for (const int count : seen)
      EXPECT_EQ(count, messages);
  });
}

TEST_P(a_stream, gives_each_byte_to_one_of_many_readers) {
  run([](stream& near, stream& far) {
    constexpr std::size_t size = 1 << 20;
    std::atomic<std::size_t> total{0};
    wait_group readers;
    for (int i = 0; i < 4; ++i) {
      readers.go([&] { total += read_all(far).size(); });
    }
    ASSERT_TRUE(near.write(pattern(size)));
    ASSERT_TRUE(near.close_write());
    readers.wait();
    EXPECT_EQ(total, size);
  });
}

TEST_P(a_stream, gathers_parts_in_order) {
  run([](stream& near, stream& far) {
    const std::string large = pattern(3 << 20);
    std::vector<std::span<const std::byte>> parts;
    std::string expected;
    // More than go into one system call, some of them empty, one of them large.
    for (std::size_t i = 0; i < 200; ++i) {
      const std::string_view part =
          i == 77 ? std::string_view(large) : std::string_view("abcdefghij").substr(0, i % 4);
      parts.push_back(bytes_of(part));
      expected += part;
    }
    joined others;
    others.go([&] {
      EXPECT_TRUE(near.writev(parts));
      EXPECT_TRUE(near.close_write());
    });
    EXPECT_TRUE(read_all(far) == expected);
  });
}

TEST_P(a_stream, takes_nothing_for_an_answer) {
  run([](stream& near, stream&) {
    const std::array<std::span<const std::byte>, 2> empty_parts{};
    EXPECT_TRUE(near.write(""));
    EXPECT_TRUE(near.writev({}));
    EXPECT_TRUE(near.writev(empty_parts));
    EXPECT_EQ(near.read({}).value(), 0u);  // although nothing has come
    ASSERT_TRUE(near.close());
    EXPECT_EQ(near.write("").error(), errc::closed);
    EXPECT_EQ(near.writev(empty_parts).error(), errc::closed);
    EXPECT_EQ(near.read({}).error(), errc::closed);
  });
}

TEST_P(a_stream, to_which_nothing_was_written_has_nothing_to_read) {
  run([](stream& near, stream& far) {
    ASSERT_TRUE(near.write(""));
    ASSERT_TRUE(near.writev({}));
    ASSERT_TRUE(near.write("x"));
    EXPECT_EQ(read_text(far), "x");  // an empty write is no end
  });
}

TEST_P(a_stream, can_be_waited_on_without_a_buffer) {
  run([](stream& near, stream& far) {
    joined others;
    for (int round = 0; round < 100; ++round) {
      others.go([&near] { EXPECT_TRUE(near.write("word")); });
      ASSERT_TRUE(far.wait_readable());
      ASSERT_TRUE(far.wait_readable());  // it still is
      ASSERT_EQ(read_text(far), "word");
    }
    ASSERT_TRUE(near.close());
    EXPECT_TRUE(far.wait_readable());  // the end can be read
    EXPECT_EQ(read_text(far), "");
    ASSERT_TRUE(far.close());
    EXPECT_EQ(far.wait_readable().error(), errc::closed);
  });
}

TEST_P(a_stream, that_was_waited_on_without_a_buffer_right_after_its_first_read_can_be_read) {
  run([](stream& near, stream& far) {
    ASSERT_TRUE(near.write("first"));
    std::array<std::byte, 16> buffer;
    ASSERT_EQ(far.read(buffer).value(), 5u);  // leaves nothing, and never had to wait
    wait_group others;
    others.go([&far] { EXPECT_TRUE(far.wait_readable()); });
    await_parked(1);
    EXPECT_TRUE(near.write("second"));
    others.wait();
    EXPECT_EQ(read_text(far), "second");
  });
}

TEST_P(a_stream, ends_each_direction_by_itself) {
  run([](stream& near, stream& far) {
    ASSERT_TRUE(near.write("question"));
    ASSERT_TRUE(near.close_write());
    EXPECT_EQ(read_all(far), "question");
    EXPECT_EQ(near.write("more").error(), std::errc::broken_pipe);
    ASSERT_TRUE(far.write("answer"));
    ASSERT_TRUE(far.close_write());
    EXPECT_EQ(read_all(near), "answer");
    EXPECT_EQ(read_text(near), "");  // the end stays the end
  });
}

TEST_P(a_stream, whose_reading_is_closed_reads_what_had_come_and_then_the_end) {
  run([](stream& near, stream& far) {
    ASSERT_TRUE(far.write("x"));
    ASSERT_TRUE(near.wait_readable());
    ASSERT_TRUE(near.close_read());
    EXPECT_EQ(read_text(near), "x");
    EXPECT_EQ(read_text(near), "");
  });
}

TEST_P(a_stream, whose_reading_is_closed_wakes_the_reader_with_the_end) {
  run([](stream& near, stream& far) {
    ASSERT_TRUE(far.write("x"));
    EXPECT_EQ(read_text(near), "x");
    wait_group reader;
    reader.go([&near] { EXPECT_EQ(read_text(near), ""); });
    await_parked(1);
    ASSERT_TRUE(near.close_read());
    reader.wait();
    EXPECT_EQ(read_text(near), "");
    ASSERT_TRUE(near.write("still open"));
    EXPECT_EQ(read_text(far), "still open");
    if (kind().close_read_tells_the_peer) {
      EXPECT_EQ(far.write("y").error(), std::errc::broken_pipe);
    }
  });
}

TEST_P(a_stream, whose_writing_is_closed_wakes_the_writers_with_epipe) {
  run([](stream& near, stream&) {
    wait_group writers;
    for (int i = 0; i < 3; ++i) {
      writers.go([&] { EXPECT_EQ(write_until_error(near), std::errc::broken_pipe); });
    }
    await_parked(3);  // the buffers are full
    ASSERT_TRUE(near.close_write());
    writers.wait();
  });
}

TEST_P(a_stream, that_is_closed_wakes_all_who_read) {
  run([](stream& near, stream& far) {
    wait_group readers;
    for (int i = 0; i < 3; ++i) {
      readers.go([&near] { EXPECT_EQ(read_error(near), errc::closed); });
    }
    readers.go([&near] { EXPECT_EQ(near.wait_readable().error(), errc::closed); });
    await_parked(4);
    ASSERT_TRUE(near.close());
    readers.wait();
    EXPECT_EQ(read_text(far), "");
  });
}

TEST_P(a_stream, that_is_closed_wakes_all_who_write) {
  run([](stream& near, stream&) {
    wait_group writers;
    for (int i = 0; i < 3; ++i) {
      writers.go([&near] { EXPECT_EQ(write_until_error(near), errc::closed); });
    }
    await_parked(3);
    ASSERT_TRUE(near.close());
    writers.wait();
  });
}

TEST_P(a_stream, that_is_closed_refuses_everything) {
  run([](stream& near, stream&) {
    ASSERT_TRUE(near.close());
    const std::array parts{bytes_of("x")};
    EXPECT_EQ(near.close().error(), errc::closed);
    EXPECT_EQ(read_error(near), errc::closed);
    EXPECT_EQ(near.wait_readable().error(), errc::closed);
    EXPECT_EQ(near.write("x").error(), errc::closed);
    EXPECT_EQ(near.writev(parts).error(), errc::closed);
    EXPECT_EQ(near.close_read().error(), errc::closed);
    EXPECT_EQ(near.close_write().error(), errc::closed);
    EXPECT_EQ(near.set_deadline(1s).error(), errc::closed);
    EXPECT_EQ(near.set_read_deadline(never).error(), errc::closed);
    EXPECT_EQ(near.set_write_deadline(0s).error(), errc::closed);
  });
}

TEST_P(a_stream, that_is_closed_gives_the_peer_what_was_written_before) {
  run([](stream& near, stream& far) {
    ASSERT_TRUE(near.write("last words"));
    ASSERT_TRUE(near.close());
    EXPECT_EQ(read_all(far), "last words");
  });
}

TEST_P(a_stream, survives_close_racing_with_reads_and_writes) {
  run_alone([] {
    for (int round = 0; round < 100 / leat::testing::sanitizer_cost; ++round) {
      const stream_pair ends = kind().connect();
      stream& near = *ends.near;
      stream& far = *ends.far;
      wait_group all;
      all.go([&near] { EXPECT_EQ(write_until_error(near), errc::closed); });
      all.go([&near] {
        while (!read_error(near))
          continue;
      });
      all.go([&far] {
        std::array<std::byte, 4096> buffer;
        for (;;) {
          const auto count = far.read(buffer);
          if (!count || *count == 0) break;
        }
      });
      for (int i = 0; i < round % 7; ++i)
        leat::yield();
      EXPECT_TRUE(near.close());
      all.wait();
    }
  });
}

TEST_P(a_stream, is_closed_by_one_of_many_who_try) {
  run([](stream& near, stream&) {
    std::atomic<int> done{0};
    wait_group closers;
    for (int i = 0; i < 8; ++i) {
      closers.go([&] {
        if (near.close()) ++done;
      });
    }
    closers.wait();
    EXPECT_EQ(done, 1);
  });
}

TEST_P(a_stream, tells_the_read_of_a_reset_also_when_it_was_waited_for_first) {
  if (!kind().reset) GTEST_SKIP() << "a " << kind().name << " cannot be reset";
  for (const bool waits_before : {false, true}) {
    run([&](stream& near, stream& far) {
      ASSERT_TRUE(near.write("unread"));  // so that closing is a reset
      wait_group waiting;
      if (waits_before) waiting.go([&near] { EXPECT_TRUE(near.wait_readable()); });
      if (waits_before) await_parked(1);
      kind().reset(far);
      waiting.wait();
      EXPECT_TRUE(near.wait_readable());
      EXPECT_TRUE(near.wait_readable());  // which leaves the error where it is
      EXPECT_EQ(read_error(near), std::errc::connection_reset);
    });
  }
}

TEST_P(a_stream, whose_peer_resets_it_is_an_error_value) {
  if (!kind().reset) GTEST_SKIP() << "a " << kind().name << " cannot be reset";
  run([](stream& near, stream& far) {
    ASSERT_TRUE(near.write("unread"));
    kind().reset(far);
    EXPECT_EQ(read_error(near), std::errc::connection_reset);
  });
}

TEST_P(a_stream, whose_peer_is_gone_fails_to_write_without_a_signal) {
  ASSERT_NE(signal(SIGPIPE, SIG_DFL), SIG_ERR);
  run([](stream& near, stream& far) {
    ASSERT_TRUE(far.close());
    const std::error_code first = write_until_error(near);
    EXPECT_TRUE(first == std::errc::broken_pipe || first == std::errc::connection_reset) << first.message();
    const std::array parts{bytes_of("x"), bytes_of("y")};
    EXPECT_EQ(near.writev(parts).error(), std::errc::broken_pipe);
    EXPECT_EQ(near.write("x").error(), std::errc::broken_pipe);
  });
}

TEST_P(a_stream, whose_peer_goes_in_the_middle_of_an_endless_write_ends_it) {
  run([](stream& near, stream& far) {
    wait_group writer;
    writer.go([&near] {
      const std::error_code why = write_until_error(near);
      EXPECT_TRUE(why == std::errc::broken_pipe || why == std::errc::connection_reset) << why.message();
    });
    EXPECT_EQ(read_exactly(far, 100'000).size(), 100'000u);
    await_parked(1);  // the buffers are full again
    ASSERT_TRUE(far.close());
    writer.wait();
  });
}

// Bytes whose place in the flow can be told from any few of them, without keeping the flow: their period is a
// prime.
class flow {
 public:
  flow() : bytes_(period + longest) {
    std::minstd_rand random(7);
    for (std::size_t i = 0; i < bytes_.size(); ++i)
      bytes_[i] = i < period ? static_cast<std::byte>(random() >> 8) : bytes_[i - period];
  }

  /// The `size` bytes, `longest` at most, from `offset` on.
  std::span<const std::byte> at(std::uint64_t offset, std::size_t size) const {
    return std::span(bytes_).subspan(static_cast<std::size_t>(offset % period), size);
  }

  static constexpr std::size_t longest = 1 << 17;

 private:
  static constexpr std::size_t period = 65521;

  std::vector<std::byte> bytes_;
};

// As many small pieces as large ones.
std::size_t random_size(std::minstd_rand& random) {
  const std::size_t limit = std::size_t{1} << random() % 18;
  return 1 + random() % limit;
}

void write_in_random_pieces(stream& to, const flow& bytes, std::uint64_t total, unsigned seed) {
  std::minstd_rand random(seed);
  for (std::uint64_t sent = 0; sent < total;) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(random_size(random), total - sent));
    const auto piece = bytes.at(sent, size);
    const std::size_t middle = random() % size;
    const std::array parts{piece.first(middle), piece.subspan(middle)};
    ASSERT_TRUE(random() % 3 == 0 ? to.writev(parts) : to.write(piece));
    sent += size;
  }
  ASSERT_TRUE(to.close_write());
}

void read_in_random_pieces(stream& from, const flow& bytes, std::uint64_t total, unsigned seed) {
  std::minstd_rand random(seed);
  std::vector<std::byte> buffer(flow::longest);
  std::uint64_t got = 0;
  for (;;) {
    const auto count = from.read(std::span(buffer).first(random_size(random)));
    ASSERT_TRUE(count) << count.error().message();
    if (*count == 0) break;
    ASSERT_EQ(std::memcmp(buffer.data(), bytes.at(got, *count).data(), *count), 0) << "after " << got;
    got += *count;
  }
  EXPECT_EQ(got, total);
}

TEST_P(a_stream, loses_and_doubles_no_byte_in_either_direction) {
  const char* stress = std::getenv("LEAT_STRESS_SECONDS");
  const bool in_full = stress && std::atof(stress) > 0;
  const std::uint64_t total = (in_full ? std::uint64_t{1} << 30 : std::uint64_t{16} << 20) + 4711;
  run([total](stream& near, stream& far) {
    const flow bytes;
    wait_group all;
    all.go([&] { write_in_random_pieces(near, bytes, total, 1); });
    all.go([&] { write_in_random_pieces(far, bytes, total, 2); });
    all.go([&] { read_in_random_pieces(near, bytes, total, 3); });
    all.go([&] { read_in_random_pieces(far, bytes, total, 4); });
    all.wait();
  });
}

}  // namespace
}  // namespace leat::net
