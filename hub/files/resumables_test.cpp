#include <sys/stat.h>
#include <utime.h>

#include <thread>

#include <hub/files/file_store_fixture.hpp>
#include <hub/files/resumables.hpp>

namespace hub::files {
namespace {

class resumables_test : public file_store_fixture {
 protected:
  resumables& pending() { return store_->resumable(); }

  result<std::string> create(std::optional<std::uint64_t> total, std::string_view name = "a.txt",
                             std::string_view client = "") {
    return pending().create({.where = area::common(),
                             .name = name_of(name),
                             .total_bytes = total,
                             .client = std::string(client),
                             .note = "note " + std::string(name)});
  }

  std::string begin(std::optional<std::uint64_t> total, std::string_view name = "a.txt") {
    return create(total, name).value_or("");
  }

  result<addition> add(std::string_view id, std::uint64_t offset, bool is_verified = false) {
    return pending().add(
        id, {.offset = offset, .total_bytes = {}, .coming_bytes = 4, .is_verified = is_verified});
  }

  // One request that brings so much, and is confirmed.
  std::uint64_t bring(std::string_view id, std::uint64_t offset, std::string_view text) {
    auto more = add(id, offset);
    if (!more || !more->write(bytes_of(text))) return 0;
    return more->keep().value_or(0);
  }

  std::uint64_t held(std::string_view id) { return pending().find(id).value().held_bytes; }

  failure failure_of(std::string_view id, std::uint64_t offset) { return add(id, offset).error().kind; }

  std::filesystem::path record_path(const std::string& id) const {
    return data_.path() / "uploads" / (id + ".info");
  }

  void age(const std::string& id) {
    const utimbuf long_ago{.actime = 1'000'000, .modtime = 1'000'000};
    for (const char* suffix : {".info", ".data"})
      ASSERT_EQ(::utime((data_.path() / "uploads" / (id + suffix)).c_str(), &long_ago), 0);
  }
};

TEST_F(resumables_test, a_file_comes_in_any_number_of_additions) {
  open();
  const auto id = begin(10);
  EXPECT_EQ(id.size(), 32U);
  EXPECT_EQ(bring(id, 0, "0123"), 4U);
  EXPECT_EQ(bring(id, 4, ""), 4U);
  EXPECT_EQ(bring(id, 4, "456"), 7U);
  EXPECT_EQ(get("a.txt"), "error: there is no file a.txt");
  auto last = add(id, 7);
  ASSERT_TRUE(last);
  ASSERT_TRUE(last->write(bytes_of("789")));
  EXPECT_TRUE(last->is_whole());
  const auto done = last->publish();
  ASSERT_TRUE(done) << done.error().text;
  EXPECT_EQ(done->content, digest_of("0123456789"));
  EXPECT_EQ(get("a.txt"), "0123456789");
  EXPECT_EQ(store_->taken_bytes(), 10U);
  EXPECT_EQ(data_.names("uploads"), id + ".info");
}

TEST_F(resumables_test, what_is_published_is_remembered_under_its_final_name) {
  open();
  ASSERT_TRUE(put("a.txt", "other"));
  const auto id = begin(3);
  {
    auto all = add(id, 0);
    ASSERT_TRUE(all->write(bytes_of("abc")));
    ASSERT_EQ(all->publish()->name, "a (2).txt");
  }
  for (int round = 0; round < 2; ++round) {
    const auto state = pending().find(id);
    ASSERT_TRUE(state) << state.error().text;
    EXPECT_TRUE(state->is_published);
    EXPECT_EQ(state->name, "a (2).txt");
    EXPECT_EQ(state->held_bytes, 3U);
    EXPECT_EQ(state->note, "note a.txt");
    EXPECT_EQ(failure_of(id, 3), failure::wrong_place);
    open();
  }
  ASSERT_TRUE(pending().remove(id));
  EXPECT_EQ(get("a (2).txt"), "abc") << "only the memory goes";
  EXPECT_EQ(data_.names("uploads"), "");
}

TEST_F(resumables_test, additions_go_on_at_the_end_and_one_at_a_time) {
  open();
  const auto id = begin(10);
  bring(id, 0, "0123");
  EXPECT_EQ(add(id, 3).error(),
            (file_error{failure::wrong_place, "cannot go on at byte 3: 4 bytes are here", 4}));
  EXPECT_EQ(failure_of(id, 5), failure::wrong_place);
  EXPECT_EQ(failure_of(std::string(32, '0'), 0), failure::not_found);
  {
    auto one = add(id, 4);
    ASSERT_TRUE(one);
    EXPECT_EQ(failure_of(id, 4), failure::busy);
    EXPECT_EQ(pending().remove(id).error().kind, failure::busy);
    EXPECT_EQ(held(id), 4U);
    ASSERT_TRUE(one->write(bytes_of("45")));
  }
  EXPECT_EQ(held(id), 6U) << "what was not ended is kept";
  EXPECT_EQ(bring(id, 6, "67"), 8U);
}

TEST_F(resumables_test, more_than_was_announced_is_refused_and_what_came_before_stays) {
  open();
  const auto id = begin(5);
  auto more = add(id, 0);
  ASSERT_TRUE(more->write(bytes_of("012")));
  EXPECT_EQ(more->write(bytes_of("345")).error().kind, failure::mismatch);
  EXPECT_EQ(more->keep(), 3U);
  auto rest = add(id, 3);
  ASSERT_TRUE(rest->write(bytes_of("34")));
  EXPECT_EQ(rest->publish()->content, digest_of("01234"));
}

TEST_F(resumables_test, an_addition_can_be_taken_back) {
  open();
  const auto id = begin(6);
  bring(id, 0, "012");
  auto damaged = add(id, 3, true);
  ASSERT_TRUE(damaged->write(bytes_of("xyz")));
  EXPECT_TRUE(damaged->is_whole());
  damaged->undo();
  EXPECT_EQ(held(id), 3U);
  EXPECT_EQ(data_.read("uploads/" + id + ".data"), "012");
  auto again = add(id, 3, true);
  ASSERT_TRUE(again->write(bytes_of("345")));
  EXPECT_EQ(again->publish()->content, digest_of("012345"));
  EXPECT_EQ(store_->taken_bytes(), 6U);
}

TEST_F(resumables_test, an_unverified_addition_that_just_ends_is_taken_back) {
  open();
  const auto id = begin(6);
  {
    auto broken = add(id, 0, true);
    ASSERT_TRUE(broken->write(bytes_of("xyz")));
  }
  EXPECT_EQ(held(id), 0U);
}

TEST_F(resumables_test, a_length_can_be_told_later_but_not_twice) {
  open();
  const auto id = begin(std::nullopt);
  EXPECT_EQ(bring(id, 0, "0123"), 4U);
  EXPECT_EQ(pending().find(id)->total_bytes, std::nullopt);
  EXPECT_EQ(pending().add(id, {.offset = 4, .total_bytes = 3}).error().kind, failure::mismatch);
  {
    auto more = pending().add(id, {.offset = 4, .total_bytes = 6});
    ASSERT_TRUE(more) << more.error().text;
    EXPECT_FALSE(more->is_whole());
  }
  open();
  EXPECT_EQ(pending().find(id)->total_bytes, 6U);
  EXPECT_EQ(pending().add(id, {.offset = 4, .total_bytes = 7}).error().kind, failure::mismatch);
  auto rest = pending().add(id, {.offset = 4, .total_bytes = 6});
  ASSERT_TRUE(rest->write(bytes_of("45")));
  EXPECT_EQ(rest->publish()->content, digest_of("012345"));
}

// Restarts

TEST_F(resumables_test, an_upload_goes_on_after_a_restart) {
  open();
  const auto id = begin(10, "wheel.jpg");
  bring(id, 0, "01234");
  open();
  const auto state = pending().find(id);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->held_bytes, 5U);
  EXPECT_EQ(state->total_bytes, 10U);
  EXPECT_EQ(state->name, "wheel.jpg");
  EXPECT_EQ(state->note, "note wheel.jpg");
  EXPECT_EQ(store_->taken_bytes(), 5U);
  auto rest = add(id, 5);
  ASSERT_TRUE(rest->write(bytes_of("56789")));
  EXPECT_EQ(rest->publish()->content, digest_of("0123456789"));
}

// What a killed server leaves: no destructor has run.
TEST_F(resumables_test, what_the_kernel_had_when_the_server_was_killed_is_kept) {
  open();
  const auto id = begin(10);
  bring(id, 0, "012");
  std::string record;
  std::string bytes;
  {
    auto under_way = add(id, 3);
    ASSERT_TRUE(under_way->write(bytes_of("345")));
    record = data_.read("uploads/" + id + ".info");
    bytes = data_.read("uploads/" + id + ".data");
    under_way->undo();
  }
  EXPECT_EQ(bytes, "012345");
  const auto kill = [&] {
    store_.reset();
    data_.write("uploads/" + id + ".info", record);
    data_.write("uploads/" + id + ".data", bytes);
    open();
  };
  kill();
  EXPECT_EQ(held(id), 6U);
  // The machine was booted since: only what was flushed is certain.
  store_.reset();
  auto other = parse_resumable_record(record).value();
  other.boot = std::string(16, 'f');
  data_.write("uploads/" + id + ".info", render(other));
  data_.write("uploads/" + id + ".data", bytes);
  open();
  EXPECT_EQ(held(id), 3U);
  auto rest = add(id, 3);
  ASSERT_TRUE(rest->write(bytes_of("3456789")));
  EXPECT_EQ(rest->publish()->content, digest_of("0123456789"));
}

TEST_F(resumables_test, what_was_still_to_be_verified_when_the_server_was_killed_is_not) {
  open();
  const auto id = begin(10);
  bring(id, 0, "012");
  std::string record;
  {
    auto under_way = add(id, 3, true);
    ASSERT_TRUE(under_way->write(bytes_of("345")));
    record = data_.read("uploads/" + id + ".info");
    under_way->undo();
  }
  store_.reset();
  data_.write("uploads/" + id + ".info", record);
  data_.write("uploads/" + id + ".data", "012345");
  open();
  EXPECT_EQ(held(id), 3U);
}

TEST_F(resumables_test, a_whole_upload_that_was_not_published_lacks_its_last_byte) {
  open();
  const auto id = begin(6);
  bring(id, 0, "012");
  {
    auto rest = add(id, 3);
    ASSERT_TRUE(rest->write(bytes_of("345")));
  }
  EXPECT_EQ(held(id), 5U);
  open();
  EXPECT_EQ(held(id), 5U);
  auto rest = add(id, 5);
  ASSERT_TRUE(rest->write(bytes_of("5")));
  EXPECT_EQ(rest->publish()->content, digest_of("012345"));
}

TEST_F(resumables_test, when_publishing_fails_the_upload_stays) {
  limits bounds;
  bounds.files = 1;
  open(bounds);
  ASSERT_TRUE(put("other", "x"));
  const auto id = begin(3);
  auto all = add(id, 0);
  ASSERT_TRUE(all->write(bytes_of("abc")));
  EXPECT_EQ(all->publish().error().kind, failure::over_quota);
  EXPECT_EQ(held(id), 2U);
  ASSERT_TRUE(store_->remove(area::common(), name_of("other")));
  auto last = add(id, 2);
  ASSERT_TRUE(last->write(bytes_of("c")));
  EXPECT_EQ(last->publish()->content, digest_of("abc"));
}

TEST_F(resumables_test, what_makes_no_sense_is_removed_at_the_start) {
  open();
  const auto id = begin(6);
  bring(id, 0, "012");
  store_.reset();
  const auto good = data_.read("uploads/" + id + ".info");
  const std::string other(32, 'a');
  data_.write("uploads/" + other + ".data", "without a record");
  int number = 0;
  auto damaged = parse_resumable_record(good).value();
  damaged.name = "../escaped";
  for (const std::string& text : {std::string(), std::string("upload-1\n"), good.substr(0, good.size() - 1),
                                  good + "x", "x" + good, render(damaged)}) {
    const auto name = std::string(31, 'b') + static_cast<char>('0' + number++);
    data_.write("uploads/" + name + ".info", text);
    data_.write("uploads/" + name + ".data", "x");
  }
  open();
  EXPECT_EQ(data_.names("uploads"), id + ".data " + id + ".info");
  EXPECT_EQ(held(id), 3U);
}

// Limits

TEST_F(resumables_test, what_cannot_fit_is_refused_at_once) {
  limits bounds;
  bounds.file_bytes = 100;
  bounds.total_bytes = 120;
  open(bounds);
  EXPECT_EQ(create(101).error().kind, failure::too_large);
  EXPECT_EQ(create(std::uint64_t{1} << 63).error().kind, failure::too_large);
  ASSERT_TRUE(put("b", std::string(50, 'x')));
  EXPECT_EQ(create(80).error().kind, failure::over_quota);
  EXPECT_EQ(store_->taken_bytes(), 50U);
  const auto id = begin(std::nullopt);
  EXPECT_EQ(pending().add(id, {.offset = 0, .total_bytes = 101}).error().kind, failure::too_large);
  auto more = add(id, 0);
  EXPECT_EQ(more->write(bytes_of(std::string(80, 'x'))).error().kind, failure::over_quota);
  EXPECT_EQ(more->keep(), 0U);
  EXPECT_EQ(store_->taken_bytes(), 50U);
}

TEST_F(resumables_test, unfinished_uploads_are_counted_for_each_client_and_in_all) {
  limits bounds;
  bounds.resumables = 4;
  bounds.resumables_per_client = 2;
  open(bounds);
  const auto first = create(0, "a", "10.0.0.1").value();
  ASSERT_TRUE(create(5, "a", "10.0.0.1"));
  EXPECT_EQ(create(5, "a", "10.0.0.1").error().kind, failure::too_many);
  open(bounds);
  EXPECT_FALSE(pending().find(first)) << "empty and unpublished: nobody was told of it";
  ASSERT_TRUE(create(5, "a", "10.0.0.1"));
  EXPECT_EQ(create(5, "a", "10.0.0.1").error().kind, failure::too_many);
  ASSERT_TRUE(create(5, "a", "10.0.0.2"));
  const auto last = create(1, "a").value();
  EXPECT_EQ(create(5, "a").error().kind, failure::too_many);
  {
    auto all = add(last, 0);
    ASSERT_TRUE(all->write(bytes_of("x")));
    ASSERT_TRUE(all->publish());
  }
  EXPECT_TRUE(create(5, "a")) << "what is finished does not count";
}

TEST_F(resumables_test, what_is_too_old_is_removed_and_gives_its_space_back) {
  open();
  const auto old = begin(10);
  const auto fresh = begin(10);
  bring(old, 0, "01234");
  bring(fresh, 0, "012");
  store_.reset();
  age(old);
  open();
  EXPECT_EQ(pending().find(old).error().kind, failure::not_found);
  EXPECT_EQ(held(fresh), 3U);
  EXPECT_EQ(store_->taken_bytes(), 3U);
  EXPECT_EQ(data_.names("uploads"), fresh + ".data " + fresh + ".info");
}

TEST_F(resumables_test, what_expires_while_the_server_runs_makes_room_for_the_next) {
  limits bounds;
  bounds.partial_lifetime = std::chrono::seconds(-1);  // every moment is too late
  open(bounds);
  const auto id = begin(10);
  EXPECT_FALSE(pending().find(id));
  EXPECT_EQ(data_.names("uploads"), "");
  begin(10);
  ASSERT_TRUE(put("b", "x"));
  EXPECT_EQ(data_.names("uploads"), "");
}

TEST_F(resumables_test, a_removed_upload_is_gone_with_its_bytes) {
  open();
  const auto id = begin(10);
  bring(id, 0, "01234");
  ASSERT_TRUE(pending().remove(id));
  EXPECT_EQ(pending().remove(id).error().kind, failure::not_found);
  EXPECT_EQ(failure_of(id, 5), failure::not_found);
  EXPECT_EQ(store_->taken_bytes(), 0U);
  EXPECT_EQ(data_.names("uploads"), "");
}

TEST_F(resumables_test, of_many_that_add_at_once_one_does) {
  open();
  const auto id = begin(1'000);
  std::atomic<int> busy{0};
  std::vector<std::jthread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        auto more = add(id, held(id));
        if (!more) ++busy;
        if (more && more->write(bytes_of("x"))) static_cast<void>(more->keep());
      }
    });
  }
  threads.clear();
  EXPECT_EQ(held(id) + static_cast<std::uint64_t>(busy.load()), 200U);
  EXPECT_EQ(data_.read("uploads/" + id + ".data"), std::string(held(id), 'x'));
}

// Records

TEST(resumable_record, is_read_as_it_was_written) {
  for (const auto& each : {resumable_record{.name = "a"}, resumable_record{.flushed_bytes = ~std::uint64_t{0},
                                                                           .total_bytes = ~std::uint64_t{0},
                                                                           .boot = std::string(16, 'f'),
                                                                           .is_published = true,
                                                                           .room = "#tea",
                                                                           .name = "水 a.txt",
                                                                           .client = "10.0.0.1",
                                                                           .note = "x y, z"}}) {
    EXPECT_EQ(parse_resumable_record(render(each)), each);
    EXPECT_TRUE(render(each).starts_with(render_progress(each)));
    EXPECT_EQ(render_progress(each).size(), render_progress(resumable_record()).size());
  }
}

TEST(resumable_record, entries_are_told_from_others) {
  const std::string id(32, '7');
  EXPECT_TRUE(is_resumable_entry(data_entry(id)));
  EXPECT_TRUE(is_resumable_entry(record_entry(id)));
  for (const std::string& other : {id, id + ".tmp", "x" + id + ".data", id.substr(1) + ".info",
                                   std::string("..data"), std::string(32, 'A') + ".info", std::string()})
    EXPECT_FALSE(is_resumable_entry(other)) << other;
}

}  // namespace
}  // namespace hub::files
