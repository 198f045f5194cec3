// What a person sees of transfers while they run.
//
// On a terminal: one line at the bottom, redrawn five times a second, with a bar, the speed and the time
// left; what has to be said meanwhile appears above it. Elsewhere: nothing but what has to be said.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <leat/chan.hpp>
#include <leat/mutex.hpp>
#include <leat/wait_group.hpp>

namespace cli {

/// "512 B", "1.5 MiB": at most four digits.
std::string size_text(std::uint64_t bytes);
/// "0:07", "12:34", "1:02:03".
std::string span_text(std::chrono::seconds span);

/// What one line of progress tells.
struct progress_state {
  std::string_view label;         ///< what is being transferred; fit for a terminal
  std::uint64_t done_bytes = 0;   ///< also what an earlier attempt has left
  std::uint64_t total_bytes = 0;  ///< 0: not known
  std::uint64_t bytes_per_second = 0;
};

/// The line, at most `columns` wide.
std::string progress_line(const progress_state& state, std::size_t columns);

class progress_board {
 public:
  /// One transfer among those shown. Counted by its own goroutine, read by the one that draws.
  class entry {
   public:
    explicit entry(std::string label) : label_(std::move(label)) {}
    void expect(std::uint64_t total_bytes) { total_ = total_bytes; }
    void start_at(std::uint64_t bytes) { done_ = bytes; }
    void add(std::uint64_t bytes) {
      done_ += bytes;
      moved_ += bytes;
    }

   private:
    friend class progress_board;
    std::string label_;
    std::atomic<std::uint64_t> total_ = 0;
    std::atomic<std::uint64_t> done_ = 0;
    std::atomic<std::uint64_t> moved_ = 0;  // since the program began: what the speed is made of
    bool finished_ = false;
  };

  /// `transfers` is how many there will be. Draws on standard error if that is a terminal.
  explicit progress_board(std::size_t transfers);
  ~progress_board();
  progress_board(const progress_board&) = delete;
  progress_board& operator=(const progress_board&) = delete;

  /// A transfer begins. The entry lives as long as the board.
  entry& begin(std::string_view name);
  void finish(entry& done);

  /// Says a line on standard error.
  void say(std::string_view line);
  /// Says a line on standard output, which scripts read: in the order of the transfers' indexes from 0, each
  /// held back until those before it are known. An empty line says nothing: that transfer has failed.
  void result(std::size_t index, std::string_view line);

 private:
  void draw();
  void erase();
  std::string current_line();

  std::size_t transfers_;
  bool drawing_;
  leat::mutex lock_;  // guards what follows, and the two streams
  std::list<entry> entries_;
  std::size_t finished_ = 0;
  std::map<std::size_t, std::string> early_results_;
  std::size_t next_result_ = 0;
  bool line_is_there_ = false;
  std::uint64_t last_moved_ = 0;
  std::chrono::steady_clock::time_point last_drawn_;
  double speed_ = 0;  // bytes a second, smoothed
  leat::chan<leat::unit> closing_;
  leat::wait_group drawer_;
};

}  // namespace cli
