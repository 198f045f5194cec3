// Which messages a person has seen, so that a history that is replayed after a reconnection shows only what
// was missed.
//
// A message is known by its room, its time to the millisecond, its author and its text: what is replayed says
// the same as what was said. Equal ones are counted, so a text said twice within a millisecond is shown
// twice.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace cli {

class seen_messages {
 public:
  /// Remembers at most `limit` messages; the oldest are forgotten.
  explicit seen_messages(std::size_t limit = 5000) : limit_(limit) {}

  /// A message was shown as it happened.
  void shown(std::string_view room, std::string_view time, std::string_view author, std::string_view text);

  /// The history of a room is going to be replayed.
  void begin_replay() { replayed_.clear(); }

  /// A message of the replay; whether it is new, and so to be shown. It then counts as shown.
  bool is_new(std::string_view room, std::string_view time, std::string_view author, std::string_view text);

 private:
  void remember(std::string key);

  std::size_t limit_;
  std::deque<std::string> order_;  // of all that is counted, oldest first
  std::unordered_map<std::string, std::size_t> counts_;
  std::unordered_map<std::string, std::size_t> replayed_;  // how often each came in this replay
};

}  // namespace cli
