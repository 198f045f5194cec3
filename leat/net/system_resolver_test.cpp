// Asking for names as resolv.conf(5), nsswitch.conf(5) and hosts(5) say: in a network and with files of the
// test's own.
#include <sched.h>
#include <sys/mount.h>

#include <filesystem>
#include <fstream>

#include <leat/net/dns_client.hpp>
#include <leat/net/dns_server_test.hpp>
#include <leat/net/own_network_test.hpp>
#include <leat/net/temporary_directory_test.hpp>

namespace leat::net {
namespace {

using namespace testing;
using messages = std::vector<std::string>;

// Files that stand in the place of the system's, for this process alone.
class own_files {
 public:
  /// False if that is not permitted here.
  static bool enter() {
    return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  }

  own_files() = default;
  ~own_files() {
    for (const std::string& path : replaced_)
      ::umount2(path.c_str(), MNT_DETACH);
  }
  own_files(const own_files&) = delete;
  own_files& operator=(const own_files&) = delete;

  /// False if the system has no such file.
  bool replace(const std::string& path, std::string_view content) {
    const std::string own = here_.at(std::filesystem::path(path).filename().string());
    std::ofstream(own, std::ios::trunc) << content;
    if (::mount(own.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0) return false;
    replaced_.push_back(path);
    return true;
  }

 private:
  temporary_directory here_;
  std::vector<std::string> replaced_;
};

messages one_address(const dns_question& asked) {
  if (asked.name != "mill.example") return {dns_message(asked, {.code = 3})};
  dns_answer answer;
  if (asked.type == type_a) answer.records.push_back(address_record(asked.name, "192.0.2.7"));
  return {dns_message(asked, answer)};
}

// Runs `body` where resolv.conf has that text, name servers are asked, and nothing else is known.
template <typename Body>
std::string with_resolv_conf(std::string_view text, Body&& body) {
  return leat::testing::in_own_network([&] {
    own_files files;
    if (!own_files::enter() || !files.replace("/etc/resolv.conf", text) ||
        !files.replace("/etc/nsswitch.conf", "hosts: files dns\n") ||
        !files.replace("/etc/hosts", "127.0.0.1 localhost\n"))
      return false;
    leat::run({.workers = 2}, body);
    return true;
  });
}

TEST(the_systems_name_servers, are_asked_for_completed_names_as_configured) {
  if (!can_ask_name_servers()) GTEST_SKIP() << "leat was built without c-ares";
  const std::string why = with_resolv_conf("nameserver 127.0.0.1\nsearch org example\noptions ndots:2\n", [] {
    const dns_server server(one_address, "127.0.0.1:53");
    const auto found = resolve_host("mill");
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(*found, std::vector{ip_address::v4({192, 0, 2, 7})});
    EXPECT_EQ(server.asked().front().name, "mill.org");
    const std::size_t before = server.asked().size();
    EXPECT_FALSE(resolve_host("a.mill"));
    EXPECT_EQ(server.asked().at(before).name, "a.mill.org") << "one dot is fewer than ndots";
  });
  if (!why.empty()) GTEST_SKIP() << why;
}

TEST(the_systems_name_servers, are_asked_as_often_and_as_long_as_configured) {
  if (!can_ask_name_servers()) GTEST_SKIP() << "leat was built without c-ares";
  const std::string why =
      with_resolv_conf("nameserver 127.0.0.1\nnameserver 127.0.0.2\noptions timeout:1 attempts:1\n", [] {
        const dns_server silent([](const dns_question&) { return messages{}; }, "127.0.0.1:53");
        const dns_server good(one_address, "127.0.0.2:53");
        const auto begin = clock::now();
        EXPECT_TRUE(resolve_host("mill.example"));
        EXPECT_GE(clock::now() - begin, 1s);
        EXPECT_EQ(silent.asked().size(), 2u);  // for both families
      });
  if (!why.empty()) GTEST_SKIP() << why;
}

TEST(the_systems_name_servers, take_turns_and_are_asked_over_tcp_if_configured_so) {
  if (!can_ask_name_servers()) GTEST_SKIP() << "leat was built without c-ares";
  const std::string why =
      with_resolv_conf("nameserver 127.0.0.1\nnameserver 127.0.0.2\noptions rotate use-vc\n", [] {
        const dns_server first(one_address, "127.0.0.1:53");
        const dns_server second(one_address, "127.0.0.2:53");
        for (int i = 0; i < 6; ++i) {
          EXPECT_TRUE(resolve_host("mill.example"));
        }
        EXPECT_EQ(first.asked().size(), 6u);  // three look-ups of two questions
        EXPECT_EQ(second.asked().size(), 6u);
        EXPECT_TRUE(std::ranges::all_of(first.asked(), &dns_question::over_tcp));
      });
  if (!why.empty()) GTEST_SKIP() << why;
}

TEST(the_systems_name_servers, are_read_anew_for_each_look_up) {
  if (!can_ask_name_servers()) GTEST_SKIP() << "leat was built without c-ares";
  const std::string why = with_resolv_conf("nameserver 127.0.0.1\n", [] {
    const dns_server server(one_address, "127.0.0.2:53");
    own_files files;
    EXPECT_TRUE(files.replace("/etc/resolv.conf", "nameserver 127.0.0.2\n"));
    EXPECT_TRUE(resolve_host("mill.example"));
    EXPECT_TRUE(files.replace("/etc/hosts", "192.0.2.9 barn.example\n"));
    EXPECT_EQ(resolve_host("barn.example").value(), std::vector{ip_address::v4({192, 0, 2, 9})});
  });
  if (!why.empty()) GTEST_SKIP() << why;
}

}  // namespace
}  // namespace leat::net
