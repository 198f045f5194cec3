// The command line: what the program can be told, and what it answers to --help.
#pragma once

#include <expected>
#include <string>
#include <variant>

#include <cli/chat.hpp>
#include <cli/echo.hpp>
#include <cli/get.hpp>
#include <cli/ls.hpp>
#include <cli/netstat.hpp>
#include <cli/put.hpp>
#include <cli/serve.hpp>
#include <cli/talk.hpp>

namespace cli {

using command = std::variant<serve_options, chat_options, put_options, get_options, ls_options, talk_options,
                             echo_options, netstat_options>;

/// There is nothing to run: help was asked for, or the command line is wrong.
struct nothing_to_run {
  int exit_code = 0;
  std::string output{};  ///< for standard output
  std::string error{};   ///< for standard error
};

/// Reads the command line. Addresses in the result are complete: "host:port".
std::expected<command, nothing_to_run> parse_command_line(int count, const char* const* arguments);

}  // namespace cli
