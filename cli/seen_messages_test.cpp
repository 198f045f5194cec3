#include <gtest/gtest.h>

#include <cli/seen_messages.hpp>

namespace cli {
namespace {

TEST(seen_messages, a_replay_shows_only_what_was_missed) {
  seen_messages seen;
  seen.shown("#dev", "10:00", "ada", "one");
  seen.begin_replay();
  EXPECT_FALSE(seen.is_new("#DEV", "10:00", "ada", "one")) << "room names have no case";
  EXPECT_TRUE(seen.is_new("#dev", "10:01", "ada", "two"));
  seen.begin_replay();
  EXPECT_FALSE(seen.is_new("#dev", "10:01", "ada", "two"));
}

TEST(seen_messages, the_same_words_at_another_time_are_another_message) {
  seen_messages seen;
  seen.shown("#dev", "10:00", "ada", "yes");
  seen.begin_replay();
  EXPECT_TRUE(seen.is_new("#dev", "10:05", "ada", "yes"));
  EXPECT_TRUE(seen.is_new("#dev", "10:00", "bob", "yes"));
  EXPECT_TRUE(seen.is_new("#ops", "10:00", "ada", "yes"));
}

TEST(seen_messages, equal_messages_of_one_moment_are_counted) {
  seen_messages seen;
  seen.shown("#dev", "10:00", "ada", "ha");
  seen.begin_replay();
  EXPECT_FALSE(seen.is_new("#dev", "10:00", "ada", "ha"));
  EXPECT_TRUE(seen.is_new("#dev", "10:00", "ada", "ha"));
  seen.begin_replay();
  EXPECT_FALSE(seen.is_new("#dev", "10:00", "ada", "ha"));
  EXPECT_FALSE(seen.is_new("#dev", "10:00", "ada", "ha"));
}

TEST(seen_messages, the_oldest_are_forgotten) {
  seen_messages seen(2);
  for (const char* time : {"1", "2", "3"})
    seen.shown("#dev", time, "ada", "x");
  seen.begin_replay();
  EXPECT_TRUE(seen.is_new("#dev", "1", "ada", "x"));
}

}  // namespace
}  // namespace cli
