// The finer rules of asking name servers: which names are asked for, in which order, of whom, and what of the
// answers is believed.
#include <unistd.h>

#include <fstream>

#include <leat/net/dns_client.hpp>
#include <leat/net/dns_server_test.hpp>
#include <leat/net/resolver.hpp>
#include <leat/net/temporary_directory_test.hpp>

namespace leat::net {
namespace {

using namespace testing;

class the_rules_of_asking : public leat::testing::on_workers {
  void SetUp() override {
    if (!can_ask_name_servers()) GTEST_SKIP() << "leat was built without c-ares";
  }
};
INSTANTIATE_TEST_SUITE_P(on, the_rules_of_asking, ::testing::Values(1u, 2u, 4u), leat::testing::workers_name);

using messages = std::vector<std::string>;
using names = std::vector<std::string>;

messages unknown(const dns_question& asked) {
  return {dns_message(asked, {.code = 3})};
}

messages one_address(const dns_question& asked) {
  dns_answer answer;
  if (asked.type == type_a) answer.records.push_back(address_record(asked.name, "127.0.0.7"));
  return {dns_message(asked, answer)};
}

std::error_code error_of(const result<std::vector<ip_address>>& outcome) {
  return outcome ? std::error_code() : outcome.error();
}

// The names that were asked for, each once, in their order.
names asked_of(const dns_server& server) {
  names found;
  for (const dns_question& one : server.asked()) {
    if (std::ranges::find(found, one.name) == found.end()) found.push_back(one.name);
  }
  return found;
}

TEST_P(the_rules_of_asking, complete_a_name_with_few_dots_first_and_one_with_many_last) {
  run([] {
    struct expectation {
      int dots;
      std::string_view name;
      names order;
    };
    for (const expectation& one :
         {expectation{1, "mill", {"mill.org", "mill.example", "mill"}},
          expectation{1, "a.mill", {"a.mill", "a.mill.org", "a.mill.example"}},
          expectation{2, "a.mill", {"a.mill.org", "a.mill.example", "a.mill"}},
          expectation{0, "mill", {"mill", "mill.org", "mill.example"}}, expectation{1, "a.mill.", {"a.mill"}},
          expectation{1, "mill.", {"mill"}}}) {
      const dns_server server(unknown);
      const resolver searching(
          {.servers = {server.where()}, .timeout = patience, .search = {"org", "example"}, .dots = one.dots});
      EXPECT_EQ(error_of(searching.addresses(one.name)), errc::unknown_host);
      EXPECT_EQ(asked_of(server), one.order) << one.name << " with " << one.dots;
    }
  });
}

TEST_P(the_rules_of_asking, stop_at_the_first_completion_that_is_known) {
  run([] {
    const dns_server server([](const dns_question& asked) {
      return asked.name == "mill.example" ? one_address(asked) : unknown(asked);
    });
    const resolver searching(
        {.servers = {server.where()}, .timeout = patience, .search = {"org", "example", "net"}});
    EXPECT_TRUE(searching.addresses("mill"));
    EXPECT_EQ(asked_of(server), (names{"mill.org", "mill.example"}));
  });
}

TEST_P(the_rules_of_asking, never_tell_the_network_of_onions) {  // RFC 7686, section 2
  run([] {
    const dns_server server(one_address);
    const resolver searching({.servers = {server.where()}, .timeout = patience, .search = {"example"}});
    for (const std::string_view name : {"mill.onion", "a.mill.ONION", "mill.onion.", "onion"})
      ASSERT_EQ(error_of(searching.addresses(name)), errc::unknown_host) << name;
    EXPECT_TRUE(server.asked().empty());
    EXPECT_TRUE(searching.addresses("onion.example")) << "an onion elsewhere is a vegetable";
  });
}

TEST_P(the_rules_of_asking, take_what_there_is_of_an_answer_that_is_cut_off_over_tcp_too) {
  run([] {
    const dns_server server([](const dns_question& asked) {
      dns_answer answer{.truncated = true};
      if (asked.over_tcp && asked.type == type_a) answer.records = {address_record(asked.name, "127.0.0.7")};
      return messages{dns_message(asked, answer)};
    });
    const auto found = resolver({.servers = {server.where()}, .timeout = patience}).addresses("mill.example");
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(*found, std::vector{ip_address::v4({127, 0, 0, 7})});
  });
}

TEST_P(the_rules_of_asking, let_one_want_tcp_from_the_start) {
  run([] {
    const dns_server server(one_address);
    const resolver over_tcp({.servers = {server.where()}, .timeout = patience, .over_tcp = true});
    EXPECT_TRUE(over_tcp.addresses("mill.example"));
    EXPECT_FALSE(server.asked().empty());
    EXPECT_TRUE(std::ranges::all_of(server.asked(), &dns_question::over_tcp));
  });
}

TEST_P(the_rules_of_asking, begin_with_the_first_server_or_with_each_in_turn) {
  run([] {
    for (const bool rotate : {false, true}) {
      std::vector<std::unique_ptr<dns_server>> servers;
      resolver_options options{.timeout = patience, .rotate = rotate};
      for (int i = 0; i < 3; ++i) {
        servers.push_back(std::make_unique<dns_server>(one_address));
        options.servers.push_back(servers.back()->where());
      }
      const resolver asks(options);
      for (int i = 0; i < 6; ++i) {
        ASSERT_TRUE(asks.addresses("mill.example"));
      }
      for (std::size_t i = 0; i < servers.size(); ++i) {
        const std::size_t expected = rotate ? 4 : i == 0 ? 12 : 0;  // a look-up is two questions
        EXPECT_EQ(servers[i]->asked().size(), expected) << i << (rotate ? " in turn" : " as listed");
      }
    }
  });
}

TEST_P(the_rules_of_asking, give_names_from_name_records_alone) {
  run([] {
    const dns_server server([](const dns_question& asked) {
      return messages{
          dns_message(asked, {.records = {address_record(asked.name, "192.0.2.1"),
                                          dns_record(asked.name, type_ptr, dns_name("mill.example")),
                                          address_record(asked.name, "2001:db8::1")}})};
    });
    const resolver asks({.servers = {server.where()}, .timeout = patience});
    EXPECT_EQ(asks.names(ip_address::v4({192, 0, 2, 1})).value(), names{"mill.example"});
  });
}

TEST_P(the_rules_of_asking, let_a_changed_hosts_file_count_at_once) {
  run([] {
    const temporary_directory here;
    const dns_server server(unknown);
    const resolver asks({.servers = {server.where()}, .timeout = patience, .hosts_file = here.at("hosts")});
    EXPECT_EQ(error_of(asks.addresses("mill.example")), errc::unknown_host);
    std::ofstream(here.at("hosts")) << "192.0.2.1 mill.example\n";
    EXPECT_EQ(asks.addresses("mill.example").value(), std::vector{ip_address::v4({192, 0, 2, 1})});
    std::ofstream(here.at("hosts")) << "192.0.2.2 mill.example\n";
    EXPECT_EQ(asks.addresses("mill.example").value(), std::vector{ip_address::v4({192, 0, 2, 2})});
  });
}

// Perhaps it is known there.
TEST_P(the_rules_of_asking, call_no_name_unknown_while_a_server_of_a_completion_is_in_trouble) {
  run([] {
    const dns_server server([](const dns_question& asked) {
      return messages{dns_message(asked, {.code = asked.name.ends_with("trouble") ? 2U : 3U})};
    });
    const auto searching = [&server](std::string_view domain) {
      return resolver(
          {.servers = {server.where()}, .timeout = patience, .attempts = 1, .search = {std::string(domain)}});
    };
    EXPECT_EQ(error_of(searching("example").addresses("a.mill")), errc::unknown_host);
    EXPECT_EQ(error_of(searching("trouble").addresses("a.mill")), std::errc::resource_unavailable_try_again);
  });
}

}  // namespace
}  // namespace leat::net
