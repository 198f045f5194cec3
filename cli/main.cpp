#include <fmt/format.h>
#include <langinfo.h>

#include <clocale>
#include <cstdio>
#include <cstring>
#include <exception>

#include <leat/dump.hpp>
#include <leat/go.hpp>

#include <cli/command_line.hpp>
#include <cli/outcome.hpp>

namespace {

// Which subcommand runs is the type of its options.
int run(const cli::serve_options& options) {
  return cli::serve(options);
}
int run(const cli::chat_options& options) {
  return cli::chat(options);
}
int run(const cli::put_options& options) {
  return cli::put(options);
}
int run(const cli::get_options& options) {
  return cli::get(options);
}
int run(const cli::ls_options& options) {
  return cli::ls(options);
}
int run(const cli::talk_options& options) {
  return cli::talk(options);
}
int run(const cli::echo_options& options) {
  return cli::echo(options);
}
int run(const cli::netstat_options& options) {
  return cli::netstat(options);
}

// Line editing and column counting go by the character set of the locale. All that leat reads and writes is
// UTF-8, also where no locale is set, as in most containers.
void choose_locale() {
  std::setlocale(LC_CTYPE, "");
  if (std::strcmp(::nl_langinfo(CODESET), "UTF-8") != 0) std::setlocale(LC_CTYPE, "C.UTF-8");
}

}  // namespace

int main(int count, char** arguments) {
  choose_locale();
  const auto command = cli::parse_command_line(count, arguments);
  if (!command) {
    fmt::print("{}", command.error().output);
    fmt::print(stderr, "{}", command.error().error);
    return command.error().exit_code;
  }
  try {
    leat::dump_on_sigquit();  // ctrl-\ tells what each goroutine does, and the program goes on
    return leat::run([&] { return std::visit([](const auto& options) { return run(options); }, *command); });
  } catch (const std::exception& error) {
    fmt::print(stderr, "leat: {}\n", error.what());
    return cli::exit_failed;
  }
}
