// Everything that can be configured, with its defaults: the file `leat.toml`, `leat serve --set KEY=VALUE`,
// and the documented file that `leat serve --print-config` prints all come from here.
//
// A setting's name is SECTION.NAME, as in `irc.ping_interval`. Sizes are numbers of bytes or text with a unit
// ("64 MiB"), durations are text with a unit ("90s").
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <hub/chat/limits.hpp>
#include <hub/files/limits.hpp>
#include <hub/http/limits.hpp>
#include <hub/store/store.hpp>

namespace hub {

// The server as a whole.
struct server_settings {
  std::vector<std::string> listen{"127.0.0.1:8667"};  // HOST:PORT or [IPv6]:PORT; port 0: any free one
  std::filesystem::path data{"leat-data"};            // all that the server writes is below
  std::string name{"leat"};                           // who speaks in replies; no spaces
  std::string network{"leat"};                        // one word
  std::string description{"a leat chat and file server"};
  std::vector<std::string> origins;  // of web pages from elsewhere that may chat here, too
  std::string public_url;            // how links to files start; empty: the address that was connected to
  std::vector<std::string> motd;     // the message of the day, line by line
  std::size_t connections = 10'000;  // of all kinds at once
  std::size_t connections_per_address = 128;             // of one IP address; loopback is exempt; 0: no limit
  std::chrono::milliseconds first_byte_timeout{10'000};  // until a new connection shows what it speaks
  std::chrono::milliseconds stop_timeout{4'000};         // for telling and flushing everyone at a stop
};

// One IRC connection.
struct irc_limits {
  std::chrono::milliseconds registration_timeout{60'000};  // from the first byte to the end of NICK and USER
  std::chrono::milliseconds ping_interval{90'000};  // of silence, before it is asked whether it is there
  std::chrono::milliseconds ping_timeout{60'000};   // for the answer
  std::size_t sendq_limit_bytes = std::size_t{256} << 10;  // that wait for a slow reader; then it is dropped
  std::size_t flood_burst_lines = 20;                      // at once
  std::size_t flood_lines_per_second = 5;                  // for longer; 0: no limit
  std::size_t flood_burst_bytes = std::size_t{16} << 10;   // at once
  std::size_t flood_bytes_per_second = std::size_t{4} << 10;  // for longer; 0: no limit
  std::size_t history_replay = 50;                            // messages shown on joining a room
  std::size_t targets_per_message = 4;                        // of one PRIVMSG, NOTICE or KICK
  std::size_t query_rows = 1'000;                             // of one WHO or LIST
  std::size_t history_lines = 100;                            // of one CHATHISTORY
  std::size_t monitored_nicks = 100;                          // by one client
  std::size_t read_marks = 300;                               // of one user
};

// The database.
struct store_settings {
  store::durability durability = store::durability::process;
  std::uint64_t max_bytes = 0;       // of the database file; 0: as large as the disk
  std::size_t group_messages = 512;  // that one transaction takes at most
};

struct config {
  server_settings server;
  chat::limits chat;
  irc_limits irc;
  files::limits files;
  http::limits http;
  store_settings store;
};

// Reads TOML over `base`. What is wrong comes back as lines `SOURCE:LINE: what`, all at once: unknown names
// (with the nearest known one), wrong types, values out of range, and TOML's own errors.
std::expected<config, std::string> parse_config(std::string_view toml, std::string_view source,
                                                const config& base = {});

// `parse_config` of a file of at most 1 MiB.
std::expected<config, std::string> load_config(const std::filesystem::path& file, const config& base = {});

// Changes one setting: `set(c, "irc.ping_interval", "2min")`. The value is written as in the file; quotes may
// be left out. On an error, which names the setting, nothing has changed.
std::expected<void, std::string> set(config& changed, std::string_view name, std::string_view value);

// The configuration as a TOML file in which every setting is explained. Parsing it gives the same
// configuration.
std::string render_config(const config& shown = {});

}  // namespace hub
