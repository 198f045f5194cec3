// A store in memory for tests, which can be told to fail.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <hub/chat/text.hpp>
#include <hub/store/store.hpp>

namespace hub {

class memory_store final : public store::store {
 public:
  hub::store::result<void> write(const hub::store::batch& group) override {
    const std::lock_guard hold(mutex_);
    if (!failure_.empty())
      return std::unexpected(hub::store::store_error{hub::store::failure::full, failure_});
    for (const std::string& name : group.removed_rooms)
      rooms_.erase(chat::fold(name));
    for (const chat::room_record& one : group.rooms)
      rooms_[chat::fold(one.name)] = one;
    messages_.insert(messages_.end(), group.messages.begin(), group.messages.end());
    filed_.insert(filed_.end(), group.filed.begin(), group.filed.end());
    for (const hub::store::read_mark& one : group.read_marks) {
      std::int64_t& time_ms = read_marks_[{one.owner, chat::fold(one.target)}];
      time_ms = std::max(time_ms, one.time_ms);
    }
    ++writes_;
    return {};
  }

  hub::store::result<std::vector<chat::message>> find(std::string_view room,
                                                      const hub::store::history_range& range) override {
    std::unique_lock hold(mutex_);
    released_.wait(hold, [this] { return !holds_; });
    return in_room(room, range);
  }

  hub::store::result<std::vector<chat::message>> find_private(
      std::string_view owner, std::string_view other, const hub::store::history_range& range) override {
    const std::lock_guard hold(mutex_);
    return in_range(range, [&](const chat::message& one) { return is_filed(one.id, owner, other); });
  }

  hub::store::result<std::vector<hub::store::private_conversation>> private_conversations(
      std::string_view owner, const hub::store::history_range& range) override {
    const std::lock_guard hold(mutex_);
    std::map<std::string, chat::message> last;
    for (const chat::message& one : messages_)
      for (const hub::store::filed_message& filed : filed_)
        if (filed.message_id == one.id && filed.owner == owner) last[chat::fold(filed.other)] = one;
    std::vector<hub::store::private_conversation> found;
    const auto lasts = in_range(range, [&](const chat::message& one) {
      return std::ranges::any_of(last, [&](const auto& each) { return each.second.id == one.id; });
    });
    for (const chat::message& one : lasts)
      for (const auto& [other, message] : last)
        if (message.id == one.id) found.push_back({.other = other, .last = message});
    return found;
  }

  hub::store::result<std::vector<chat::message>> latest(std::string_view room, std::size_t limit) override {
    const std::lock_guard hold(mutex_);
    return in_room(room, {.limit = limit});
  }

  hub::store::result<std::vector<hub::store::read_mark>> read_marks(std::string_view owner,
                                                                    std::size_t limit) override {
    const std::lock_guard hold(mutex_);
    std::vector<hub::store::read_mark> found;
    for (const auto& [whose, time_ms] : read_marks_)
      if (whose.first == owner && found.size() < limit)
        found.push_back({.owner = whose.first, .target = whose.second, .time_ms = time_ms});
    return found;
  }

  hub::store::result<std::uint64_t> first_id_since(std::int64_t time_ms) override {
    const std::lock_guard hold(mutex_);
    for (const chat::message& one : messages_)
      if (one.time_ms >= time_ms) return one.id;
    return messages_.empty() ? 1 : messages_.back().id + 1;
  }

  hub::store::result<std::uint64_t> last_message_id() override {
    const std::lock_guard hold(mutex_);
    return messages_.empty() ? 0 : messages_.back().id;
  }

  hub::store::result<std::vector<chat::room_record>> load_rooms() override {
    const std::lock_guard hold(mutex_);
    std::vector<chat::room_record> all;
    for (const auto& [name, one] : rooms_)
      all.push_back(one);
    return all;
  }

  // From now on writes fail for that reason; an empty one: they succeed.
  void fail(std::string reason) {
    const std::lock_guard hold(mutex_);
    failure_ = std::move(reason);
  }

  // As a disk that is slow: find() does not return before `let_go`.
  void hold() {
    const std::lock_guard hold(mutex_);
    holds_ = true;
  }
  void let_go() {
    const std::lock_guard hold(mutex_);
    holds_ = false;
    released_.notify_all();
  }

  bool has_text(std::string_view text) {
    const std::lock_guard hold(mutex_);
    return std::ranges::any_of(messages_, [&](const chat::message& one) { return one.text == text; });
  }

  std::size_t room_count() {
    const std::lock_guard hold(mutex_);
    return rooms_.size();
  }

  std::size_t write_count() {
    const std::lock_guard hold(mutex_);
    return writes_;
  }

 private:
  // With mutex_ held:
  template <typename Condition>
  std::vector<chat::message> in_range(const hub::store::history_range& range, Condition fits) const {
    std::vector<chat::message> found;
    for (const chat::message& one : messages_)
      if (one.id > range.after_id && one.id < range.before_id && fits(one)) found.push_back(one);
    if (found.size() <= range.limit) return found;
    const auto surplus = static_cast<std::ptrdiff_t>(found.size() - range.limit);
    if (range.newest)
      found.erase(found.begin(), found.begin() + surplus);
    else
      found.erase(found.end() - surplus, found.end());
    return found;
  }
  std::vector<chat::message> in_room(std::string_view room, const hub::store::history_range& range) const {
    return in_range(range, [&](const chat::message& one) {
      return chat::same_name(one.target, room) && (range.with_events || !chat::is_event(one.kind));
    });
  }
  bool is_filed(std::uint64_t id, std::string_view owner, std::string_view other) const {
    return std::ranges::any_of(filed_, [&](const hub::store::filed_message& one) {
      return one.message_id == id && one.owner == owner && chat::same_name(one.other, other);
    });
  }

  std::condition_variable released_;
  bool holds_ = false;
  std::mutex mutex_;  // guards all; held only for moments
  std::vector<chat::message> messages_;
  std::vector<hub::store::filed_message> filed_;
  std::map<std::pair<std::string, std::string>, std::int64_t> read_marks_;
  std::map<std::string, chat::room_record> rooms_;
  std::string failure_;
  std::size_t writes_ = 0;
};

}  // namespace hub
