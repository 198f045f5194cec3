// What strangers, a full disk or a hand in the data folder may try.
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <hub/files/file_store_fixture.hpp>

namespace hub::files {
namespace {

const area lobby = *area::of_room("#lobby");

class file_store_safety_test : public file_store_fixture {
 protected:
  file_store_safety_test() {
    open();
    outside_.write("secret", "secret");
  }

  scratch_folder outside_;
};

// Limits

TEST_F(file_store_safety_test, a_file_over_the_limit_is_refused_before_its_first_byte) {
  open({.file_bytes = 10});
  const auto begun = store_->begin(area::common(), name_of("a"), 11);
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().kind, failure::too_large);
  EXPECT_EQ(begun.error().text, "file a is too large: it has 11 bytes, and 10 is the most");
  EXPECT_TRUE(put("a", "0123456789"));
}

TEST_F(file_store_safety_test, an_upload_of_unknown_size_stops_at_the_limit) {
  open({.file_bytes = 10});
  auto begun = store_->begin(area::common(), name_of("a"), std::nullopt);
  ASSERT_TRUE(begun->write(bytes_of("0123456789")));
  EXPECT_EQ(begun->write(bytes_of("x")).error().kind, failure::too_large);
}

TEST_F(file_store_safety_test, a_size_that_lies_takes_nothing) {
  EXPECT_EQ(store_->begin(area::common(), name_of("a"), 1ULL << 63).error().kind, failure::too_large);
  EXPECT_EQ(store_->begin(area::common(), name_of("a"), ~0ULL).error().kind, failure::too_large);
  EXPECT_EQ(store_->resume(area::common(), name_of("a"), 1, ~0ULL).error().kind, failure::wrong_place);
  EXPECT_EQ(store_->taken_bytes(), 0U);
  EXPECT_EQ(data_.names("uploads"), "");
}

TEST_F(file_store_safety_test, all_files_together_stay_within_the_quota) {
  open({.total_bytes = 100});
  ASSERT_TRUE(put("a", std::string(60, 'x')));
  const auto second = put("b", std::string(60, 'x'));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, failure::over_quota);
  EXPECT_EQ(second.error().text, "file b does not fit: 60 of 100 bytes for all files together are taken");
  auto unknown = store_->begin(area::common(), name_of("b"), std::nullopt);
  ASSERT_TRUE(unknown->write(bytes_of(std::string(40, 'x'))));
  EXPECT_EQ(unknown->write(bytes_of("x")).error().kind, failure::over_quota);
}

TEST_F(file_store_safety_test, uploads_under_way_count_for_the_quota) {
  open({.total_bytes = 100});
  const auto first = store_->begin(area::common(), name_of("a"), 60);
  EXPECT_EQ(store_->begin(area::common(), name_of("b"), 60).error().kind, failure::over_quota);
}

TEST_F(file_store_safety_test, uploads_leave_some_of_the_disk_to_others) {
  break_off("held", "01234", 10);
  open({.spare_bytes = 1ULL << 62});
  const auto known = store_->begin(area::common(), name_of("a"), 5);
  ASSERT_FALSE(known);
  EXPECT_EQ(known.error().kind, failure::no_space);
  EXPECT_TRUE(known.error().text.starts_with("the disk is too full")) << known.error().text;
  EXPECT_FALSE(store_->begin(area::common(), name_of("a"), std::nullopt));
  EXPECT_EQ(store_->resume(area::common(), name_of("held"), 5, 10).error().kind, failure::no_space);
  EXPECT_EQ(store_->find_partial(area::common(), name_of("held"))->held_bytes, 5U);
}

TEST_F(file_store_safety_test, the_number_of_files_is_limited_and_replacing_one_is_not_a_new_one) {
  open({.files = 2});
  ASSERT_TRUE(put("a", "1"));
  ASSERT_TRUE(put("b", "2", lobby));
  const auto third = put("c", "3", *area::of_room("#other"));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().kind, failure::over_quota);
  EXPECT_EQ(data_.names("rooms"), "%23lobby") << "a refused upload makes no room's folder";
  EXPECT_TRUE(put("a", "4"));
  ASSERT_TRUE(store_->remove(area::common(), name_of("a")));
  EXPECT_TRUE(put("c", "5"));
}

// Links and other things in the data folder

TEST_F(file_store_safety_test, a_link_in_the_place_of_a_file_is_not_followed) {
  std::filesystem::create_symlink(outside_.path() / "secret", data_.path() / "files/a");
  EXPECT_EQ(get("a"), "error: there is no file a");
  EXPECT_EQ(store_->remove(area::common(), name_of("a")).error().kind, failure::not_found);
  EXPECT_TRUE(store_->list(area::common(), "", 9)->files.empty());
}

TEST_F(file_store_safety_test, publishing_over_a_link_replaces_the_link_and_not_its_target) {
  std::filesystem::create_symlink(outside_.path() / "secret", data_.path() / "files/a");
  ASSERT_TRUE(put("a", "text"));
  EXPECT_EQ(outside_.read("secret"), "secret");
  EXPECT_EQ(get("a"), "text");
}

TEST_F(file_store_safety_test, a_room_folder_that_becomes_a_link_during_an_upload_leads_nowhere) {
  ASSERT_TRUE(put("a", "text", lobby));
  auto begun = store_->begin(lobby, name_of("b"), 4);
  ASSERT_TRUE(begun->write(bytes_of("text")));
  std::filesystem::create_directories(outside_.path() / "files");
  std::filesystem::rename(data_.path() / "rooms/%23lobby", data_.path() / "rooms/moved");
  std::filesystem::create_symlink(outside_.path(), data_.path() / "rooms/%23lobby");
  EXPECT_FALSE(begun->publish());
  EXPECT_EQ(outside_.names("files"), "");
  EXPECT_EQ(get("a", lobby), "error: there is no file a in #lobby");
}

TEST_F(file_store_safety_test, a_data_folder_with_a_link_inside_is_refused_with_advice) {
  store_.reset();
  std::filesystem::remove(data_.path() / "files");
  std::filesystem::create_symlink(outside_.path(), data_.path() / "files");
  const auto opened = file_store::open(data_.path());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().text.find("symbolic link"), std::string::npos) << opened.error().text;
}

TEST_F(file_store_safety_test, folders_and_pipes_are_no_files) {
  std::filesystem::create_directory(data_.path() / "files/folder");
  ASSERT_EQ(::mkfifo((data_.path() / "files/pipe").c_str(), 0600), 0);
  EXPECT_EQ(get("folder"), "error: there is no file folder");
  EXPECT_EQ(get("pipe"), "error: there is no file pipe");
  EXPECT_TRUE(store_->list(area::common(), "", 9)->files.empty());
  EXPECT_FALSE(put("folder", "text"));
  EXPECT_EQ(store_->taken_bytes(), 0U);
}

TEST_F(file_store_safety_test, names_that_would_be_refused_are_not_listed) {
  data_.write("files/.hidden", "x");
  data_.write("files/red\x1b[31m", "x");
  data_.write("files/\xff", "x");
  data_.write("files/fine", "x");
  const auto listed = store_->list(area::common(), "", 9).value();
  ASSERT_EQ(listed.files.size(), 1U);
  EXPECT_EQ(listed.files[0].name, "fine");
}

TEST_F(file_store_safety_test, a_file_that_was_shortened_by_hand_does_not_upset_the_quota) {
  ASSERT_TRUE(put("a", "12345"));
  data_.write("files/a", "1234567890");
  ASSERT_TRUE(store_->remove(area::common(), name_of("a")));
  EXPECT_EQ(store_->taken_bytes(), 0U);
}

TEST_F(file_store_safety_test, removing_a_file_that_was_put_there_by_hand_leaves_the_count_sane) {
  data_.write("files/a", "by hand");
  ASSERT_TRUE(store_->remove(area::common(), name_of("a")));
  EXPECT_EQ(store_->file_count(), 0U);
  EXPECT_TRUE(put("b", "text")) << "the count has wrapped, and the store calls itself full";
}

TEST_F(file_store_safety_test, a_file_in_the_place_of_a_link_is_a_new_one) {
  std::filesystem::create_symlink(outside_.path() / "secret", data_.path() / "files/a");
  EXPECT_TRUE(put("a", "text")->created);
  EXPECT_EQ(store_->file_count(), 1U);
}

// Endings

TEST_F(file_store_safety_test, a_missing_data_folder_is_named) {
  const auto opened = file_store::open(data_.path() / "absent");
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().text.find("absent"), std::string::npos);
}

// What a child process has to tell: its exit code.
enum outcome : int { passed = 0, failed = 1, cannot_try = 77 };

// Mounts a disk of one megabyte that only this process sees.
bool mount_small_disk(const std::filesystem::path& mount_point) {
  const auto user = ::geteuid();
  const auto group = ::getegid();
  const int own_users = user == 0 ? 0 : CLONE_NEWUSER;
  if (::unshare(own_users | CLONE_NEWNS) != 0) return false;
  if (own_users != 0) {
    std::ofstream("/proc/self/uid_map") << "0 " << user << " 1\n";
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/gid_map") << "0 " << group << " 1\n";
  }
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("none", mount_point.c_str(), "tmpfs", 0, "size=1m") == 0;
}

outcome fill_a_small_disk(const std::filesystem::path& mount_point) {
  if (!mount_small_disk(mount_point)) return cannot_try;
  const auto store = file_store::open(mount_point, {.spare_bytes = 0});
  if (!store) return failed;
  const auto put = [&](std::string_view name, std::size_t size, bool announce) -> result<published> {
    auto begun = (*store)->begin(area::common(), name_of(name),
                                 announce ? std::optional<std::uint64_t>(size) : std::nullopt);
    if (!begun) return std::unexpected(begun.error());
    if (auto written = begun->write(bytes_of(std::string(size, 'x'))); !written) {
      return std::unexpected(written.error());
    }
    return begun->publish();
  };
  if (!put("fits", 300'000, true)) return failed;
  for (const bool announce : {true, false}) {
    const auto full = put("too_much", 2'000'000, announce);
    if (full || full.error().kind != failure::no_space) return failed;
    if (!std::filesystem::is_empty(mount_point / "uploads")) return failed;
  }
  return put("fits_again", 300'000, false) && (*store)->file_count() == 2 ? passed : failed;
}

TEST_F(file_store_safety_test, a_full_disk_is_a_clear_error_that_leaves_nothing) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(fill_a_small_disk(outside_.path()));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == cannot_try)
    GTEST_SKIP() << "this machine does not allow a small disk of our own";
  EXPECT_EQ(WEXITSTATUS(status), passed);
}

// Publishes over and over until the end, and tells the number of each content once it is published.
[[noreturn]] void publish_until_killed(const std::filesystem::path& data, int report_fd) {
  const auto store = file_store::open(data);
  if (!store) ::_exit(1);
  for (std::uint32_t round = 1;; ++round) {
    auto begun = (*store)->begin(area::common(), name_of("a"), 100'000);
    if (!begun || !begun->write(bytes_of(std::string(100'000, static_cast<char>('a' + round % 26)))))
      ::_exit(2);
    if (!begun->publish()) ::_exit(3);
    if (::write(report_fd, &round, sizeof round) != sizeof round) ::_exit(4);
  }
}

TEST_F(file_store_safety_test,
       after_kill_9_a_name_has_one_whole_content_and_no_more_than_its_unfinished_upload_is_left) {
  store_.reset();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) publish_until_killed(data_.path(), ends[1]);
  ::close(ends[1]);
  std::uint32_t round = 0;
  while (round < 20 && ::read(ends[0], &round, sizeof round) == sizeof round) {}
  ASSERT_EQ(round, 20U);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ::close(ends[0]);
  open();
  const auto text = get("a");
  ASSERT_EQ(text.size(), 100'000U);
  EXPECT_EQ(text, std::string(100'000, text[0]));
  // Killed in the midst of the next one, that waits for its rest.
  EXPECT_EQ(!data_.names("uploads").empty(), store_->find_partial(area::common(), name_of("a")).has_value());
  ASSERT_TRUE(put("a", "anew"));
  EXPECT_EQ(data_.names("uploads"), "");
  EXPECT_EQ(store_->file_count(), 1U);
}

}  // namespace
}  // namespace hub::files
