#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include <hub/http/multipart.hpp>

namespace hub::http {
namespace {

struct part {
  part_header header;
  std::string content;

  bool operator==(const part&) const = default;
};

struct form {
  std::vector<part> parts;
  std::string error;
  bool whole = false;

  bool operator==(const form&) const = default;
};

// Feeds the parser so many bytes at a time.
form parse(std::string_view boundary, std::string_view text, std::size_t step,
           const multipart_limits& bounds = {}) {
  multipart_parser parser(boundary, bounds);
  form read;
  bool open = false;
  while (!text.empty() && !parser.is_whole()) {
    const std::string piece(text.substr(0, step));  // freed afterwards, so that nothing of it can be kept
    text.remove_prefix(piece.size());
    for (std::string_view bytes = piece; !bytes.empty();) {
      const auto next = parser.take(bytes);
      if (!next) {
        read.error = next.error();
        return read;
      }
      if (next->what == form_event::begin) read.parts.push_back({next->header, ""});
      if (next->what == form_event::content) read.parts.back().content += next->bytes;
      if (next->what == form_event::begin || next->what == form_event::part_end) {
        EXPECT_NE(open, next->what == form_event::begin);
        open = !open;
      }
      if (next->what == form_event::end) break;
    }
  }
  read.whole = parser.is_whole();
  return read;
}

form parse(std::string_view text) {
  return parse("B", text, text.size());
}

std::string file_part(std::string_view content) {
  return "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\n" + std::string(content) +
         "\r\n";
}

const part_header file_a{"f", "a"};

TEST(multipart, parts_come_out_as_they_went_in) {
  const auto read = parse(
      "--B\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nhello\r\n"
      "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\nContent-Type: "
      "text/plain\r\n\r\n"
      "one\r\ntwo\r\n\r\n--B--\r\n");
  EXPECT_TRUE(read.whole) << read.error;
  EXPECT_EQ(read.parts,
            (std::vector<part>{{{"text", std::nullopt}, "hello"}, {{"f", "a.txt"}, "one\r\ntwo\r\n"}}));
}

TEST(multipart, the_same_comes_out_however_the_bytes_are_cut) {
  const std::string text = "preamble\r\n" + file_part("") + file_part("\r\n--A \r\r\n-\r\n--") +
                           file_part("\r") + "--B--  \r\nepilogue\r\n--B\r\n";
  const auto whole = parse(text);
  EXPECT_TRUE(whole.whole) << whole.error;
  ASSERT_EQ(whole.parts.size(), 3U);
  EXPECT_EQ(whole.parts[1].content, "\r\n--A \r\r\n-\r\n--");
  EXPECT_EQ(whole.parts[2].content, "\r");
  for (std::size_t step = 1; step < 40; ++step)
    EXPECT_EQ(parse("B", text, step), whole) << step;
}

TEST(multipart, what_only_looks_like_a_boundary_is_content) {
  for (const std::string_view content :
       {"--B", "\n--B\n", "\r\n--b\r\n", "\r\n-B", "\r\r\n--", "\r\n\r\n--\r\n", "--B--"}) {
    const auto read = parse(file_part(content) + "--B--");
    EXPECT_EQ(read.parts, (std::vector<part>{{file_a, std::string(content)}})) << content;
    EXPECT_TRUE(read.whole);
  }
}

TEST(multipart, a_form_that_is_cut_off_is_not_whole) {
  const auto text = file_part("abc") + "--B--";
  for (std::size_t length = 0; length < text.size(); ++length) {
    const auto read = parse("B", std::string_view(text).substr(0, length), 7);
    EXPECT_FALSE(read.whole) << length;
    EXPECT_EQ(read.error, "") << length;
  }
}

TEST(multipart, spaces_behind_a_boundary_are_padding_and_all_else_is_refused) {
  EXPECT_TRUE(parse("--B \t \r\nContent-Disposition: form-data; name=x\r\n\r\n\r\n--B--").whole);
  for (const std::string_view text : {"--Bx\r\n", "--B-\r\n", "--B\n\n", "--B -- \r\n"})
    EXPECT_NE(parse(std::string(text) + std::string(2'000, '\n')).error, "") << text;
}

TEST(multipart, limits_hold) {
  const multipart_limits bounds{.header_bytes = 100, .parts = 2, .padding_bytes = 10};
  const auto error_of = [&](std::string_view text, std::size_t step) {
    return parse("B", text, step, bounds).error;
  };
  const std::string long_header = "--B\r\nX: " + std::string(100, 'x') + "\r\n\r\n";
  for (const std::size_t step : {1UL, 10UL, 1'000UL}) {
    EXPECT_EQ(error_of(long_header, step), "the header of a part is too large");
    EXPECT_EQ(error_of(file_part("") + file_part("") + file_part(""), step), "the form has too many parts");
    EXPECT_EQ(error_of("--B" + std::string(20, ' '), step), "a boundary of the form does not end its line");
    EXPECT_EQ(error_of(std::string(200, 'x'), step), "the form does not begin with its boundary");
    EXPECT_EQ(error_of(file_part("") + file_part("") + "--B--", step), "");
  }
}

TEST(multipart, ambiguous_line_ends_in_a_header_are_refused) {
  for (const std::string_view header :
       {"Content-Disposition: form-data; name=x\n\n", "Content-Disposition: form-data;\r\n name=x\r\n\r\n",
        "Content-Disposition: form-data; name=x\rX: y\r\n\r\n"})
    EXPECT_NE(parse("--B\r\n" + std::string(header) + "\r\n--B--").error, "") << header;
}

// Headers

std::optional<std::string> file_name_in(std::string_view rest) {
  const auto read =
      parse_part_header("Content-Disposition: form-data; name=\"f\"; " + std::string(rest) + "\r\n\r\n");
  return read ? read->file_name : "error: " + read.error();
}

TEST(part_header, names_are_unescaped_as_curl_and_as_browsers_escape_them) {
  EXPECT_EQ(file_name_in(R"(filename="a \"b\" \\ c.txt")"), R"(a "b" \ c.txt)");
  EXPECT_EQ(file_name_in("filename=\"a %22b%22.txt\""), "a \"b\".txt");
  EXPECT_EQ(file_name_in("filename=\"a%0D%0Ab\""), "a\r\nb") << "for the check of names to refuse";
  EXPECT_EQ(file_name_in(R"(filename="C:\dir\a")"), R"(C:\dir\a)");
  EXPECT_EQ(file_name_in("filename=\"100%25.txt\""), "100%25.txt") << "no other escape means anything";
  EXPECT_EQ(file_name_in("filename=\"水 🦦; x.txt\""), "水 🦦; x.txt");
  EXPECT_EQ(file_name_in("filename=plain.txt"), "plain.txt");
  EXPECT_EQ(file_name_in("filename=\"\""), "");
}

TEST(part_header, the_extended_name_is_ignored) {
  EXPECT_EQ(file_name_in("filename=\"a\"; filename*=UTF-8''b"), "a");
  EXPECT_EQ(file_name_in("filename*=UTF-8''b"), std::nullopt);
}

TEST(part_header, what_is_malformed_is_refused) {
  for (const std::string_view header :
       {"", "Content-Type: text/plain\r\n", "Content-Disposition: attachment; name=x\r\n",
        "Content-Disposition: form-data\r\n", "Content-Disposition: form-data; name=\"x\r\n",
        "Content-Disposition: form-data; name=x; name=y\r\n", "Content-Disposition: form-data, name=x\r\n",
        "Content-Disposition: form-data; name=x; filename=a; filename=b\r\n",
        "Content-Disposition: form-data; name=\"x\"y\r\n", "Content-Disposition: form-data; =x\r\n",
        ": x\r\n", "no colon\r\n", "Content-Disposition : form-data; name=x\r\n",
        "Content-Disposition: form-data; name=x\r\nContent-Disposition: form-data; name=x\r\n",
        "Content-Disposition: form-data; name=x\r\nContent-Transfer-Encoding: base64\r\n"})
    EXPECT_FALSE(parse_part_header(header)) << header;
}

// Boundaries

TEST(boundary, is_found_with_and_without_quotes) {
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=----abc"), "----abc");
  EXPECT_EQ(boundary_of("Multipart/Form-Data;charset=utf-8; Boundary=\"a b:c\""), "a b:c");
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=" + std::string(70, 'x')), std::string(70, 'x'));
}

TEST(boundary, what_is_none_is_refused) {
  for (const std::string_view field :
       {"", "text/plain", "multipart/mixed; boundary=x", "multipart/form-data",
        "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"a \"", "multipart/form-data; boundary=a*b",
        "multipart/form-data; boundary=a; boundary=b", "multipart/form-data; boundary=\"a",
        "multipart/form-data boundary=a", "multipart/form-data; boundary=\"a\rb\""})
    EXPECT_FALSE(boundary_of(field)) << field;
  EXPECT_FALSE(boundary_of("multipart/form-data; boundary=" + std::string(71, 'x')));
}

}  // namespace
}  // namespace hub::http
