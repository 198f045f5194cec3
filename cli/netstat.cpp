#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <tuple>

#include <cli/failure.hpp>
#include <cli/netstat.hpp>
#include <cli/outcome.hpp>
#include <cli/visible_text.hpp>

namespace cli {
namespace {

using leat::net::connection;
using leat::net::tcp_state;
using leat::net::tcp_state_name;
using nlohmann::ordered_json;

constexpr std::size_t columns = 6;
using row = std::array<std::string, columns>;

void sort_for_reading(std::vector<connection>& all) {
  std::ranges::sort(all, {}, [](const connection& one) {
    return std::tuple(one.state != tcp_state::listen, one.local.port(), one.local, one.remote);
  });
}

std::string remote_text(const connection& one) {
  return one.state == tcp_state::listen ? "*" : one.remote.to_string();
}

row row_of(const connection& one) {
  return {std::string(tcp_state_name(one.state)),
          one.local.to_string(),
          remote_text(one),
          fmt::format("{}", one.unread),
          fmt::format("{}", one.unsent),
          one.owner ? fmt::format("{}/{}", one.owner->process, visible(one.owner->command)) : "-"};
}

}  // namespace

std::string connection_table(std::vector<connection> all) {
  sort_for_reading(all);
  std::vector<row> rows{{"STATE", "LOCAL", "REMOTE", "UNREAD", "UNSENT", "PROCESS"}};
  std::ranges::transform(all, std::back_inserter(rows), row_of);
  std::array<std::size_t, columns> widths{};
  for (const row& one : rows) {
    for (std::size_t i = 0; i < columns; ++i)
      widths[i] = std::max(widths[i], one[i].size());
  }
  std::string text;
  for (const row& one : rows) {
    text += fmt::format("{:<{}}  {:<{}}  {:<{}}  {:>{}}  {:>{}}  {}\n", one[0], widths[0], one[1], widths[1],
                        one[2], widths[2], one[3], widths[3], one[4], widths[4], one[5]);
  }
  return text;
}

std::string connection_json(std::vector<connection> all) {
  sort_for_reading(all);
  auto list = ordered_json::array();
  for (const connection& one : all) {
    ordered_json process;
    ordered_json remote;
    if (one.state != tcp_state::listen) remote = one.remote.to_string();
    if (one.owner) process = {{"id", one.owner->process}, {"name", one.owner->command}};
    list.push_back({{"state", tcp_state_name(one.state)},
                    {"local", one.local.to_string()},
                    {"remote", remote},
                    {"unread", one.unread},
                    {"unsent", one.unsent},
                    {"user", one.user},
                    {"process", process}});
  }
  // ASCII only: names of processes are whatever these like.
  return list.dump(2, ' ', true, ordered_json::error_handler_t::replace) + "\n";
}

int netstat(const netstat_options& options) {
  auto found = leat::net::connections({.whole_machine = true, .port = options.port, .owners = true});
  if (!found) {
    fmt::print(stderr, "leat netstat: cannot list the connections of this machine: {}\n",
               reason_of(found.error()));
    return exit_failed;
  }
  fmt::print("{}", options.json ? connection_json(std::move(*found)) : connection_table(std::move(*found)));
  return exit_done;
}

}  // namespace cli
