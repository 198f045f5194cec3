#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cli/command_line.hpp>
#include <cli/netstat.hpp>

namespace cli {
namespace {

using leat::net::connection;
using leat::net::endpoint;
using leat::net::tcp_state;

std::vector<connection> some_connections() {
  const auto at = [](std::string_view text) { return endpoint::parse(text).value(); };
  return {{.local = at("192.0.2.1:8667"), .remote = at("192.0.2.9:51000"), .state = tcp_state::time_wait},
          {.local = at("127.0.0.1:40000"),
           .remote = at("127.0.0.1:8667"),
           .state = tcp_state::established,
           .user = 1000,
           .unread = 5,
           .unsent = 70,
           .owner = leat::net::socket_owner{42, "evil\033[2J"}},
          {.local = at("[::]:8667"), .state = tcp_state::listen, .unsent = 4096}};
}

TEST(the_table_of_connections, has_listeners_first_and_is_aligned) {
  EXPECT_EQ(connection_table(some_connections()),
            "STATE        LOCAL            REMOTE           UNREAD  UNSENT  PROCESS\n"
            "LISTEN       [::]:8667        *                     0    4096  -\n"
            "TIME_WAIT    192.0.2.1:8667   192.0.2.9:51000       0       0  -\n"
            "ESTABLISHED  127.0.0.1:40000  127.0.0.1:8667        5      70  42/evil\xef\xbf\xbd[2J\n");
}

TEST(the_table_of_connections, has_a_head_even_when_there_is_none) {
  EXPECT_EQ(connection_table({}), "STATE  LOCAL  REMOTE  UNREAD  UNSENT  PROCESS\n");
}

TEST(the_list_of_connections, is_json_too) {
  const auto list = nlohmann::json::parse(connection_json(some_connections()));
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0]["state"], "LISTEN");
  EXPECT_TRUE(list[0]["remote"].is_null());
  EXPECT_TRUE(list[0]["process"].is_null());
  EXPECT_EQ(list[2]["local"], "127.0.0.1:40000");
  EXPECT_EQ(list[2]["process"]["id"], 42);
  EXPECT_EQ(list[2]["unread"], 5);
}

TEST(the_netstat_subcommand, takes_a_port_and_no_nonsense) {
  const auto parse = [](std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "leat");
    return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
  };
  EXPECT_EQ(std::get<netstat_options>(parse({"netstat"}).value()).port, std::nullopt);
  EXPECT_EQ(std::get<netstat_options>(parse({"netstat", "--port", "8667"}).value()).port, 8667);
  EXPECT_TRUE(std::get<netstat_options>(parse({"netstat", "--json"}).value()).json);
  for (const char* port : {"0", "65536", "-1", "http"})
    EXPECT_EQ(parse({"netstat", "--port", port}).error().exit_code, 2) << port;
  EXPECT_NE(parse({"netstat", "--help"}).error().output.find("--port"), std::string::npos);
}

}  // namespace
}  // namespace cli
