#include <gtest/gtest.h>

#include <hub/http/header_scan.hpp>

namespace hub::http {
namespace {

using namespace std::string_view_literals;

// What the scanner says when the bytes come one by one.
std::string outcome(std::string_view bytes) {
  header_scanner scanner;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto found = scanner.look(bytes.substr(0, size));
    if (!found) return found.error();
    if (*found) return std::to_string(**found);
  }
  return "more";
}

TEST(header_scan, the_end_is_the_first_empty_line) {
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\r\n\r\n"), "27");
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: a\r\n"), "more");
  EXPECT_EQ(outcome("\r\n"), "2");
}

TEST(header_scan, all_at_once_is_the_same_as_piece_by_piece) {
  header_scanner scanner;
  EXPECT_EQ(scanner.look("GET / HTTP/1.1\r\nHost: a\r\n\r\nbody").value(), 27U);
}

TEST(header_scan, line_ends_that_parsers_disagree_about_are_refused) {
  EXPECT_EQ(outcome("GET / HTTP/1.1\nHost: a\n\n"),
            "a line of the header ends with LF alone instead of CR LF");
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nx:\rTransfer-Encoding: chunked\r\n\r\n"),
            "the header contains a CR without its LF");
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n"), "the header contains a CR without its LF");
  EXPECT_EQ(outcome("\nGET"), "a line of the header ends with LF alone instead of CR LF");
}

TEST(header_scan, folded_lines_and_nuls_are_refused) {
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n"), "a line of the header starts with a space");
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nX: a\r\n\tb\r\n\r\n"), "a line of the header starts with a space");
  EXPECT_EQ(outcome(" GET / HTTP/1.1\r\n\r\n"), "a line of the header starts with a space");
  EXPECT_EQ(outcome("GET /\0 HTTP/1.1\r\n\r\n"sv), "the header contains a NUL");
}

}  // namespace
}  // namespace hub::http
