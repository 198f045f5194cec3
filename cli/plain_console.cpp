#include <array>
#include <mutex>

#include <leat/select.hpp>

#include <cli/plain_console.hpp>

namespace cli {
namespace {

constexpr std::size_t line_limit_bytes = 64 * 1024;

}  // namespace

plain_console::plain_console(int input_fd, int output_fd) : input_(input_fd), output_fd_(output_fd) {
  reader_.go([this] { read_lines(); });
}

plain_console::~plain_console() {
  close();
  reader_.wait();
}

void plain_console::read_lines() {
  const auto pass_on = [this](std::string line) {
    bool open = true;
    leat::select(lines_.on_send(std::move(line)), closing_.on_receive([&](auto) { open = false; }));
    return open;
  };
  line_cutter cutter(line_limit_bytes);
  std::array<char, 4096> buffer;
  bool wanted = true;
  while (wanted) {
    const auto count = input_.read(std::as_writable_bytes(std::span(buffer)));
    if (!count || *count == 0) break;
    cutter.feed(std::string_view(buffer.data(), *count), [&](std::string line) {
      if (wanted) wanted = pass_on(std::move(line));
    });
  }
  if (std::string rest = cutter.rest(); wanted && !rest.empty()) pass_on(std::move(rest));
  lines_.close();
}

void plain_console::show(std::string_view line) {
  std::string whole(line);
  whole += '\n';
  const std::lock_guard hold(output_);
  // Who closed the other end of the pipe wants no more; there is nobody left to tell.
  static_cast<void>(write_all(output_fd_, whole));
}

void plain_console::close() noexcept {
  if (std::exchange(closed_, true)) return;
  closing_.close();
  input_.cancel();
}

}  // namespace cli
