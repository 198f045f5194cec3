#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include <cli/download.hpp>
#include <cli/get.hpp>
#include <cli/jobs.hpp>
#include <cli/url.hpp>
#include <cli/visible_text.hpp>
#include <hub/files/file_name.hpp>

namespace cli {
namespace {

struct planned {
  std::string address;
  download_order order;
};

// Where a file goes. Names that come from others are checked before they meet the disk.
outcome<std::filesystem::path> place_of(const std::string& name, const get_options& options) {
  std::error_code ignored;
  const bool into_directory =
      !options.output.empty() && std::filesystem::is_directory(options.output, ignored);
  if (!options.output.empty() && !into_directory) return std::filesystem::path(options.output);
  if (const auto checked = hub::files::file_name::parse(name); !checked) {
    return std::unexpected(fmt::format("{} (-o FILE gives it another one)", checked.error()));
  }
  return into_directory ? std::filesystem::path(options.output) / name : std::filesystem::path(name);
}

outcome<planned> plan(const std::string& wanted, const get_options& options) {
  planned made{.address = options.server,
               .order = {.name = wanted, .resume = options.resume, .force = options.force}};
  if (looks_like_url(wanted)) {
    const auto where = parse_url(wanted);
    if (!where) return std::unexpected(where.error());
    made.address = where->address;
    made.order.target = where->path;
    auto name = last_name(*where);
    if (!name) return std::unexpected(name.error());
    made.order.name = std::move(*name);
  } else {
    made.order.target = file_path(options.room, wanted);
  }
  auto place = place_of(made.order.name, options);
  if (!place) return std::unexpected(fmt::format("{}: {}", visible(wanted), place.error()));
  made.order.to = std::move(*place);
  return made;
}

// Everything is checked before anything is fetched.
outcome<std::vector<planned>> plan_all(const get_options& options) {
  std::error_code ignored;
  if (!options.output.empty() && options.names.size() > 1 &&
      !std::filesystem::is_directory(options.output, ignored)) {
    return std::unexpected(
        fmt::format("{} is not a directory, and there are several files for it", options.output));
  }
  std::vector<planned> all;
  std::set<std::filesystem::path> places;
  for (const std::string& wanted : options.names) {
    auto one = plan(wanted, options);
    if (!one) return std::unexpected(one.error());
    if (!places.insert(one->order.to).second) {
      return std::unexpected(
          fmt::format("two of the files would become {}", visible(one->order.to.native())));
    }
    all.push_back(std::move(*one));
  }
  return all;
}

}  // namespace

int get(const get_options& options) {
  const auto all = plan_all(options);
  if (!all) {
    fmt::print(stderr, "leat get: {}\n", all.error());
    return exit_usage;
  }
  std::atomic<bool> failed = false;
  progress_board board(all->size());
  run_jobs(all->size(), options.jobs, [&] {
    // Each worker keeps its connection as long as the files come from one server.
    return [&, client = std::unique_ptr<http_client>()](std::size_t index) mutable {
      const planned& one = (*all)[index];
      if (!client || client->address() != one.address) client = std::make_unique<http_client>(one.address);
      auto& progress = board.begin(one.order.name);
      const auto done =
          download(*client, one.order, progress, [&](std::string_view line) { board.say(line); });
      board.finish(progress);
      if (done) {
        board.result(index, visible(one.order.to.native()));
      } else {
        board.say(fmt::format("leat get: {}: {}", visible(one.order.name), done.error()));
        board.result(index, "");
        failed = true;
      }
    };
  });
  return failed ? exit_failed : exit_done;
}

}  // namespace cli
