#include <gtest/gtest.h>

#include <cli/progress.hpp>
#include <cli/visible_text.hpp>

namespace cli {
namespace {

using namespace std::chrono_literals;

TEST(progress, sizes_have_at_most_four_digits) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(1023), "1023 B");
  EXPECT_EQ(size_text(1024), "1.0 KiB");
  EXPECT_EQ(size_text(64ULL << 20), "64.0 MiB");
  EXPECT_EQ(size_text((1ULL << 20) - 1), "1.0 MiB");
  EXPECT_EQ(size_text(UINT64_MAX), "16.0 EiB");
}

TEST(progress, spans_read_like_a_clock) {
  EXPECT_EQ(span_text(7s), "0:07");
  EXPECT_EQ(span_text(3599s), "59:59");
  EXPECT_EQ(span_text(3723s), "1:02:03");
  EXPECT_EQ(span_text(-1s), "0:00");
}

TEST(progress, a_line_tells_share_size_speed_and_the_time_left) {
  const std::string line = progress_line(
      {.label = "film.mkv", .done_bytes = 512 << 10, .total_bytes = 1 << 20, .bytes_per_second = 64 << 10},
      79);
  EXPECT_EQ(line, "film.mkv  [##############..............]   50% 1.0 MiB  64.0 KiB/s  0:08 left");
}

TEST(progress, an_unknown_total_shows_what_has_come) {
  EXPECT_EQ(progress_line({.label = "x", .done_bytes = 2048}, 79), "x  2.0 KiB");
}

TEST(progress, more_than_was_announced_is_no_trouble) {
  EXPECT_NE(progress_line({.label = "x", .done_bytes = 20, .total_bytes = 10, .bytes_per_second = 5}, 79)
                .find("100%"),
            std::string::npos);
}

TEST(progress, a_line_never_passes_the_width_of_the_terminal) {
  for (std::size_t columns = 0; columns < 120; ++columns) {
    const std::string line = progress_line({.label = "a rather long name of a 日本語 file.tar.gz",
                                            .done_bytes = 123456789,
                                            .total_bytes = 987654321,
                                            .bytes_per_second = 1234567},
                                           columns);
    EXPECT_LE(column_count(line), columns) << line;
  }
}

}  // namespace
}  // namespace cli
