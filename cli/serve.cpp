#include <fmt/format.h>
#include <signal.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include <leat/blocking.hpp>
#include <leat/go.hpp>
#include <leat/net/resolve.hpp>
#include <leat/net/tcp_listener.hpp>
#include <leat/signal.hpp>

#include <cli/failure.hpp>
#include <cli/outcome.hpp>
#include <cli/serve.hpp>
#include <hub/config.hpp>
#include <hub/config_values.hpp>
#include <hub/files/file_store.hpp>
#include <hub/http/site.hpp>
#include <hub/server.hpp>
#include <hub/store/sqlite_store.hpp>

namespace cli {
namespace {

outcome<hub::config> read_settings(const serve_options& options) {
  hub::config settings;
  if (!options.config.empty()) {
    auto loaded = leat::blocking([&] { return hub::load_config(options.config); });
    if (!loaded) return std::unexpected(loaded.error());
    settings = std::move(*loaded);
  }
  for (const std::string& address : options.listen) {
    if (auto checked = hub::check_listen(address); !checked)
      return std::unexpected("--listen: " + checked.error());
  }
  if (!options.listen.empty()) settings.server.listen = options.listen;
  if (!options.data.empty()) settings.server.data = options.data;
  for (const auto& [name, value] : options.settings) {
    if (auto changed = hub::set(settings, name, value); !changed) return std::unexpected(changed.error());
  }
  return settings;
}

// Each connection takes a descriptor, and the usual soft limit of 1024 is for programs that call select(2).
// Files and the database need some too: a server whose clients have taken all of them can store nothing.
void fit_descriptors(hub::config& settings) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  constexpr rlim_t least_spare = 32;
  const rlim_t spare = std::max(least_spare, limit.rlim_cur / 8);
  const auto fitting = static_cast<std::size_t>(limit.rlim_cur > spare ? limit.rlim_cur - spare : 1);
  if (settings.server.connections <= fitting) return;
  spdlog::warn("{} connections at once instead of {}: more do not fit in {} file descriptors (ulimit -n)",
               fitting, settings.server.connections, limit.rlim_cur);
  settings.server.connections = fitting;
}

outcome<std::unique_ptr<hub::store::store>> open_store(const hub::config& settings) {
  return leat::blocking([&]() -> outcome<std::unique_ptr<hub::store::store>> {
    std::error_code error;
    std::filesystem::create_directories(settings.server.data, error);
    if (error) {
      return std::unexpected(
          fmt::format("cannot make the folder {}: {}", settings.server.data.native(), reason_of(error)));
    }
    auto opened = hub::store::open_sqlite(
        settings.server.data / "leat.db",
        {.durable = settings.store.durability, .max_bytes = settings.store.max_bytes});
    if (!opened) return std::unexpected(opened.error().text);
    return std::move(*opened);
  });
}

outcome<std::unique_ptr<hub::files::file_store>> open_files(const hub::config& settings) {
  auto opened =
      leat::blocking([&] { return hub::files::file_store::open(settings.server.data, settings.files); });
  if (!opened) return std::unexpected(opened.error().text);
  return std::move(*opened);
}

// The server says only that it cannot listen; trying again tells which address it is, and why.
std::string explain_start(const hub::config& settings, std::string said) {
  for (const std::string& address : settings.server.listen) {
    const auto listener = leat::net::listen_tcp(address);
    if (!listener) return listen_failure(address, listener.error());
  }
  return said;
}

// An address under which others reach what listens on `where`.
leat::net::endpoint reachable(const leat::net::endpoint& where) {
  if (!where.address().is_unspecified()) return where;
  if (const auto all = leat::net::interface_addresses()) {
    const auto found = std::ranges::find_if(*all, [&](const leat::net::interface_address& one) {
      return one.up && !one.loopback && one.address.is_v4();
    });
    if (found != all->end()) return {found->address, where.port()};
  }
  return {leat::net::ip_address::loopback_v4(), where.port()};
}

// Scripts wait for the first lines; the rest is for people.
void announce(const std::vector<leat::net::endpoint>& addresses) {
  for (const auto& where : addresses)
    fmt::print("listening on {}\n", where.to_string());
  const leat::net::endpoint where = reachable(addresses.front());
  const std::string address = where.to_string();
  const std::string host = where.address().to_string();
  fmt::print("  browser or curl   http://{0}/    curl -T FILE http://{0}/files/\n", address);
  fmt::print("  any IRC client    irssi -c {} -p {}\n", host, where.port());
  fmt::print("  leat, or nc       leat chat --server {}    nc {} {}\n", address, host, where.port());
  const bool only_here =
      std::ranges::all_of(addresses, [](const auto& one) { return one.address().is_loopback(); });
  if (only_here) {
    fmt::print("Only this machine can connect; --listen 0.0.0.0:{} lets in the whole network.\n",
               where.port());
  }
  std::fflush(stdout);
}

int fail(std::string_view what, int exit_code) {
  fmt::print(stderr, "leat serve: {}\n", what);
  return exit_code;
}

}  // namespace

int serve(const serve_options& options) {
  auto settings = read_settings(options);
  if (!settings) return fail(settings.error(), exit_usage);
  if (options.print_config) {
    fmt::print("{}", hub::render_config(*settings));
    return exit_done;
  }
  // Standard output is for what scripts read.
  spdlog::set_default_logger(spdlog::stderr_color_mt("leat"));
  const auto signals = leat::notify_signals({SIGINT, SIGTERM, SIGHUP});
  fit_descriptors(*settings);
  const auto store = open_store(*settings);
  if (!store) return fail(store.error(), exit_failed);
  const auto files = open_files(*settings);
  if (!files) return fail(files.error(), exit_failed);
  // Each of the two needs the other: connections come from the server, announcements from the site.
  std::optional<hub::http::site> site;
  hub::server server(*settings, **store, [&](leat::net::tcp_conn conn, const leat::context& stopping) {
    site->serve(std::move(conn), stopping);
  });
  site.emplace(
      **files,
      hub::http::site_options{.bounds = settings->http,
                              .public_url = settings->server.public_url,
                              .description = settings->server.description,
                              .origins = settings->server.origins,
                              .irc = [&](auto conn, const auto& remote,
                                         auto owner) { server.serve_irc(std::move(conn), remote, owner); },
                              .page = hub::http::web_assets()},
      [&](const hub::http::announcement& shared) {
        return server.announce_file(shared.room, shared.owner, shared.name, shared.size_bytes, shared.url);
      });
  if (auto started = server.start(); !started)
    return fail(explain_start(*settings, started.error()), exit_failed);
  announce(server.addresses());

  signals.receive();
  leat::go([signals] {
    signals.receive();
    // Who asks twice does not want to wait. What was confirmed to anyone is stored.
    ::_exit(exit_failed);
  });
  fmt::print(stderr, "stopping\n");
  server.stop();
  return exit_done;
}

}  // namespace cli
