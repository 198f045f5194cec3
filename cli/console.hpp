// The person at the other side of standard input and output: lines in, lines out.
//
// On a terminal the line that is being typed is edited (arrow keys, history, completion), and lines that come
// meanwhile appear above it. On pipes and files lines are read and written as they are.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <leat/chan.hpp>

namespace cli {

struct console_options {
  std::string prompt = "> ";  ///< shown on terminals only
  /// Whether a line vanishes from the terminal when it is entered, because it will be shown() in another
  /// form.
  bool erase_entered = false;
  /// What the word before the cursor may become; `first` tells that it begins the line. Called on another
  /// thread than that of any goroutine. Empty: nothing is completed.
  std::function<std::vector<std::string>(std::string_view word, bool first)> complete{};
};

class console {
 public:
  console() = default;
  console(const console&) = delete;
  console& operator=(const console&) = delete;

  /// Gives the terminal back as it was, after all that was shown.
  virtual ~console() = default;

  /// The lines that were typed, without their ends; closed at the end of input and after close().
  virtual leat::receiver<std::string> lines() const = 0;

  /// Shows one line, which should not hold control characters but for colours (see visible()). Waits while
  /// the terminal or the pipe takes no more.
  virtual void show(std::string_view line) = 0;

  /// What stands before the line that is being typed. Ignored where there is no terminal.
  virtual void set_prompt(std::string_view prompt) = 0;

  /// Stops reading.
  virtual void close() noexcept = 0;

  /// Whether a person types, so that colours and hints are welcome.
  virtual bool interactive() const noexcept = 0;
};

/// A console on standard input and output: an editor if both are terminals.
std::unique_ptr<console> open_console(console_options options);

}  // namespace cli
