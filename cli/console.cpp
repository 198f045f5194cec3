#include <unistd.h>

#include <cli/console.hpp>
#include <cli/plain_console.hpp>
#include <cli/terminal_console.hpp>

namespace cli {

std::unique_ptr<console> open_console(console_options options) {
  if (::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0)
    return open_terminal_console(std::move(options));
  return std::make_unique<plain_console>(STDIN_FILENO, STDOUT_FILENO);
}

}  // namespace cli
