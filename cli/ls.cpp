#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

#include <cli/chat_view.hpp>
#include <cli/download.hpp>
#include <cli/http_client.hpp>
#include <cli/ls.hpp>
#include <cli/outcome.hpp>
#include <cli/progress.hpp>
#include <cli/url.hpp>
#include <cli/visible_text.hpp>

namespace cli {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t page_limit_bytes = std::size_t{16} << 20;
constexpr std::size_t most_pages = 10'000;

std::string text_in(const ordered_json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// One page: its files are put to the others. Returns the target of the next page, empty for the last.
outcome<std::string> fetch_page(http_client& client, const std::string& target, ordered_json& files) {
  const auto head = client.request({.target = target, .fields = {{"Accept", "application/json"}}});
  if (!head) return std::unexpected(head.error().text);
  if (head->status != 200) return std::unexpected(refusal_text(client, *head));
  const auto text = client.read_text(page_limit_bytes);
  if (!text) return std::unexpected(text.error().text);
  const auto page = ordered_json::parse(*text, nullptr, false);
  if (!page.is_object() || !page.contains("files") || !page["files"].is_array()) {
    return std::unexpected(
        fmt::format("{} has not sent a list of files (is it a leat server?)", client.address()));
  }
  for (const auto& file : page["files"]) {
    if (file.is_object()) files.push_back(file);
  }
  return text_in(page, "next");
}

outcome<ordered_json> fetch_list(const ls_options& options) {
  http_client client(options.server);
  ordered_json files = ordered_json::array();
  std::string target = file_path(options.room, "");
  for (std::size_t page = 0; page < most_pages; ++page) {
    auto next = fetch_page(client, target, files);
    if (!next) return std::unexpected(next.error());
    if (next->empty()) return files;
    // Its place in a request is no place for anything but a path.
    const auto checked = next->starts_with('/') ? parse_url(fmt::format("http://{}{}", options.server, *next))
                                                : outcome<url>(std::unexpected(std::string()));
    if (!checked) return std::unexpected(fmt::format("{} names no sensible next page", client.address()));
    target = checked->path;
  }
  return std::unexpected(fmt::format("{} has more than {} pages of files", client.address(), most_pages));
}

// "2026-11-21 10:14" in local time.
std::string time_text(std::string_view told) {
  const time_t seconds = std::chrono::system_clock::to_time_t(parse_server_time(told));
  tm parts{};
  ::localtime_r(&seconds, &parts);
  return fmt::format("{}-{:02}-{:02} {:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min);
}

void print_table(const ordered_json& files, bool names_only) {
  for (const auto& file : files) {
    const std::string name = visible(text_in(file, "name"));
    if (names_only) {
      fmt::print("{}\n", name);
      continue;
    }
    const auto size = file.find("size");
    const bool has_size = size != file.end() && size->is_number_unsigned();
    fmt::print("{:>10}  {}  {}\n", has_size ? size_text(size->get<std::uint64_t>()) : "?",
               time_text(text_in(file, "modified")), name);
  }
  if (files.empty() && ::isatty(STDOUT_FILENO) != 0) fmt::print(stderr, "no files\n");
}

}  // namespace

int ls(const ls_options& options) {
  const auto files = fetch_list(options);
  if (!files) {
    fmt::print(stderr, "leat ls: {}\n", files.error());
    return exit_failed;
  }
  if (options.json) {
    fmt::print("{}\n", files->dump(2, ' ', false, ordered_json::error_handler_t::replace));
  } else {
    print_table(*files, options.names);
  }
  return exit_done;
}

}  // namespace cli
