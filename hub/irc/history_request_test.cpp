#include <gtest/gtest.h>

#include <hub/irc/history_request.hpp>

namespace hub::irc {
namespace {

constexpr std::size_t most = 100;

std::expected<history_request, history_fault> parse(std::string_view line) {
  return parse_history_request(parse_request(line).value(), most);
}

std::string_view fault(std::string_view line) {
  const auto parsed = parse(line);
  return parsed ? std::string_view("none") : parsed.error().code;
}

TEST(history_request, names_a_target_a_point_and_a_limit) {
  const auto latest = parse("CHATHISTORY LATEST #mill * 50").value();
  EXPECT_EQ(latest.which, history_part::latest);
  EXPECT_EQ(latest.target, "#mill");
  EXPECT_FALSE(latest.first);
  EXPECT_EQ(latest.limit, 50U);

  const auto before = parse("chathistory before bob msgid=7.2 1000").value();
  EXPECT_EQ(before.which, history_part::before);
  EXPECT_EQ(std::get<log_position>(*before.first), (log_position{.id = 7, .line = 2}));
  EXPECT_EQ(before.limit, most);

  const auto between =
      parse("CHATHISTORY BETWEEN #mill timestamp=2023-11-14T22:13:20.123Z msgid=7 5").value();
  EXPECT_EQ(std::get<chat::moment>(*between.first).time_since_epoch().count(), 1'700'000'000'123);
  EXPECT_EQ(std::get<log_position>(*between.second), (log_position{.id = 7, .line = 0}));

  const auto targets =
      parse("CHATHISTORY TARGETS timestamp=2023-11-14T22:13:20.123Z timestamp=2022-11-14T22:13:20.123Z 9")
          .value();
  EXPECT_EQ(targets.which, history_part::targets);
  EXPECT_TRUE(targets.target.empty());
}

TEST(history_request, says_what_is_wrong_with_a_request) {
  EXPECT_EQ(fault("CHATHISTORY"), "NEED_MORE_PARAMS");
  EXPECT_EQ(fault("CHATHISTORY SOME #mill * 5"), "UNKNOWN_COMMAND");
  EXPECT_EQ(fault("CHATHISTORY LATEST #mill *"), "NEED_MORE_PARAMS");
  EXPECT_EQ(fault("CHATHISTORY BETWEEN #mill msgid=1 5"), "NEED_MORE_PARAMS");
  EXPECT_EQ(fault("CHATHISTORY TARGETS timestamp=2023-11-14T22:13:20.123Z 5"), "NEED_MORE_PARAMS");
  EXPECT_EQ(fault("CHATHISTORY TARGETS msgid=1 msgid=2 5"), "INVALID_PARAMS");
  EXPECT_EQ(fault("CHATHISTORY LATEST #mill colour=red 5"), "INVALID_MSGREFTYPE");
  EXPECT_EQ(fault("CHATHISTORY BEFORE #mill * 5"), "INVALID_MSGREFTYPE");
  EXPECT_EQ(fault("CHATHISTORY LATEST #mill timestamp=yesterday 5"), "INVALID_PARAMS");
  for (const std::string_view id : {"", "0", "-1", "x", "7.", "7.0", "7.x", "7.1.1", "99999999999999999999"})
    EXPECT_EQ(fault("CHATHISTORY LATEST #mill msgid=" + std::string(id) + " 5"), "INVALID_PARAMS") << id;
  for (const std::string_view limit : {"0", "-5", "five", "5x"})
    EXPECT_EQ(fault("CHATHISTORY LATEST #mill * " + std::string(limit)), "INVALID_PARAMS") << limit;
}

}  // namespace
}  // namespace hub::irc
