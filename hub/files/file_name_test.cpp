#include <gtest/gtest.h>

#include <hub/files/file_name.hpp>

namespace hub::files {
namespace {

using namespace std::string_view_literals;

std::string refusal(std::string_view text) {
  const auto parsed = file_name::parse(text);
  return parsed ? "accepted" : parsed.error();
}

class accepted_name_test : public testing::TestWithParam<std::string_view> {};

TEST_P(accepted_name_test, is_kept_byte_for_byte) {
  const auto parsed = file_name::parse(GetParam());
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(parsed->text(), GetParam());
}

INSTANTIATE_TEST_SUITE_P(names, accepted_name_test,
                         testing::Values("a", "report.pdf", "Bericht für Jürgen (2).pdf", "日本語　資料.txt",
                                         "Screenshot 3.04.05\u202fPM.png", "❤\ufe0f👩\u200d👩\u200d👧.png",
                                         "-rf", "~", "$(reboot)", "a;b&c|d", "100%", "%2e%2e", "a..b",
                                         "...a"sv.substr(3),
                                         // Special on other systems only; here they are plain.
                                         "CON", "nul.txt", "a:b", "what?*<>\"'"));

TEST(file_name, the_longest_has_255_bytes) {
  EXPECT_EQ(refusal(std::string(255, 'x')), "accepted");
  EXPECT_EQ(refusal(std::string(256, 'x')),
            "the file name is too long: it has 256 bytes, and 255 is the most");
  EXPECT_NE(refusal(std::string(300, 'x')), "accepted");
}

TEST(file_name, an_empty_one_is_refused) {
  EXPECT_EQ(refusal(""), "a file needs a name");
}

TEST(file_name, paths_are_refused) {
  for (const auto path : {"../x", "/etc/passwd", "a/b", "a/", "/", "./a", "..//x"})
    EXPECT_EQ(refusal(path), "a file name cannot contain '/'") << path;
  for (const auto path : {"..\\x", "C:\\x", "\\\\host\\share"})
    EXPECT_EQ(refusal(path), "a file name cannot contain '\\'") << path;
}

TEST(file_name, the_folder_itself_its_parent_and_hidden_files_are_refused) {
  for (const auto name : {".", "..", "...", ".ssh", ".htaccess", ".x"})
    EXPECT_EQ(refusal(name), "a file name cannot start with a dot") << name;
}

TEST(file_name, a_dot_at_the_end_and_spaces_at_either_end_are_refused) {
  EXPECT_EQ(refusal("a."), "a file name cannot end with a dot");
  EXPECT_EQ(refusal(" a"), "a file name cannot start or end with a space");
  EXPECT_EQ(refusal("a "), "a file name cannot start or end with a space");
}

TEST(file_name, control_characters_and_terminal_escapes_are_refused) {
  for (const auto name : {"a\0b"sv, "a\rb"sv, "a\nb"sv, "a\tb"sv, "a\x1b[31mred"sv, "\x1b]52;c;aGk=\x07"sv,
                          "a\x7f"sv, "a\u0085b"sv, "a\u009b31m"sv, "a\u2028b"sv})
    EXPECT_EQ(refusal(name), "a file name cannot contain control characters") << testing::PrintToString(name);
}

TEST(file_name, characters_that_turn_the_text_around_are_refused) {
  for (const auto name : {"exe\u202egpj.txt"sv, "a\u2066b"sv, "a\u200fb"sv, "a\u061cb"sv})
    EXPECT_EQ(refusal(name), "a file name cannot contain characters that change the direction of writing")
        << name;
}

TEST(file_name, invisible_characters_are_refused) {
  for (const auto name :
       {"a\u200bb"sv, "a\ufeffb"sv, "a\u00adb"sv, "a\U000e0041b"sv, "a\xef\xbf\xbe"sv, "\u2060"sv,
        // Fillers and blanks: letters that show nothing.
        "\u3164"sv, "\u115f"sv, "\u2800"sv, "\uffa0"sv, "\u180e"sv})
    EXPECT_EQ(refusal(name), "a file name cannot contain invisible characters")
        << testing::PrintToString(name);
}

TEST(file_name, what_is_not_utf8_is_refused) {
  for (const auto name : {"a\xff"sv, "\xc0\xaf"sv, "\xc0\xae\xc0\xae"sv, "\xed\xa0\x80"sv,
                          "\xf4\x90\x80\x80"sv, "\xe2\x82"sv, "\x80"sv})
    EXPECT_EQ(refusal(name), "the file name is not valid UTF-8") << testing::PrintToString(name);
}

std::string numbered(std::string_view name, std::uint64_t number) {
  return file_name::parse(name)->with_number(number).text();
}

TEST(file_name, a_number_stands_before_the_extension) {
  EXPECT_EQ(numbered("a.txt", 2), "a (2).txt");
  EXPECT_EQ(numbered("a", 17), "a (17)");
  EXPECT_EQ(numbered("a.b.c", 2), "a.b (2).c");
  EXPECT_EQ(numbered("a.tar.gz", 2), "a (2).tar.gz");
  EXPECT_EQ(numbered("tar.gz", 2), "tar (2).gz");
  EXPECT_EQ(numbered("a (2).txt", 2), "a (2) (2).txt");
  EXPECT_EQ(numbered("v1. And this is the rest of it", 2), "v1. And this is the rest of it (2)");
}

TEST(file_name, a_numbered_name_is_never_too_long_and_always_a_name) {
  std::string wheels;
  while (wheels.size() < 248)
    wheels += "水";
  for (const std::string& name :
       {std::string(255, 'x'), wheels + "a.jpg", wheels + "ab.jpg", std::string(250, 'x') + ".gz"}) {
    for (const std::uint64_t number : {std::uint64_t{2}, ~std::uint64_t{0}}) {
      const auto next = numbered(name, number);
      EXPECT_TRUE(file_name::parse(next)) << next;
      EXPECT_TRUE(next.contains(" (" + std::to_string(number) + ")")) << next;
    }
  }
}

}  // namespace
}  // namespace hub::files
