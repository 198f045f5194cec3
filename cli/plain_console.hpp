// The console of pipes and files: see console.hpp.
#pragma once

#include <leat/mutex.hpp>
#include <leat/wait_group.hpp>

#include <cli/console.hpp>
#include <cli/input.hpp>

namespace cli {

class plain_console final : public console {
 public:
  plain_console(int input_fd, int output_fd);
  ~plain_console() override;

  leat::receiver<std::string> lines() const override { return lines_; }
  void show(std::string_view line) override;
  void set_prompt(std::string_view) override {}
  void close() noexcept override;
  bool interactive() const noexcept override { return false; }

 private:
  void read_lines();

  input input_;
  int output_fd_;
  leat::mutex output_;  // lines are written whole
  leat::chan<std::string> lines_{16};
  leat::chan<leat::unit> closing_;
  leat::wait_group reader_;
  bool closed_ = false;
};

}  // namespace cli
