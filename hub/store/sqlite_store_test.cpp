#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include <hub/store/schema.hpp>
#include <hub/store/sqlite_store.hpp>

namespace hub::store {
namespace {

using chat::message;
using chat::room_record;
using namespace std::chrono_literals;

class sqlite_store_test : public testing::Test {
 protected:
  sqlite_store_test() {
    std::string pattern = testing::TempDir() + "leat-store-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~sqlite_store_test() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path file() const { return folder_ / "leat.db"; }

  std::unique_ptr<store> open(const sqlite_options& options = {}) {
    auto opened = open_sqlite(file(), options);
    EXPECT_TRUE(opened) << opened.error().text;
    return opened ? std::move(*opened) : nullptr;
  }

  // Runs SQL on the file as another program would.
  void run_sql(const char* sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &db), SQLITE_OK);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, &error), SQLITE_OK) << error;
    sqlite3_close(db);
  }

  std::filesystem::path folder_;
};

message in_room(std::uint64_t id, std::string room, std::string text) {
  return {.id = id,
          .time_ms = 1'700'000'000'000 + static_cast<std::int64_t>(id),
          .source = "ann!a@host",
          .target = std::move(room),
          .text = std::move(text)};
}

std::vector<message> numbered(std::uint64_t first, std::uint64_t last) {
  std::vector<message> messages;
  for (auto id = first; id <= last; ++id)
    messages.push_back(in_room(id, "#team", "message " + std::to_string(id)));
  return messages;
}

room_record sample_room() {
  return {.name = "#Team",
          .topic = "ship it",
          .topic_setter = "ann!a@host",
          .topic_time_ms = 1,
          .modes = "nt",
          .key = "k",
          .limit = 4'000'000'000,
          .bans = {{"*!*@bad", "ann", 2}, {"*!*@worse", "bob", 3}},
          .created_ms = 4,
          .history_from_ms = 5};
}

TEST_F(sqlite_store_test, messages_come_back_as_they_were_given_oldest_first) {
  const std::vector<message> given{in_room(1, "#team", "hello"),
                                   {.id = 2,
                                    .time_ms = -5,
                                    .kind = chat::message_kind::notice,
                                    .source = "bob!b@h",
                                    .target = "#team",
                                    .tags = "+reply=1;+example.org/x",
                                    .text = "\x01"
                                            "ACTION 'waves' ü\x01"}};
  const auto opened = open();
  ASSERT_TRUE(opened->append(given));
  EXPECT_EQ(opened->latest("#team", 50).value(), given);
}

TEST_F(sqlite_store_test, latest_gives_the_newest_when_there_are_more) {
  const auto opened = open();
  ASSERT_TRUE(opened->append(numbered(1, 100)));
  EXPECT_EQ(opened->latest("#team", 3).value(), numbered(98, 100));
  EXPECT_TRUE(opened->latest("#team", 0).value().empty());
}

TEST_F(sqlite_store_test, a_room_is_found_whatever_the_case_of_its_ascii_letters) {
  const auto opened = open();
  ASSERT_TRUE(opened->append(std::vector{in_room(1, "#Team", "a"), in_room(2, "#tEAM", "b")}));
  EXPECT_EQ(opened->latest("#TEAM", 9).value().size(), 2U);
}

TEST_F(sqlite_store_test, an_unknown_room_has_no_history) {
  EXPECT_TRUE(open()->latest("#nowhere", 9).value().empty());
}

TEST_F(sqlite_store_test, private_messages_are_read_by_their_owners_and_by_nobody_else) {
  const auto opened = open();
  const message there{.id = 1, .source = "Ann!a@h", .target = "bob", .text = "psst"};
  const message back{.id = 2, .source = "bob!b@h", .target = "ANN", .text = "what"};
  const message other{.id = 3, .source = "ann!a@h", .target = "carl", .text = "hi"};
  // Another ann than the first: she has the name, but not what was said to it.
  const message later{.id = 4, .source = "ann!x@h", .target = "bob", .text = "me too"};
  const std::vector messages{there, back, other, later};
  const std::vector<filed_message> filed{
      {"A", "bob", 1},  {"B", "Ann", 1}, {"A", "BOB", 2}, {"B", "ann", 2},
      {"A", "carl", 3}, {"X", "bob", 4}, {"B", "ann", 4},
  };
  ASSERT_TRUE(opened->write({.messages = messages, .filed = filed}));
  EXPECT_EQ(opened->find_private("A", "Bob", {.limit = 9}).value(), (std::vector{there, back}));
  EXPECT_EQ(opened->find_private("B", "ann", {.limit = 9}).value(), (std::vector{there, back, later}));
  EXPECT_EQ(opened->find_private("B", "ann", {.limit = 1, .newest = false}).value(), std::vector{there});
  EXPECT_EQ(opened->find_private("B", "ann", {.after_id = 1, .before_id = 4, .limit = 9}).value(),
            std::vector{back});
  EXPECT_EQ(opened->find_private("X", "bob", {.limit = 9}).value(), std::vector{later});
  EXPECT_TRUE(opened->find_private("", "bob", {.limit = 9}).value().empty());
  EXPECT_TRUE(opened->find_private("B", "carl", {.limit = 9}).value().empty());

  const auto all = opened->private_conversations("A", {.limit = 9}).value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].other, "bob");
  EXPECT_EQ(all[0].last, back);
  EXPECT_EQ(all[1].other, "carl");
  EXPECT_EQ(opened->private_conversations("A", {.limit = 1}).value().front().other, "carl");
  EXPECT_EQ(opened->private_conversations("A", {.limit = 1, .newest = false}).value().front().other, "bob");
  EXPECT_TRUE(opened->private_conversations("A", {.before_id = 2, .limit = 9}).value().empty());
  EXPECT_TRUE(opened->private_conversations("A", {.after_id = 3, .limit = 9}).value().empty());
  EXPECT_TRUE(opened->private_conversations("nobody", {.limit = 9}).value().empty());
}

TEST_F(sqlite_store_test, events_come_between_messages_for_those_who_ask_for_them) {
  const auto opened = open();
  std::vector<message> given = numbered(1, 6);
  given[1].kind = chat::message_kind::join;
  given[3].kind = chat::message_kind::mode;
  given[5].kind = chat::message_kind::quit;
  ASSERT_TRUE(opened->append(given));
  EXPECT_EQ(opened->latest("#team", 9).value(), (std::vector{given[0], given[2], given[4]}));
  EXPECT_EQ(opened->find("#TEAM", {.limit = 9, .with_events = true}).value(), given);
  EXPECT_EQ(opened->find("#team", {.limit = 2, .with_events = true}).value(),
            (std::vector{given[4], given[5]}));
  EXPECT_EQ(opened->find("#team", {.after_id = 1, .limit = 2, .newest = false, .with_events = true}).value(),
            (std::vector{given[1], given[2]}));
  EXPECT_EQ(opened->last_message_id().value(), 6U);
  EXPECT_EQ(opened->first_id_since(given[3].time_ms).value(), 4U);
  EXPECT_EQ(opened->first_id_since(given[5].time_ms).value(), 6U);
  EXPECT_EQ(opened->first_id_since(given[5].time_ms + 1).value(), 7U);
}

TEST_F(sqlite_store_test, what_is_read_only_moves_on_and_is_there_after_a_restart) {
  const auto mark = [](store& in, std::string owner, std::string target, std::int64_t time_ms) {
    const std::vector<read_mark> marks{{std::move(owner), std::move(target), time_ms}};
    in.write({.read_marks = marks}).value();
  };
  {
    const auto opened = open();
    EXPECT_TRUE(opened->read_marks("A", 9).value().empty());
    mark(*opened, "A", "#Team", 50);
    mark(*opened, "A", "#team", 40);
    mark(*opened, "A", "bob", 70);
    mark(*opened, "B", "#team", 10);
  }
  const auto again = open();
  EXPECT_EQ(again->read_marks("A", 9).value(),
            (std::vector<read_mark>{{"A", "bob", 70}, {"A", "#team", 50}}));
  EXPECT_EQ(again->read_marks("A", 1).value(), (std::vector<read_mark>{{"A", "bob", 70}}));
  EXPECT_EQ(again->read_marks("B", 9).value(), (std::vector<read_mark>{{"B", "#team", 10}}));
  mark(*again, "A", "#team", 80);
  EXPECT_EQ(again->read_marks("A", 1).value().front().time_ms, 80);
  mark(*again, "A", "#TEAM", 0);
  EXPECT_EQ(again->read_marks("A", 9).value(), (std::vector<read_mark>{{"A", "bob", 70}}));
}

TEST_F(sqlite_store_test, everything_is_there_after_a_restart) {
  open()->append(numbered(1, 10)).value();
  const auto again = open();
  EXPECT_EQ(again->latest("#team", 50).value(), numbered(1, 10));
  EXPECT_EQ(again->last_message_id().value(), 10U);
}

TEST_F(sqlite_store_test, an_empty_store_has_last_id_zero_and_accepts_an_empty_batch) {
  const auto opened = open();
  EXPECT_EQ(opened->last_message_id().value(), 0U);
  EXPECT_TRUE(opened->write({}));
}

TEST_F(sqlite_store_test, an_id_that_is_used_twice_fails_the_whole_group_by_its_number) {
  const auto opened = open();
  ASSERT_TRUE(opened->append(numbered(1, 3)));
  const auto failed = opened->append(std::vector{in_room(4, "#team", "new"), in_room(2, "#team", "again")});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, failure::refused);
  EXPECT_NE(failed.error().text.find("message id 2"), std::string::npos) << failed.error().text;
  EXPECT_EQ(opened->latest("#team", 50).value(), numbered(1, 3));
}

TEST_F(sqlite_store_test, ids_that_sql_cannot_hold_are_refused) {
  const auto opened = open();
  EXPECT_EQ(opened->append(std::vector{in_room(0, "#a", "")}).error().kind, failure::refused);
  EXPECT_EQ(opened->append(std::vector{in_room(1ULL << 63, "#a", "")}).error().kind, failure::refused);
}

TEST_F(sqlite_store_test, a_room_comes_back_whole_after_a_restart) {
  open()->save_room(sample_room()).value();
  EXPECT_EQ(open()->load_rooms().value(), std::vector{sample_room()});
}

TEST_F(sqlite_store_test, saving_a_room_again_replaces_it_whatever_its_case) {
  const auto opened = open();
  ASSERT_TRUE(opened->save_room(sample_room()));
  room_record changed = sample_room();
  changed.name = "#TEAM";
  changed.bans.erase(changed.bans.begin());
  ASSERT_TRUE(opened->save_room(changed));
  EXPECT_EQ(opened->load_rooms().value(), std::vector{changed});
}

TEST_F(sqlite_store_test, a_removed_room_is_gone_and_its_messages_stay) {
  const auto opened = open();
  ASSERT_TRUE(opened->save_room(sample_room()));
  ASSERT_TRUE(opened->append(numbered(1, 2)));
  ASSERT_TRUE(opened->remove_room("#team"));
  ASSERT_TRUE(opened->remove_room("#never-was"));
  EXPECT_TRUE(opened->load_rooms().value().empty());
  EXPECT_EQ(opened->latest("#team", 9).value().size(), 2U);
}

TEST_F(sqlite_store_test, one_batch_writes_messages_and_rooms_together_or_not_at_all) {
  const auto opened = open();
  const std::vector rooms{sample_room()};
  const std::vector duplicate{in_room(7, "#team", "a"), in_room(7, "#team", "b")};
  EXPECT_FALSE(opened->write({.messages = duplicate, .rooms = rooms}));
  EXPECT_TRUE(opened->load_rooms().value().empty());
  EXPECT_EQ(opened->last_message_id().value(), 0U);
}

TEST_F(sqlite_store_test, a_second_server_on_the_same_folder_is_refused_and_told_why) {
  const auto first = open();
  const auto second = open_sqlite(file());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, failure::in_use);
  EXPECT_NE(second.error().text.find("another server"), std::string::npos) << second.error().text;
}

TEST_F(sqlite_store_test, a_write_while_another_program_holds_the_lock_fails_and_can_be_tried_again) {
  const auto opened = open({.busy_timeout = 1ms});
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(file().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const auto failed = opened->append(numbered(1, 1));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, failure::in_use) << failed.error().text;
  ASSERT_EQ(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  EXPECT_TRUE(opened->append(numbered(1, 1)));
}

TEST_F(sqlite_store_test, a_full_database_keeps_what_it_has_and_stores_nothing_of_the_failed_group) {
  const auto opened = open({.max_bytes = 256 * 1024});
  std::uint64_t stored = 0;
  result<void> last;
  while (stored < 10'000) {
    last = opened->append(numbered(stored + 1, stored + 100));
    if (!last) break;
    stored += 100;
  }
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().kind, failure::full) << last.error().text;
  ASSERT_GT(stored, 0U);
  EXPECT_EQ(opened->last_message_id().value(), stored);
  EXPECT_EQ(opened->latest("#team", 20'000).value(), numbered(1, stored));
}

TEST_F(sqlite_store_test, a_file_that_is_no_database_is_refused_and_left_alone) {
  const std::string text(8192, 'x');
  std::ofstream(file()) << text;
  const auto opened = open_sqlite(file());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, failure::corrupt);
  EXPECT_NE(opened.error().text.find(file().native()), std::string::npos) << opened.error().text;
  EXPECT_EQ(std::filesystem::file_size(file()), text.size());
}

TEST_F(sqlite_store_test, a_damaged_page_is_an_error_not_a_wrong_answer) {
  open()->append(numbered(1, 2000)).value();
  {
    std::fstream damaged(file(), std::ios::in | std::ios::out | std::ios::binary);
    const auto size = std::filesystem::file_size(file());
    for (std::uintmax_t at = 4096; at + 4096 <= size; at += 4096) {
      damaged.seekp(static_cast<std::streamoff>(at));
      damaged << std::string(4096, '\xee');
    }
  }
  const auto opened = open_sqlite(file());
  const auto read = opened ? (*opened)->latest("#team", 5000) : std::unexpected(opened.error());
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, failure::corrupt) << read.error().text;
}

TEST_F(sqlite_store_test, the_database_of_another_program_is_refused_untouched) {
  run_sql("CREATE TABLE recipes (name TEXT)");
  const auto opened = open_sqlite(file());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, failure::corrupt);
  EXPECT_NE(opened.error().text.find("another program"), std::string::npos) << opened.error().text;
  EXPECT_FALSE(std::filesystem::exists(file().native() + "-wal"));
}

TEST_F(sqlite_store_test, a_range_gives_what_lies_between_from_either_end) {
  const auto opened = open();
  ASSERT_TRUE(opened->append(numbered(1, 20)));
  ASSERT_TRUE(opened->append(std::vector{in_room(21, "#other", "not this one")}));
  EXPECT_EQ(opened->find("#team", {.limit = 3}).value(), numbered(18, 20));
  EXPECT_EQ(opened->find("#team", {.limit = 3, .newest = false}).value(), numbered(1, 3));
  EXPECT_EQ(opened->find("#team", {.before_id = 10, .limit = 3}).value(), numbered(7, 9));
  EXPECT_EQ(opened->find("#team", {.after_id = 10, .limit = 3, .newest = false}).value(), numbered(11, 13));
  EXPECT_EQ(opened->find("#team", {.after_id = 10, .before_id = 13, .limit = 9}).value(), numbered(11, 12));
  EXPECT_TRUE(opened->find("#team", {.after_id = 10, .before_id = 11, .limit = 9}).value().empty());
  EXPECT_TRUE(opened->find("#team", {.after_id = ~std::uint64_t{0}, .limit = 9}).value().empty());
  EXPECT_TRUE(opened->find("#nowhere", {.limit = 9}).value().empty());
  EXPECT_TRUE(opened->find("#team", {.limit = 0}).value().empty());
}

TEST_F(sqlite_store_test, a_time_is_found_whatever_ids_are_missing) {
  const auto opened = open();
  EXPECT_EQ(opened->first_id_since(0).value(), 1U);
  std::vector<message> spread;
  for (const std::uint64_t id : {3U, 4U, 9U, 10U, 30U})
    spread.push_back(in_room(id, "#team", "said"));
  ASSERT_TRUE(opened->append(spread));
  const auto since = [&](std::uint64_t id) {
    return opened->first_id_since(1'700'000'000'000 + static_cast<std::int64_t>(id)).value();
  };
  for (std::uint64_t time = 0; time <= 31; ++time) {
    const std::uint64_t found = since(time);
    for (const message& one : spread)
      EXPECT_EQ(one.id >= found, one.id >= time) << one.id << " at " << time;
  }
  EXPECT_EQ(since(31), 31U);
}

TEST_F(sqlite_store_test, messages_that_an_older_version_stored_are_kept) {
  ASSERT_TRUE(open()->append(numbered(1, 2)));
  run_sql(
      "ALTER TABLE message DROP COLUMN tags; DROP TABLE event; DROP TABLE private_message; DROP TABLE "
      "private_conversation; DROP TABLE "
      "read_mark;"
      "DELETE FROM schema_migration WHERE version > 1");
  const auto opened = open();
  EXPECT_EQ(opened->latest("#team", 50).value(), numbered(1, 2));
  message later = in_room(3, "#team", "later");
  later.tags = "+reply=1";
  ASSERT_TRUE(opened->append(std::span(&later, 1)));
  EXPECT_EQ(opened->latest("#team", 1).value().front(), later);
}

TEST_F(sqlite_store_test, a_newer_schema_is_refused_by_both_versions) {
  open()->append(numbered(1, 1)).value();
  run_sql("INSERT INTO schema_migration VALUES (99, 'from the future', 0)");
  const auto opened = open_sqlite(file());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, failure::newer);
  EXPECT_NE(opened.error().text.find("99"), std::string::npos) << opened.error().text;
}

TEST_F(sqlite_store_test, a_missing_folder_is_named) {
  const auto opened = open_sqlite(folder_ / "absent" / "leat.db");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, failure::unavailable);
  EXPECT_NE(opened.error().text.find("absent"), std::string::npos) << opened.error().text;
}

TEST_F(sqlite_store_test, reads_go_on_while_another_thread_writes) {
  const auto opened = open();
  std::jthread writer([&] {
    for (std::uint64_t id = 1; id <= 200; ++id)
      ASSERT_TRUE(opened->append(numbered(id, id)));
  });
  std::uint64_t seen = 0;
  while (seen < 200) {
    const auto messages = opened->latest("#team", 500).value();
    ASSERT_EQ(messages, numbered(1, messages.size()));
    seen = messages.size();
  }
}

// Runs in the child: stores group after group, and tells the parent each last id after its commit.
[[noreturn]] void store_until_killed(const std::filesystem::path& file, durability durable, int report_fd) {
  auto opened = open_sqlite(file, {.durable = durable});
  if (!opened) ::_exit(1);
  for (std::uint64_t id = 1;; id += 5) {
    if (!(*opened)->append(numbered(id, id + 4))) ::_exit(2);
    const std::uint64_t committed = id + 4;
    if (::write(report_fd, &committed, sizeof committed) != sizeof committed) ::_exit(3);
  }
}

class killed_store_test : public sqlite_store_test, public testing::WithParamInterface<durability> {};

TEST_P(killed_store_test, nothing_that_was_committed_is_lost_by_kill_9) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) store_until_killed(file(), GetParam(), ends[1]);
  ::close(ends[1]);
  std::uint64_t committed = 0;
  while (committed < 500 && ::read(ends[0], &committed, sizeof committed) == sizeof committed) {}
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  std::uint64_t late = 0;
  while (::read(ends[0], &late, sizeof late) == sizeof late)
    committed = late;
  ::close(ends[0]);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  const auto messages = open()->latest("#team", 1'000'000).value();
  EXPECT_GE(messages.size(), committed);
  EXPECT_EQ(messages.size() % 5, 0U) << "a group was torn";
  EXPECT_EQ(messages, numbered(1, messages.size()));
}

INSTANTIATE_TEST_SUITE_P(every_durability, killed_store_test,
                         testing::Values(durability::process, durability::power), [](const auto& given) {
                           return given.param == durability::power ? "power" : "process";
                         });

}  // namespace
}  // namespace hub::store
