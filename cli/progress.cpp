#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include <leat/select.hpp>

#include <cli/progress.hpp>
#include <cli/visible_text.hpp>

namespace cli {
namespace {

using namespace std::chrono_literals;

constexpr auto redraw_every = 200ms;
constexpr double smoothing = 0.2;  // how much the latest fifth of a second counts

std::size_t terminal_columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

std::string size_text(std::uint64_t bytes) {
  static constexpr std::array units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // 1023.95 would be printed as 1024.0.
  while (value >= 999.95 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, units[unit]);
}

std::string span_text(std::chrono::seconds span) {
  const auto seconds = std::max<std::int64_t>(span.count(), 0);
  if (seconds < 3600) return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string progress_line(const progress_state& state, std::size_t columns) {
  std::string numbers;
  if (state.total_bytes == 0) {
    numbers = size_text(state.done_bytes);
  } else {
    const std::uint64_t done = std::min(state.done_bytes, state.total_bytes);
    numbers =
        fmt::format("{:3.0f}% {}", 100.0 * static_cast<double>(done) / static_cast<double>(state.total_bytes),
                    size_text(state.total_bytes));
  }
  if (state.bytes_per_second > 0) {
    numbers += fmt::format("  {}/s", size_text(state.bytes_per_second));
    if (state.total_bytes > state.done_bytes) {
      const std::uint64_t left = (state.total_bytes - state.done_bytes) / state.bytes_per_second;
      constexpr std::uint64_t a_day = 24 * 3600;
      if (left < a_day) numbers += fmt::format("  {} left", span_text(std::chrono::seconds(left)));
    }
  }
  if (columns <= numbers.size() + 2) return fit_columns(numbers, columns);
  std::size_t room = columns - numbers.size() - 2;
  constexpr std::size_t widest_bar = 30;
  constexpr std::size_t narrowest_bar = 6;
  const std::size_t label_columns = std::min(column_count(state.label), std::max<std::size_t>(room / 2, 8));
  const std::string label = fit_columns(state.label, std::min(label_columns, room));
  room -= std::min(room, column_count(label) + 2);
  std::string bar;
  if (state.total_bytes > 0 && room >= narrowest_bar) {
    const std::size_t width = std::min(room, widest_bar) - 2;
    const double share = static_cast<double>(std::min(state.done_bytes, state.total_bytes)) /
                         static_cast<double>(state.total_bytes);
    const auto full = static_cast<std::size_t>(share * static_cast<double>(width));
    bar = fmt::format("[{}{}]  ", std::string(full, '#'), std::string(width - full, '.'));
  }
  return fmt::format("{}  {}{}", label, bar, numbers);
}

progress_board::progress_board(std::size_t transfers)
    : transfers_(transfers),
      drawing_(::isatty(STDERR_FILENO) != 0),
      last_drawn_(std::chrono::steady_clock::now()) {
  if (!drawing_) return;
  drawer_.go([this] {
    for (bool open = true; open;) {
      leat::select(closing_.on_receive([&](auto) { open = false; }), leat::on_timeout(redraw_every, [this] {
                     const std::lock_guard hold(lock_);
                     draw();
                   }));
    }
  });
}

progress_board::~progress_board() {
  closing_.close();
  drawer_.wait();
  erase();
}

progress_board::entry& progress_board::begin(std::string_view name) {
  const std::lock_guard hold(lock_);
  return entries_.emplace_back(visible(name));
}

void progress_board::finish(entry& done) {
  const std::lock_guard hold(lock_);
  done.finished_ = true;
  ++finished_;
}

void progress_board::say(std::string_view line) {
  const std::lock_guard hold(lock_);
  erase();
  fmt::print(stderr, "{}\n", line);
}

void progress_board::result(std::size_t index, std::string_view line) {
  const std::lock_guard hold(lock_);
  early_results_.emplace(index, line);
  for (auto next = early_results_.find(next_result_); next != early_results_.end();
       next = early_results_.find(++next_result_)) {
    if (!next->second.empty()) {
      erase();
      fmt::print("{}\n", next->second);
    }
    early_results_.erase(next);
  }
  std::fflush(stdout);
}

void progress_board::erase() {
  if (!line_is_there_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  line_is_there_ = false;
}

void progress_board::draw() {
  const std::string line = current_line();
  if (line.empty()) {
    erase();
    return;
  }
  // Not into the last column: a terminal may go on to the next row then.
  fmt::print(stderr, "\r\033[K{}", line);
  std::fflush(stderr);
  line_is_there_ = true;
}

// One transfer as such; several together.
std::string progress_board::current_line() {
  progress_state state;
  std::uint64_t moved = 0;
  std::size_t running = 0;
  bool all_totals_known = true;
  std::string_view one_label;
  for (const entry& one : entries_) {
    moved += one.moved_;
    state.done_bytes += one.done_;
    state.total_bytes += one.total_;
    if (one.finished_) continue;
    ++running;
    all_totals_known = all_totals_known && one.total_ > 0;
    one_label = one.label_;
  }
  const auto now = std::chrono::steady_clock::now();
  const double seconds = std::chrono::duration<double>(now - last_drawn_).count();
  if (seconds > 0) {
    const double latest = static_cast<double>(moved - last_moved_) / seconds;
    speed_ = speed_ == 0 ? latest : speed_ + smoothing * (latest - speed_);
  }
  last_drawn_ = now;
  last_moved_ = moved;
  if (running == 0) return {};
  state.bytes_per_second = static_cast<std::uint64_t>(speed_);
  if (!all_totals_known) state.total_bytes = 0;
  const std::string several = fmt::format("{} of {} files", finished_, transfers_);
  state.label = transfers_ == 1 ? one_label : std::string_view(several);
  return progress_line(state, terminal_columns() - 1);
}

}  // namespace cli
