#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <set>

#include <hub/config.hpp>
#include <hub/config_table.hpp>
#include <hub/config_values.hpp>

namespace hub {
namespace {

using namespace std::chrono_literals;

std::string problem_of(std::string_view toml) {
  const auto parsed = parse_config(toml, "leat.toml");
  return parsed ? "none" : parsed.error();
}

config changed_everywhere() {
  config changed;
  for (const auto& each : all_settings()) {
    const slot kept = each.keep(changed);
    if (auto* const* number = std::get_if<std::uint64_t*>(&kept)) **number += **number < each.most ? 1 : -1UL;
    if (auto* const* duration = std::get_if<std::chrono::milliseconds*>(&kept)) **duration += 1ms;
    if (auto* const* duration = std::get_if<std::chrono::seconds*>(&kept)) **duration += 1s;
    if (auto* const* text = std::get_if<std::string*>(&kept)) **text += "2";
    if (auto* const* path = std::get_if<std::filesystem::path*>(&kept))
      **path = "/srv/a \"quoted\" \\ folder";
    if (auto* const* durable = std::get_if<store::durability*>(&kept)) **durable = store::durability::power;
  }
  changed.server.listen = {"0.0.0.0:1", "[::1]:65535"};
  changed.server.public_url = "https://files.example.org/leat";
  changed.server.motd = {"Grüß Gott", "", "#2 = \"x\""};
  return changed;
}

TEST(config, the_documented_file_gives_what_it_documents) {
  const config defaults;
  const auto text = render_config(defaults);
  const auto parsed = parse_config(text, "default", changed_everywhere());
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(render_config(*parsed), text);
}

TEST(config, every_setting_survives_the_file) {
  const auto text = render_config(changed_everywhere());
  const auto parsed = parse_config(text, "changed");
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(render_config(*parsed), text);
  EXPECT_EQ(parsed->server.motd, changed_everywhere().server.motd);
  EXPECT_NE(text, render_config());
}

TEST(config, every_setting_is_named_once_explained_and_has_a_default_within_its_range) {
  std::set<std::string> names;
  config defaults;
  for (const auto& each : all_settings()) {
    const auto name = std::string(each.section) + '.' + std::string(each.name);
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_FALSE(section_comment(each.section).empty()) << name;
    EXPECT_FALSE(each.comment.empty()) << name;
    const slot kept = each.keep(defaults);
    if (auto* const* number = std::get_if<std::uint64_t*>(&kept)) {
      EXPECT_GE(**number, each.least) << name;
      EXPECT_LE(**number, each.most) << name;
    }
  }
}

TEST(config, an_empty_file_changes_nothing_and_a_setting_only_itself) {
  EXPECT_EQ(render_config(parse_config("", "x").value()), render_config());
  const auto parsed = parse_config("[irc]\nping_interval = \"2min\"\n", "x", changed_everywhere()).value();
  config expected = changed_everywhere();
  expected.irc.ping_interval = 2min;
  EXPECT_EQ(render_config(parsed), render_config(expected));
}

TEST(config, unknown_names_are_refused_by_line_with_the_nearest_known_one) {
  EXPECT_EQ(problem_of("[irc]\n\nping_intervall = \"1s\""),
            "leat.toml:3: there is no setting irc.ping_intervall (did you mean irc.ping_interval?)");
  EXPECT_EQ(problem_of("[files]\nfrobnicate = 1"), "leat.toml:2: there is no setting files.frobnicate");
  EXPECT_EQ(problem_of("[http]\nfile_bytes = 1"),
            "leat.toml:2: there is no setting http.file_bytes (did you mean files.file_bytes?)");
  EXPECT_EQ(problem_of("[ftp]\nx = 1"), "leat.toml:1: there is no section \"ftp\"");
  EXPECT_EQ(problem_of("irc = 3"), "leat.toml:1: irc is a section: write [irc] on a line of its own");
}

TEST(config, wrong_types_and_ranges_are_refused_by_line_and_name) {
  EXPECT_EQ(problem_of("[chat]\nnick_bytes = 0"), "leat.toml:2: chat.nick_bytes: 0 is out of range: 1 to 64");
  EXPECT_EQ(problem_of("[chat]\nnick_bytes = -1"), "leat.toml:2: chat.nick_bytes: the number is negative");
  EXPECT_EQ(problem_of("[chat]\nnick_bytes = \"9\""), "leat.toml:2: chat.nick_bytes: a number is needed");
  EXPECT_EQ(problem_of("[chat]\nnick_bytes = 9.5"),
            "leat.toml:2: chat.nick_bytes: the value is neither text, a whole number nor a list");
  EXPECT_EQ(problem_of("[irc]\nping_timeout = 5"),
            "leat.toml:2: irc.ping_timeout: a duration is text with a unit, as in \"90s\"");
  EXPECT_EQ(
      problem_of("[irc]\nping_timeout = \"5 parsecs\""),
      "leat.toml:2: irc.ping_timeout: \"5 parsecs\" is not a duration such as \"90s\" (ms, s, min, h, d)");
  EXPECT_EQ(problem_of("[irc]\nping_timeout = \"10ms\""),
            "leat.toml:2: irc.ping_timeout: 10ms is out of range: 100ms to 1d");
  EXPECT_EQ(problem_of("[irc]\nsendq_limit_bytes = \"1 KB\""),
            "leat.toml:2: irc.sendq_limit_bytes: \"1 KB\" is not a size such as \"64 MiB\" (B, KiB, MiB, "
            "GiB, TiB)");
  EXPECT_EQ(problem_of("[files]\npartial_lifetime = \"1500ms\""),
            "leat.toml:2: files.partial_lifetime: the duration must be whole seconds");
  EXPECT_EQ(problem_of("[store]\ndurability = \"maybe\""),
            "leat.toml:2: store.durability: \"maybe\" is neither \"process\" nor \"power\"");
  EXPECT_EQ(problem_of("[server]\nlisten = \"localhost:1\""),
            "leat.toml:2: server.listen: a list is needed, as in [\"...\"]");
  EXPECT_EQ(problem_of("[server]\nlisten = []"),
            "leat.toml:2: server.listen: the list is empty: nobody could connect");
  EXPECT_EQ(problem_of("[server]\nlisten = [1]"),
            "leat.toml:2: server.listen: the list must contain text only");
  EXPECT_EQ(problem_of("[server]\nname = [\"a\"]"),
            "leat.toml:2: server.name: one value is needed, not a list");
  EXPECT_EQ(problem_of("[server]\nname = 5"), "leat.toml:2: server.name: text is needed, not a number");
  EXPECT_EQ(problem_of("[server]\nname = \"a b\""),
            "leat.toml:2: server.name: \"a b\" is not one word of at most 63 ASCII characters");
  EXPECT_EQ(problem_of("[server]\nmotd = [\"a\\nb\"]"),
            "leat.toml:2: server.motd: the text contains a control character");
}

TEST(config, all_problems_are_told_at_once) {
  EXPECT_EQ(
      problem_of("[chat]\nnick_bytes = 0\n[nope]\n"),
      "leat.toml:2: chat.nick_bytes: 0 is out of range: 1 to 64\nleat.toml:3: there is no section \"nope\"");
}

TEST(config, broken_toml_is_told_by_line) {
  EXPECT_TRUE(problem_of("[irc]\nping_timeout = \n").starts_with("leat.toml:2: "))
      << problem_of("[irc]\nx = \n");
  EXPECT_TRUE(problem_of("[irc]\na = 1\na = 2").starts_with("leat.toml:3: "));
  EXPECT_NE(problem_of("\xff\xfe"), "none");
}

TEST(config, sizes_are_numbers_or_text_with_a_unit) {
  EXPECT_EQ(parse_config("[files]\nfile_bytes = 1000", "x")->files.file_bytes, 1000U);
  EXPECT_EQ(parse_config("[files]\nfile_bytes = \"3 GiB\"", "x")->files.file_bytes, 3ULL << 30);
  EXPECT_EQ(parse_size("64MiB"), 64U << 20);
  EXPECT_EQ(parse_size("7 B"), 7U);
  for (const std::string_view wrong :
       {"", "MiB", "-1 B", "1.5 MiB", "1 mib", "9999999999 TiB", "99999999999999999999"})
    EXPECT_FALSE(parse_size(wrong)) << wrong;
}

TEST(config, durations_are_shown_in_their_largest_whole_unit) {
  EXPECT_EQ(render_duration(90s), "90s");
  EXPECT_EQ(render_duration(120s), "2min");
  EXPECT_EQ(render_duration(1500ms), "1500ms");
  EXPECT_EQ(render_duration(24h), "1d");
}

TEST(config, addresses_to_listen_on_are_checked) {
  for (const std::string_view fine : {"127.0.0.1:0", "[::]:8667", "localhost:65535", ":80"})
    EXPECT_TRUE(check_listen(fine)) << fine;
  for (const std::string_view wrong :
       {"", "8667", "host:", "host:65536", "host:-1", "host:x", "::1:80", "http://a:80"})
    EXPECT_FALSE(check_listen(wrong)) << wrong;
}

TEST(config, addresses_of_links_are_checked) {
  for (const std::string_view fine : {"http://host", "https://host:8667/below"})
    EXPECT_TRUE(check_url(fine)) << fine;
  for (const std::string_view wrong :
       {"", "host", "ftp://host", "http://", "http://host/", "http://a b", "http://a\nb"})
    EXPECT_FALSE(check_url(wrong)) << wrong;
  EXPECT_TRUE(parse_config("[server]\npublic_url = \"\"", "x"));
}

TEST(config, one_setting_can_be_set_by_name) {
  config changed;
  EXPECT_TRUE(set(changed, "irc.ping_interval", "2min"));
  EXPECT_EQ(changed.irc.ping_interval, 2min);
  EXPECT_TRUE(set(changed, "irc.ping_interval", "\"3min\""));
  EXPECT_EQ(changed.irc.ping_interval, 3min);
  EXPECT_TRUE(set(changed, "chat.nick_bytes", "9"));
  EXPECT_TRUE(set(changed, "server.listen", "[\"a:1\", \"b:2\"]"));
  EXPECT_EQ(changed.server.listen, (std::vector<std::string>{"a:1", "b:2"}));
  EXPECT_TRUE(set(changed, "store.durability", "power"));
  EXPECT_TRUE(set(changed, "server.data", "/srv/leat data"));
}

TEST(config, setting_something_wrong_says_what_and_changes_nothing) {
  config changed;
  EXPECT_EQ(set(changed, "irc.pings", "1").error(), "there is no setting irc.pings");
  EXPECT_EQ(set(changed, "ping", "1").error(), "\"ping\" is not SECTION.NAME");
  EXPECT_EQ(set(changed, "chat.nick_bytes", "1000").error(),
            "chat.nick_bytes: 1000 is out of range: 1 to 64");
  EXPECT_FALSE(set(changed, "chat.nick_bytes", "9\n[irc]\nping_interval = \"1s\""));
  EXPECT_FALSE(set(changed, "chat.nick_bytes", ""));
  EXPECT_EQ(render_config(changed), render_config());
}

TEST(config, a_file_that_cannot_be_read_is_named) {
  const auto loaded = load_config("/nonexistent/leat.toml");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error(),
            "cannot read the configuration /nonexistent/leat.toml: No such file or directory");
}

TEST(config, a_file_is_loaded_and_a_huge_one_refused) {
  std::string name = testing::TempDir() + "leat-config-XXXXXX";
  ASSERT_GE(::mkstemp(name.data()), 0);
  std::ofstream(name) << "[chat]\nnick_bytes = 12\n";
  EXPECT_EQ(load_config(name)->chat.nick_bytes, 12U);
  std::ofstream(name) << std::string((1 << 20) + 1, '#');
  EXPECT_NE(load_config(name).error().find("larger than 1 MiB"), std::string::npos);
  std::filesystem::remove(name);
}

TEST(config, a_folder_in_place_of_a_file_is_an_error) {
  EXPECT_FALSE(load_config(testing::TempDir()));
}

}  // namespace
}  // namespace hub
