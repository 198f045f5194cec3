#include <gtest/gtest.h>

#include <hub/room_log.hpp>

namespace hub {
namespace {

class room_log_test : public testing::Test {
 protected:
  static chat::message said(std::uint64_t id, std::string_view room) {
    chat::message one;
    one.id = id;
    one.time_ms = static_cast<std::int64_t>(id) * 1000;
    one.target = room;
    return one;
  }

  void store(std::uint64_t id, std::string_view room) {
    stored.push_back(said(id, room));
    log.add(stored.back());
  }

  std::vector<std::uint64_t> shown(std::string_view room, std::uint64_t last_id = 1000,
                                   std::int64_t from_ms = 0) {
    std::vector<std::uint64_t> ids;
    const auto found = log.latest(room, last_id, from_ms);
    for (const chat::message& one : found.value())
      ids.push_back(one.id);
    return ids;
  }

  std::vector<chat::message> stored;
  int loads = 0;
  room_log log{3, 2, [this](std::string_view room, std::size_t limit) {
                 ++loads;
                 std::vector<chat::message> found;
                 for (const chat::message& one : stored)
                   if (chat::same_name(one.target, room)) found.push_back(one);
                 if (found.size() > limit)
                   found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(limit));
                 return found;
               }};
};

using ids = std::vector<std::uint64_t>;

TEST_F(room_log_test, a_room_is_loaded_once_and_then_kept_up) {
  for (std::uint64_t id = 1; id <= 4; ++id)
    store(id, "#a");
  EXPECT_EQ(shown("#A"), (ids{2, 3, 4}));
  store(5, "#a");
  store(6, "#b");
  EXPECT_EQ(shown("#a"), (ids{3, 4, 5}));
  EXPECT_EQ(loads, 1);
}

TEST_F(room_log_test, a_newcomer_is_not_shown_what_comes_after_the_join_or_before_the_room_began_anew) {
  for (std::uint64_t id = 1; id <= 3; ++id)
    store(id, "#a");
  EXPECT_EQ(shown("#a", 2), (ids{1, 2}));
  EXPECT_EQ(shown("#a", 3, 2000), (ids{2, 3}));
}

TEST_F(room_log_test, a_message_that_was_loaded_already_is_not_added_twice) {
  store(1, "#a");
  stored.push_back(said(2, "#a"));
  EXPECT_EQ(shown("#a", 1), ids{1});
  log.add(stored.back());
  EXPECT_EQ(shown("#a"), (ids{1, 2}));
}

TEST_F(room_log_test, the_room_that_was_not_asked_for_longest_gives_way) {
  shown("#a");
  shown("#b");
  shown("#a");
  shown("#c");
  EXPECT_EQ(log.cached_rooms(), 2U);
  EXPECT_EQ(loads, 3);
  shown("#a");
  EXPECT_EQ(loads, 3);
  shown("#b");
  EXPECT_EQ(loads, 4);
}

TEST_F(room_log_test, a_failed_load_is_told_and_tried_again) {
  bool broken = true;
  room_log flaky(
      3, 2, [&](std::string_view, std::size_t) -> std::expected<std::vector<chat::message>, std::string> {
        if (broken) return std::unexpected("disk on fire");
        return std::vector<chat::message>{said(1, "#a")};
      });
  EXPECT_EQ(flaky.latest("#a", 9, 0).error(), "disk on fire");
  broken = false;
  EXPECT_EQ(flaky.latest("#a", 9, 0)->size(), 1U);
}

TEST(room_log_of_nothing, never_asks_the_store) {
  room_log log(0, 2,
               [](std::string_view, std::size_t) -> std::expected<std::vector<chat::message>, std::string> {
                 return std::unexpected("asked");
               });
  EXPECT_TRUE(log.latest("#a", 9, 0)->empty());
}

}  // namespace
}  // namespace hub
