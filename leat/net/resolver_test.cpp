#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <leat/net/dns_client.hpp>
#include <leat/net/dns_server_test.hpp>
#include <leat/net/resolver.hpp>
#include <leat/net/srv_order.hpp>
#include <leat/net/system_socket.hpp>

namespace leat::net {
namespace {

using namespace testing;

class asking_name_servers : public leat::testing::on_workers {
  void SetUp() override {
    if (!can_ask_name_servers()) GTEST_SKIP() << "leat was built without c-ares";
  }
};
INSTANTIATE_TEST_SUITE_P(on, asking_name_servers, ::testing::Values(1u, 2u, 4u), leat::testing::workers_name);

using messages = std::vector<std::string>;

// How long a server may be silent before it is asked again, where it is.
constexpr std::chrono::milliseconds short_timeout = 60ms;

resolver asking(const dns_server& server, std::chrono::milliseconds timeout = patience) {
  return resolver({.servers = {server.where()}, .timeout = timeout});
}

// One address of each family for mill.example; other names are unknown.
messages two_addresses(const dns_question& asked) {
  if (asked.name != "mill.example") return {dns_message(asked, {.code = 3})};
  if (asked.type == type_a)
    return {dns_message(asked, {.records = {address_record(asked.name, "127.0.0.7")}})};
  if (asked.type == type_aaaa) return {dns_message(asked, {.records = {address_record(asked.name, "::1")}})};
  return {dns_message(asked, {})};
}

std::vector<std::string> sorted_texts(const std::vector<ip_address>& addresses) {
  std::vector<std::string> made;
  for (const ip_address& address : addresses)
    made.push_back(address.to_string());
  std::ranges::sort(made);
  return made;
}

std::error_code again() {
  return {EAI_AGAIN, resolver_category()};
}

TEST_P(asking_name_servers, gives_the_addresses_of_both_families) {
  run([] {
    const dns_server server(two_addresses);
    for (const std::string_view name : {"mill.example", "MILL.Example", "mill.example."}) {
      const auto found = asking(server).addresses(name);
      ASSERT_TRUE(found) << name << ": " << found.error().message();
      EXPECT_EQ(sorted_texts(*found), (std::vector<std::string>{"127.0.0.7", "::1"}));
    }
  });
}

TEST_P(asking_name_servers, gives_endpoints_for_a_host_and_a_service) {
  run([] {
    const dns_server server(two_addresses);
    const auto found = asking(server).endpoints("mill.example:http").value();
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].port(), 80);
    EXPECT_EQ(asking(server).endpoints("mill.example:no-such-service").error(), errc::unknown_service);
    EXPECT_EQ(asking(server).endpoints("mill.example").error(), errc::bad_address);
  });
}

TEST_P(asking_name_servers, of_an_unknown_name_says_so) {
  run([] {
    const dns_server server(two_addresses);
    EXPECT_EQ(asking(server).addresses("barn.example").error(), errc::unknown_host);
  });
}

TEST_P(asking_name_servers, of_a_name_without_addresses_says_so) {
  run([] {
    const dns_server server([](const dns_question& asked) { return messages{dns_message(asked, {})}; });
    EXPECT_EQ(asking(server).addresses("mill.example").error(), errc::unknown_host);
  });
}

TEST_P(asking_name_servers, is_content_with_one_family) {
  run([] {
    const dns_server server([](const dns_question& asked) {
      if (asked.type == type_a) return two_addresses(asked);
      return messages{dns_message(asked, {})};
    });
    EXPECT_EQ(sorted_texts(asking(server).addresses("mill.example").value()),
              std::vector<std::string>{"127.0.0.7"});
  });
}

TEST_P(asking_name_servers, follows_a_chain_of_aliases) {
  run([] {
    const dns_server server([](const dns_question& asked) {
      dns_answer answer{.records = {dns_record("www.example", type_cname, dns_name("web.example")),
                                    dns_record("web.example", type_cname, dns_name("mill.example"))}};
      if (asked.type == type_a) answer.records.push_back(address_record("mill.example", "127.0.0.7"));
      return messages{dns_message(asked, answer)};
    });
    EXPECT_EQ(sorted_texts(asking(server).addresses("www.example").value()),
              std::vector<std::string>{"127.0.0.7"});
  });
}

TEST_P(asking_name_servers, asks_over_tcp_what_did_not_fit_a_datagram) {
  run([] {
    const dns_server server([](const dns_question& asked) {
      if (!asked.over_tcp) return messages{dns_message(asked, {.truncated = true})};
      dns_answer answer;
      for (int i = 1; asked.type == type_a && i <= 200; ++i)
        answer.records.push_back(address_record(asked.name, "10.0.0." + std::to_string(i)));
      return messages{dns_message(asked, answer)};
    });
    const auto found = asking(server).addresses("mill.example");
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->size(), 64u);  // the limit
    EXPECT_TRUE(std::ranges::any_of(server.asked(), &dns_question::over_tcp));
  });
}

TEST_P(asking_name_servers, asks_again_who_did_not_answer) {
  run([] {
    std::atomic<int> heard{0};
    const dns_server server([&heard](const dns_question& asked) {
      return heard.fetch_add(1) < 2 ? messages{} : two_addresses(asked);
    });
    EXPECT_TRUE(asking(server, short_timeout).addresses("mill.example"));
    EXPECT_GT(server.asked().size(), 2u);
  });
}

TEST_P(asking_name_servers, asks_the_next_server_when_one_is_silent_or_fails) {
  run([] {
    const dns_server silent([](const dns_question&) { return messages{}; });
    const dns_server failing(
        [](const dns_question& asked) { return messages{dns_message(asked, {.code = 2})}; });
    const dns_server good(two_addresses);
    const resolver three(
        {.servers = {silent.where(), failing.where(), good.where()}, .timeout = short_timeout});
    const auto found = three.addresses("mill.example");
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->size(), 2u);
  });
}

TEST_P(asking_name_servers, that_stay_silent_ends_when_they_were_asked_often_enough) {
  run([] {
    const dns_server silent([](const dns_question&) { return messages{}; });
    const auto outcome =
        resolver({.servers = {silent.where()}, .timeout = 20ms, .attempts = 3}).addresses("mill.example");
    EXPECT_EQ(outcome.error(), again());
    EXPECT_EQ(outcome.error(), std::errc::resource_unavailable_try_again);
    EXPECT_EQ(silent.asked().size(), 6u);  // for both families
  });
}

TEST_P(asking_name_servers, that_fail_or_are_not_there_ends_with_an_error) {
  run([] {
    const dns_server failing(
        [](const dns_question& asked) { return messages{dns_message(asked, {.code = 2})}; });
    EXPECT_EQ(asking(failing).addresses("mill.example").error().category(), resolver_category());
    endpoint nobody;
    {
      const dns_server gone(two_addresses);
      nobody = gone.where();
    }
    EXPECT_EQ(resolver({.servers = {nobody}, .timeout = short_timeout}).addresses("mill.example").error(),
              again());
  });
}

TEST_P(asking_name_servers, does_not_believe_answers_to_other_questions) {
  run([] {
    const dns_server server([](const dns_question& asked) {
      dns_question other = asked;
      const dns_answer forged{.records = {address_record(asked.name, "203.0.113.66")}};
      other.id = static_cast<std::uint16_t>(asked.id + 1);
      messages sent{dns_message(other, forged)};
      other = asked;
      other.section = dns_name("other.example") + u16(asked.type) + u16(1);
      sent.push_back(dns_message(other, forged));
      for (const std::string& right : two_addresses(asked))
        sent.push_back(right);
      return sent;
    });
    const auto found = asking(server).addresses("mill.example");
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(sorted_texts(*found), (std::vector<std::string>{"127.0.0.7", "::1"}));
  });
}

TEST_P(asking_name_servers, survives_garbage) {
  run([] {
    const dns_server server([](const dns_question& asked) {
      std::string cut = two_addresses(asked).front();
      cut.resize(cut.size() - 3);
      std::string looping = u16(asked.id) + u16(0x8180) + u16(1) + u16(1) + u16(0) + u16(0) + asked.section;
      looping += "\xc0";
      looping += static_cast<char>(looping.size() - 1);  // a name that points at itself
      return messages{"", "x", std::string(3, '\xff'), pattern(600), u16(asked.id) + "\x81", looping, cut};
    });
    const auto outcome = asking(server, short_timeout).addresses("mill.example");
    ASSERT_FALSE(outcome);
    EXPECT_TRUE(outcome.error().category() == resolver_category() || outcome.error() == errc::unknown_host)
        << outcome.error().message();
  });
}

TEST_P(asking_name_servers, completes_short_names) {
  run([] {
    const dns_server server(two_addresses);
    const resolver searching(
        {.servers = {server.where()}, .timeout = patience, .search = {"org", "example"}});
    EXPECT_EQ(searching.addresses("mill").value().size(), 2u);
    const auto asked = server.asked();
    EXPECT_EQ(asked.front().name, "mill.org");
    EXPECT_EQ(searching.addresses("mill.").error(), errc::unknown_host);
  });
}

TEST_P(asking_name_servers, looks_into_the_hosts_file_first) {
  const std::string path = ::testing::TempDir() + "leat_hosts_" + std::to_string(::getpid());
  std::ofstream(path) << "127.0.0.9 barn.example barn\n";
  run([&path] {
    const dns_server server(two_addresses);
    const resolver both({.servers = {server.where()}, .timeout = patience, .hosts_file = path});
    EXPECT_EQ(both.addresses("Barn").value(), std::vector{ip_address::v4({127, 0, 0, 9})});
    EXPECT_EQ(both.names(ip_address::v4({127, 0, 0, 9})).value(),
              (std::vector<std::string>{"barn.example", "barn"}));
    EXPECT_TRUE(server.asked().empty());
    EXPECT_EQ(both.addresses("mill.example").value().size(), 2u);
  });
  std::filesystem::remove(path);
}

TEST_P(asking_name_servers, gives_the_names_of_an_address) {
  run([] {
    const dns_server server([](const dns_question& asked) {
      dns_answer answer;
      for (const std::string_view name : {"mill.example", "wheel.example"})
        answer.records.push_back(dns_record(asked.name, type_ptr, dns_name(name)));
      return messages{dns_message(asked, answer)};
    });
    for (const std::string_view literal : {"192.0.2.7", "::ffff:192.0.2.7", "2001:db8::7"}) {
      const auto names = asking(server).names(ip_address::parse(literal).value());
      ASSERT_TRUE(names) << names.error().message();
      EXPECT_EQ(*names, (std::vector<std::string>{"mill.example", "wheel.example"}));
    }
    const auto asked = server.asked();
    ASSERT_EQ(asked.size(), 3u);
    EXPECT_EQ(asked[0].name, "7.2.0.192.in-addr.arpa");
    EXPECT_EQ(asked[1].name, "7.2.0.192.in-addr.arpa");
    EXPECT_EQ(asked[2].name, "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
  });
}

TEST_P(asking_name_servers, passes_no_name_on_that_is_none) {
  run([] {
    const dns_server server([](const dns_question& asked) {
      return messages{
          dns_message(asked, {.records = {dns_record(asked.name, type_ptr, dns_name("bad name\033[2J"))}})};
    });
    EXPECT_FALSE(asking(server).names(ip_address::v4({192, 0, 2, 7})));
  });
}

TEST_P(asking_name_servers, of_an_address_without_a_name_says_so) {
  run([] {
    const dns_server server(two_addresses);
    EXPECT_EQ(asking(server).names(ip_address::v4({192, 0, 2, 7})).error(), errc::unknown_host);
  });
}

TEST_P(asking_name_servers, gives_the_locations_of_a_service_by_priority) {
  run([] {
    const dns_server server([](const dns_question& asked) {
      return messages{
          dns_message(asked, {.records = {srv_record(asked.name, 20, 0, 5223, "late.example"),
                                          srv_record(asked.name, 10, 5, 5222, "early.example")}})};
    });
    const auto found = asking(server).locations("xmpp-client", "tcp", "example");
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(*found, (std::vector<service_location>{
                          {.host = "early.example", .port = 5222, .priority = 10, .weight = 5},
                          {.host = "late.example", .port = 5223, .priority = 20, .weight = 0}}));
    EXPECT_EQ(server.asked().front().name, "_xmpp-client._tcp.example");
    EXPECT_TRUE(asking(server).locations("", "", "_own._tcp.example"));
    EXPECT_EQ(server.asked().back().name, "_own._tcp.example");
    EXPECT_EQ(asking(server).locations("a b", "tcp", "example").error(), errc::bad_address);
  });
}

TEST_P(asking_name_servers, of_a_service_that_a_domain_does_not_offer_says_so) {
  run([] {
    const dns_server server([](const dns_question& asked) {
      if (asked.name == "_imap._tcp.example")
        return messages{dns_message(asked, {.records = {srv_record(asked.name, 0, 0, 0, "")}})};
      return messages{dns_message(asked, {.code = 3})};
    });
    EXPECT_EQ(asking(server).locations("imap", "tcp", "example").error(), errc::unknown_service);
    EXPECT_EQ(asking(server).locations("pop3", "tcp", "example").error(), errc::unknown_host);
  });
}

TEST_P(asking_name_servers, ends_at_its_deadline_and_leaves_nothing_running) {
  run([] {
    const dns_server silent([](const dns_question&) { return messages{}; });
    const std::size_t before = goroutine_count();
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(asking(silent).addresses("mill.example", {.deadline = deadline_after(30ms)}).error(),
              errc::deadline_exceeded);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 30ms);
    EXPECT_EQ(goroutine_count(), before);
    EXPECT_EQ(asking(silent).addresses("mill.example", {.deadline = deadline_after(-1s)}).error(),
              errc::deadline_exceeded);
  });
}

TEST_P(asking_name_servers, ends_when_its_context_does) {
  run([] {
    auto [ctx, cancel] = with_cancel(context::background());
    const dns_server silent([&cancel](const dns_question&) {
      cancel();  // in the middle of the look-up, to be sure
      return messages{};
    });
    EXPECT_EQ(asking(silent).addresses("mill.example", {.ctx = ctx}).error(), errc::canceled);
    EXPECT_EQ(asking(silent).addresses("mill.example", {.ctx = ctx}).error(), errc::canceled);
    auto [timed, cancel_timed] = with_timeout(context::background(), 30ms);
    const dns_server other([](const dns_question&) { return messages{}; });
    EXPECT_EQ(asking(other).addresses("mill.example", {.ctx = timed}).error(), errc::deadline_exceeded);
  });
}

TEST_P(asking_name_servers, many_at_once_leaves_no_descriptor_behind) {
  run([] {
    const dns_server server([](const dns_question& asked) {
      if (asked.name.starts_with("silent")) return messages{};
      return two_addresses(asked);
    });
    const resolver impatient({.servers = {server.where()}, .timeout = 20ms, .attempts = 1});
    static_cast<void>(asking(server).addresses("mill.example"));
    const std::size_t before = open_descriptors();
    wait_group all;
    for (int i = 0; i < 60; ++i) {
      all.go([&, i] {
        if (i % 3 == 0) {
          EXPECT_EQ(impatient.addresses("silent.example").error(), again());
        } else {
          EXPECT_TRUE(asking(server).addresses("mill.example"));
        }
      });
    }
    all.wait();
    EXPECT_EQ(open_descriptors(), before);
  });
}

TEST_P(asking_name_servers, with_options_out_of_range_is_an_error) {
  run([] {
    const endpoint somewhere(ip_address::loopback_v4(), 1);
    const auto error_of = [](resolver_options options) {
      return resolver(std::move(options)).addresses("mill.example").error();
    };
    EXPECT_EQ(error_of({.servers = {somewhere}, .attempts = 0}), std::errc::invalid_argument);
    EXPECT_EQ(error_of({.servers = {somewhere}, .timeout = 0ms}), std::errc::invalid_argument);
    EXPECT_EQ(error_of({.servers = std::vector(17, somewhere)}), std::errc::invalid_argument);
    EXPECT_EQ(error_of({.servers = {somewhere}, .search = {"a b"}}), std::errc::invalid_argument);
    EXPECT_EQ(error_of({}), std::errc::invalid_argument);
  });
}

TEST(asking_name_servers_outside_the_runtime, blocks_the_thread) {
  if (!can_ask_name_servers()) GTEST_SKIP() << "leat was built without c-ares";
  const raw_socket silent = raw_socket::open(AF_INET, SOCK_DGRAM).value();
  ASSERT_TRUE(bind_socket(silent.fd(), endpoint(ip_address::loopback_v4(), 0)));
  const resolver asks({.servers = {local_endpoint(silent.fd()).value()}, .timeout = 10ms, .attempts = 1});
  EXPECT_EQ(asks.addresses("mill.example").error(), again());
  EXPECT_EQ(asks.addresses("mill.example", {.deadline = deadline_after(2ms)}).error(),
            errc::deadline_exceeded);
  auto [ctx, cancel] = with_cancel(context::background());
  cancel();
  EXPECT_EQ(asks.addresses("mill.example", {.ctx = ctx}).error(), errc::canceled);
}

TEST(the_order_of_locations, is_drawn_by_weight_within_a_priority) {
  const std::vector<service_location> given{{.host = "c", .priority = 2, .weight = 1},
                                            {.host = "b", .priority = 1, .weight = 10},
                                            {.host = "z", .priority = 1, .weight = 0},
                                            {.host = "a", .priority = 1, .weight = 30}};
  const auto order = [&given](auto draw) {
    auto all = given;
    sort_locations(all, draw);
    std::string names;
    for (const service_location& one : all)
      names += one.host;
    return names;
  };
  EXPECT_EQ(order([](std::uint32_t) { return 0U; }), "zbac");
  EXPECT_EQ(order([](std::uint32_t below) { return below - 1; }), "abzc");
  EXPECT_EQ(order([](std::uint32_t below) { return below / 2; }).back(), 'c');
}

}  // namespace
}  // namespace leat::net
