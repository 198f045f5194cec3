#include <gtest/gtest.h>

#include <sstream>
#include <unordered_set>

#include <leat/net/unix_address.hpp>
#include <leat/net/unix_sockaddr.hpp>

namespace leat::net {
namespace {

TEST(a_unix_address, is_a_path_an_abstract_name_or_none) {
  const auto path = unix_address::parse("/run/leat.sock").value();
  EXPECT_TRUE(path.is_path() && !path.is_abstract() && !path.is_unnamed());
  EXPECT_EQ(path.name(), "/run/leat.sock");
  const auto abstract = unix_address::parse("@leat").value();
  EXPECT_TRUE(!abstract.is_path() && abstract.is_abstract() && !abstract.is_unnamed());
  EXPECT_EQ(abstract.name(), "leat");
  for (const std::string_view none : {"", "@"}) {
    const auto unnamed = unix_address::parse(none).value();
    EXPECT_TRUE(!unnamed.is_path() && !unnamed.is_abstract() && unnamed.is_unnamed());
    EXPECT_EQ(unnamed, unix_address());
  }
}

TEST(a_unix_address, is_printed_as_it_is_read) {
  for (const std::string_view text : {"/run/leat.sock", "relative", "./@x", "@leat", ""}) {
    std::ostringstream out;
    out << unix_address::parse(text).value();
    EXPECT_EQ(out.str(), text);
  }
}

TEST(a_unix_address, may_be_as_long_as_the_system_allows_and_no_longer) {
  const std::string longest(unix_address::longest_name_bytes, 'x');
  EXPECT_EQ(unix_address::path(longest).value().name(), longest);
  EXPECT_EQ(unix_address::abstract(longest).value().name(), longest);
  EXPECT_EQ(unix_address::path(longest + 'x').error(), std::errc::filename_too_long);
  EXPECT_EQ(unix_address::abstract(longest + 'x').error(), std::errc::filename_too_long);
  EXPECT_EQ(unix_address::parse('@' + longest + 'x').error(), std::errc::filename_too_long);
}

TEST(a_unix_address, refuses_names_that_the_system_would_cut) {
  using namespace std::string_view_literals;
  EXPECT_EQ(unix_address::path(""), std::unexpected(make_error_code(errc::bad_address)));
  EXPECT_EQ(unix_address::abstract(""), std::unexpected(make_error_code(errc::bad_address)));
  EXPECT_EQ(unix_address::path("a\0b"sv), std::unexpected(make_error_code(errc::bad_address)));
  EXPECT_EQ(unix_address::abstract("a\0b"sv).value().name(), "a\0b"sv);  // any bytes
}

TEST(a_unix_address, survives_the_way_through_the_system_s_form) {
  const std::string longest(unix_address::longest_name_bytes, 'x');
  for (const std::string& text :
       {std::string(), std::string("/a"), std::string("@a"), longest, '@' + longest}) {
    const auto where = unix_address::parse(text).value();
    EXPECT_EQ(unix_sockaddr::to(unix_sockaddr::from(where)), where) << text;
  }
}

TEST(a_unix_address, can_be_a_key) {
  const std::unordered_set<unix_address> set{unix_address::parse("@a").value(),
                                             unix_address::parse("a").value()};
  EXPECT_TRUE(set.contains(unix_address::abstract("a").value()));
  EXPECT_TRUE(set.contains(unix_address::path("a").value()));
  EXPECT_FALSE(set.contains(unix_address()));
}

}  // namespace
}  // namespace leat::net
