#include <sys/stat.h>
#include <sys/xattr.h>

#include <thread>

#include <hub/files/file_store_fixture.hpp>

namespace hub::files {
namespace {

const area lobby = *area::of_room("#lobby");

class file_store_test : public file_store_fixture {
 protected:
  file_store_test() { open(); }

  void age(const std::filesystem::path& name, std::chrono::seconds by) {
    const auto path = data_.path() / name;
    std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) - by);
  }
};

TEST_F(file_store_test, what_was_published_is_read_back) {
  const auto done = put("a.txt", "hello");
  ASSERT_TRUE(done) << done.error().text;
  EXPECT_TRUE(done->created);
  EXPECT_EQ(done->size_bytes, 5U);
  EXPECT_EQ(done->content, digest_of("hello"));
  const auto file = store_->read(area::common(), name_of("a.txt"));
  ASSERT_TRUE(file);
  EXPECT_EQ(content_of(*file), "hello");
  EXPECT_EQ(file->content, digest_of("hello"));
  EXPECT_EQ(file->modified_s, done->modified_s);
  EXPECT_EQ(data_.read("files/a.txt"), "hello");
}

TEST_F(file_store_test, an_empty_file_is_a_file) {
  ASSERT_TRUE(put("empty", ""));
  EXPECT_EQ(get("empty"), "");
  EXPECT_EQ(store_->list(area::common(), "", 9)->files.size(), 1U);
}

TEST_F(file_store_test, areas_do_not_mix) {
  ASSERT_TRUE(put("a", "common"));
  ASSERT_TRUE(put("a", "room", lobby));
  EXPECT_EQ(get("a"), "common");
  EXPECT_EQ(get("a", lobby), "room");
  EXPECT_EQ(get("a", *area::of_room("#LOBBY")), "room");
  EXPECT_EQ(get("a", *area::of_room("#other")), "error: there is no file a in #other");
}

TEST_F(file_store_test, a_replaced_file_shows_the_new_content_and_readers_keep_the_old) {
  ASSERT_TRUE(put("a", "old content"));
  const auto reader = store_->read(area::common(), name_of("a"));
  const auto done = put("a", "new");
  ASSERT_TRUE(done);
  EXPECT_FALSE(done->created);
  EXPECT_EQ(get("a"), "new");
  EXPECT_EQ(content_of(*reader), "old content");
}

TEST_F(file_store_test, an_upload_shows_only_when_it_is_published) {
  auto begun = store_->begin(area::common(), name_of("a"), std::nullopt);
  ASSERT_TRUE(begun->write(bytes_of("half")));
  EXPECT_EQ(get("a"), "error: there is no file a");
  EXPECT_TRUE(store_->list(area::common(), "", 9)->files.empty());
  ASSERT_TRUE(begun->write(bytes_of(" and half")));
  ASSERT_TRUE(begun->publish());
  EXPECT_EQ(get("a"), "half and half");
}

TEST_F(file_store_test, an_upload_that_is_given_up_leaves_nothing) {
  {
    auto begun = store_->begin(area::common(), name_of("a"), 1000);
    ASSERT_TRUE(begun->write(bytes_of("half")));
    EXPECT_EQ(store_->taken_bytes(), 1000U);
  }
  EXPECT_EQ(data_.names("uploads"), "");
  EXPECT_EQ(store_->taken_bytes(), 0U);
}

TEST_F(file_store_test, fewer_bytes_than_announced_are_not_published) {
  auto begun = store_->begin(area::common(), name_of("a"), 9);
  ASSERT_TRUE(begun->write(bytes_of("half")));
  const auto done = begun->publish();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, failure::mismatch);
  EXPECT_EQ(done.error().text, "only 4 of the announced 9 bytes came");
  EXPECT_EQ(get("a"), "error: there is no file a");
}

TEST_F(file_store_test, more_bytes_than_announced_are_refused) {
  auto begun = store_->begin(area::common(), name_of("a"), 3);
  EXPECT_EQ(begun->write(bytes_of("four")).error().kind, failure::mismatch);
}

TEST_F(file_store_test, content_with_another_digest_than_announced_is_not_published) {
  ASSERT_TRUE(put("a", "old"));
  const auto done = put("a", "damaged", area::common(), {.announced = digest_of("intact"), .allowed = {}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, failure::mismatch);
  EXPECT_EQ(get("a"), "old");
  EXPECT_TRUE(put("a", "intact", area::common(), {.announced = digest_of("intact"), .allowed = {}}));
}

TEST_F(file_store_test, a_condition_sees_the_present_content_and_can_forbid_the_change) {
  const auto only_new = [](const std::optional<file_version>& present) { return !present; };
  EXPECT_TRUE(put("a", "first", area::common(), {.announced = {}, .allowed = only_new}));
  const auto done = put("a", "second", area::common(), {.announced = {}, .allowed = only_new});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, failure::forbidden);
  EXPECT_EQ(get("a"), "first");
  const auto is_first = [](const std::optional<file_version>& present) {
    return present && present->content == digest_of("first");
  };
  EXPECT_TRUE(put("a", "second", area::common(), {.announced = {}, .allowed = is_first}));
  EXPECT_EQ(store_->remove(area::common(), name_of("a"), is_first).error().kind, failure::forbidden);
  EXPECT_EQ(get("a"), "second");
}

TEST_F(file_store_test, a_removed_file_is_gone_and_readers_keep_it) {
  ASSERT_TRUE(put("a", "text"));
  const auto reader = store_->read(area::common(), name_of("a"));
  ASSERT_TRUE(store_->remove(area::common(), name_of("a")));
  EXPECT_EQ(get("a"), "error: there is no file a");
  EXPECT_EQ(content_of(*reader), "text");
  EXPECT_EQ(store_->remove(area::common(), name_of("a")).error().kind, failure::not_found);
  EXPECT_EQ(store_->file_count(), 0U);
  EXPECT_EQ(store_->taken_bytes(), 0U);
}

TEST_F(file_store_test, the_last_file_of_a_room_takes_its_folder_along) {
  ASSERT_TRUE(put("a", "1", lobby));
  ASSERT_TRUE(put("b", "2", lobby));
  ASSERT_TRUE(store_->remove(lobby, name_of("a")));
  EXPECT_EQ(data_.names("rooms"), "%23lobby");
  ASSERT_TRUE(store_->remove(lobby, name_of("b")));
  EXPECT_EQ(data_.names("rooms"), "");
  EXPECT_TRUE(put("c", "3", lobby));
}

TEST_F(file_store_test, files_are_listed_in_order_page_by_page) {
  for (const auto* name : {"c", "a", "d", "b"})
    ASSERT_TRUE(put(name, name));
  const auto first = store_->list(area::common(), "", 3).value();
  ASSERT_EQ(first.files.size(), 3U);
  EXPECT_EQ(first.files[0].name, "a");
  EXPECT_EQ(first.files[2].name, "c");
  EXPECT_TRUE(first.more);
  const auto second = store_->list(area::common(), "c", 3).value();
  ASSERT_EQ(second.files.size(), 1U);
  EXPECT_EQ(second.files[0].name, "d");
  EXPECT_FALSE(second.more);
  EXPECT_TRUE(store_->list(lobby, "", 9)->files.empty());
}

TEST_F(file_store_test, everything_is_there_and_counted_after_a_restart) {
  ASSERT_TRUE(put("a", "12345"));
  ASSERT_TRUE(put("b", "123", lobby));
  break_off("c", "12", 10);
  open();
  EXPECT_EQ(get("a"), "12345");
  EXPECT_EQ(store_->taken_bytes(), 10U);
  EXPECT_EQ(store_->file_count(), 2U);
}

TEST_F(file_store_test, left_over_temporary_files_are_removed_at_start) {
  store_.reset();
  data_.write("uploads/0123456789abcdef.tmp", "left over");
  data_.write("uploads/stray.part", "not a name of ours");
  open();
  EXPECT_EQ(data_.names("uploads"), "");
}

TEST_F(file_store_test, an_upload_that_was_under_way_in_a_killed_server_can_go_on) {
  auto begun = store_->begin(area::common(), name_of("a"), 10);
  ASSERT_TRUE(begun->write(bytes_of("01234")));
  const auto entry = data_.names("uploads");
  // What kill -9 leaves: the entry, and nobody who would remove it.
  std::filesystem::copy_file(data_.path() / "uploads" / entry, data_.path() / "saved");
  begun = std::unexpected(file_error{});
  store_.reset();
  std::filesystem::rename(data_.path() / "saved", data_.path() / "uploads" / entry);
  open();
  EXPECT_EQ(store_->taken_bytes(), 5U);
  auto rest = store_->resume(area::common(), name_of("a"), 5, 10);
  ASSERT_TRUE(rest) << rest.error().text;
  ASSERT_TRUE(rest->write(bytes_of("56789")));
  ASSERT_TRUE(rest->publish());
  EXPECT_EQ(get("a"), "0123456789");
  EXPECT_EQ(store_->taken_bytes(), 10U);
}

TEST_F(file_store_test, an_upload_that_was_under_way_before_the_last_boot_is_removed) {
  auto begun = store_->begin(area::common(), name_of("a"), 10);
  auto entry = data_.names("uploads");
  begun = std::unexpected(file_error{});
  store_.reset();
  entry.replace(17, 16, "0123456789abcdef");
  data_.write("uploads/" + entry, "01234");
  open();
  EXPECT_EQ(data_.names("uploads"), "");
  EXPECT_EQ(store_->taken_bytes(), 0U);
}

TEST_F(file_store_test, uploads_of_one_name_that_break_off_at_once_leave_one_part_and_a_right_sum) {
  std::vector<std::thread> uploaders;
  for (int i = 0; i < 8; ++i) {
    uploaders.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round)
        break_off("a", std::string(static_cast<std::size_t>(i + 1), 'x'), 100);
    });
  }
  for (auto& each : uploaders)
    each.join();
  const auto left = store_->find_partial(area::common(), name_of("a"));
  ASSERT_TRUE(left);
  EXPECT_EQ(store_->taken_bytes(), left->held_bytes);
}

TEST_F(file_store_test, a_second_server_on_the_same_folder_is_refused) {
  const auto second = file_store::open(data_.path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, failure::in_use);
}

TEST_F(file_store_test, uploads_of_one_name_at_once_leave_one_whole_content) {
  std::vector<std::jthread> writers;
  for (const char letter : {'a', 'b', 'c', 'd'}) {
    writers.emplace_back([this, letter] {
      for (int round = 0; round < 10; ++round)
        ASSERT_TRUE(put("x", std::string(100'000, letter)));
    });
  }
  writers.clear();
  const auto text = get("x");
  EXPECT_EQ(text, std::string(100'000, text[0]));
  EXPECT_EQ(store_->taken_bytes(), 100'000U);
  EXPECT_EQ(store_->file_count(), 1U);
}

// Digests

TEST_F(file_store_test, the_digest_of_a_file_that_was_put_there_by_hand_is_computed_and_kept) {
  data_.write("files/by_hand", "text");
  age("files/by_hand", std::chrono::seconds(10));
  EXPECT_EQ(store_->read(area::common(), name_of("by_hand"))->content, digest_of("text"));
  char value[200];
  const auto path = data_.path() / "files/by_hand";
  const auto length = ::getxattr(path.c_str(), "user.leat.sha256", value, sizeof value);
  if (length < 0) GTEST_SKIP() << "this file system has no extended attributes";
  EXPECT_TRUE(std::string_view(value, static_cast<std::size_t>(length)).ends_with(to_hex(digest_of("text"))));
}

TEST_F(file_store_test, a_digest_is_never_stale_when_a_file_is_changed_by_hand) {
  ASSERT_TRUE(put("a", "first"));
  data_.write("files/a", "other");
  EXPECT_EQ(store_->read(area::common(), name_of("a"))->content, digest_of("other"));
  data_.write("files/a", "third");
  EXPECT_EQ(store_->read(area::common(), name_of("a"))->content, digest_of("third"))
      << "same size, within the clock's step";
}

TEST_F(file_store_test, a_digest_survives_a_restart_and_a_rename_by_hand) {
  ASSERT_TRUE(put("a", "text"));
  std::filesystem::rename(data_.path() / "files/a", data_.path() / "files/b");
  open();
  EXPECT_EQ(store_->read(area::common(), name_of("b"))->content, digest_of("text"));
}

// Resume

TEST_F(file_store_test, an_upload_that_broke_off_goes_on_where_it_ended) {
  break_off("a", "hello ", 11);
  const auto waiting = store_->find_partial(area::common(), name_of("a"));
  ASSERT_TRUE(waiting);
  EXPECT_EQ(waiting->held_bytes, 6U);
  EXPECT_EQ(waiting->total_bytes, 11U);
  auto resumed = store_->resume(area::common(), name_of("a"), 6, 11);
  ASSERT_TRUE(resumed) << resumed.error().text;
  ASSERT_TRUE(resumed->write(bytes_of("world")));
  const auto done = resumed->publish();
  ASSERT_TRUE(done);
  EXPECT_EQ(done->content, digest_of("hello world"));
  EXPECT_EQ(get("a"), "hello world");
  EXPECT_EQ(data_.names("uploads"), "");
  EXPECT_EQ(store_->taken_bytes(), 11U);
}

TEST_F(file_store_test, a_broken_off_upload_survives_a_restart) {
  break_off("a", "hello ", 11);
  open();
  auto resumed = store_->resume(area::common(), name_of("a"), 6, 11);
  ASSERT_TRUE(resumed);
  ASSERT_TRUE(resumed->write(bytes_of("world")));
  EXPECT_TRUE(resumed->publish());
}

TEST_F(file_store_test, going_on_elsewhere_is_refused_and_says_how_much_is_held) {
  break_off("a", "hello ", 11);
  for (const std::uint64_t offset : {5U, 7U, 10U}) {
    const auto resumed = store_->resume(area::common(), name_of("a"), offset, 11);
    ASSERT_FALSE(resumed);
    EXPECT_EQ(resumed.error().kind, failure::wrong_place);
    EXPECT_EQ(resumed.error().held_bytes, 6U);
  }
  EXPECT_EQ(store_->resume(area::common(), name_of("a"), 6, 12).error().held_bytes, 0U) << "another total";
  EXPECT_EQ(store_->resume(area::common(), name_of("b"), 6, 11).error().held_bytes, 0U) << "another name";
  EXPECT_EQ(store_->resume(lobby, name_of("a"), 6, 11).error().held_bytes, 0U) << "another area";
}

TEST_F(file_store_test, only_one_of_two_goes_on_with_an_upload) {
  break_off("a", "hello ", 11);
  const auto first = store_->resume(area::common(), name_of("a"), 6, 11);
  EXPECT_TRUE(first);
  EXPECT_EQ(store_->resume(area::common(), name_of("a"), 6, 11).error().kind, failure::wrong_place);
}

TEST_F(file_store_test, a_resumed_upload_can_break_off_again) {
  break_off("a", "hello ", 11);
  {
    auto resumed = store_->resume(area::common(), name_of("a"), 6, 11);
    ASSERT_TRUE(resumed->write(bytes_of("wor")));
    ASSERT_TRUE(resumed->suspend());
  }
  EXPECT_EQ(store_->taken_bytes(), 9U);
  auto resumed = store_->resume(area::common(), name_of("a"), 9, 11);
  ASSERT_TRUE(resumed->write(bytes_of("ld")));
  EXPECT_EQ(resumed->publish()->content, digest_of("hello world"));
}

TEST_F(file_store_test, a_newer_part_or_a_whole_file_takes_the_place_of_a_part) {
  break_off("a", "hello ", 11);
  break_off("a", "bye", 20);
  EXPECT_EQ(store_->find_partial(area::common(), name_of("a"))->total_bytes, 20U);
  EXPECT_EQ(store_->taken_bytes(), 3U);
  ASSERT_TRUE(put("a", "whole"));
  EXPECT_FALSE(store_->find_partial(area::common(), name_of("a")));
  EXPECT_EQ(store_->taken_bytes(), 5U);
}

TEST_F(file_store_test, an_upload_of_unknown_size_or_without_a_byte_is_not_kept) {
  auto unknown = store_->begin(area::common(), name_of("a"), std::nullopt);
  ASSERT_TRUE(unknown->write(bytes_of("x")));
  EXPECT_FALSE(unknown->suspend());
  auto empty = store_->begin(area::common(), name_of("a"), 5);
  EXPECT_FALSE(empty->suspend());
}

TEST_F(file_store_test, parts_that_are_too_old_are_removed) {
  break_off("a", "hello ", 11);
  age("uploads/" + data_.names("uploads"), std::chrono::hours(25));
  open();
  EXPECT_FALSE(store_->find_partial(area::common(), name_of("a")));
  EXPECT_EQ(store_->taken_bytes(), 0U);
}

TEST_F(file_store_test, too_many_parts_cost_the_oldest) {
  open({.partials = 2});
  break_off("a", "1", 10);
  break_off("b", "1", 10);
  break_off("c", "1", 10);
  EXPECT_FALSE(store_->find_partial(area::common(), name_of("a")));
  EXPECT_TRUE(store_->find_partial(area::common(), name_of("b")));
  EXPECT_TRUE(store_->find_partial(area::common(), name_of("c")));
}

TEST_F(file_store_test, a_namesake_is_kept_on_request_and_the_new_file_gets_the_next_free_name) {
  open();
  const publish_terms beside{.other = namesake::kept};
  EXPECT_EQ(put("a.txt", "1", area::common(), beside)->name, "a.txt");
  EXPECT_EQ(put("a.txt", "2", area::common(), beside)->name, "a (2).txt");
  for (int number = 3; number < 20; ++number)
    EXPECT_EQ(put("a.txt", std::to_string(number), area::common(), beside)->name,
              "a (" + std::to_string(number) + ").txt");
  EXPECT_EQ(get("a.txt"), "1");
  EXPECT_EQ(get("a (2).txt"), "2");
  EXPECT_EQ(get("a (19).txt"), "19");
  ASSERT_TRUE(store_->remove(area::common(), name_of("a.txt")));
  EXPECT_EQ(put("a.txt", "new", area::common(), beside)->name, "a.txt");
  EXPECT_EQ(store_->file_count(), 19U);
}

TEST_F(file_store_test, a_file_beside_its_namesake_leaves_what_waits_for_the_name) {
  open();
  break_off("a", "01234", 10);
  ASSERT_TRUE(put("a", "other", area::common(), {.other = namesake::kept}));
  EXPECT_EQ(store_->find_partial(area::common(), name_of("a")), (partial{5, 10}));
  ASSERT_TRUE(put("a", "all of it"));
  EXPECT_EQ(store_->find_partial(area::common(), name_of("a")), std::nullopt);
}

}  // namespace
}  // namespace hub::files
