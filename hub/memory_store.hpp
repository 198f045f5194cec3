// A store in memory for tests, which can be told to fail.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
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
    ++writes_;
    return {};
  }

  hub::store::result<std::vector<chat::message>> latest(std::string_view room, std::size_t limit) override {
    const std::lock_guard hold(mutex_);
    std::vector<chat::message> found;
    for (const chat::message& one : messages_)
      if (chat::same_name(one.target, room)) found.push_back(one);
    if (found.size() > limit) found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(limit));
    return found;
  }

  hub::store::result<std::vector<chat::message>> latest_private(std::string_view, std::string_view,
                                                                std::size_t) override {
    return {};
  }

  hub::store::result<std::vector<chat::message>> find(const std::string& conversation,
                                                      const hub::store::history_range& range) override {
    const std::lock_guard hold(mutex_);
    std::vector<chat::message> found;
    for (const chat::message& one : messages_)
      if (one.id > range.after_id && one.id < range.before_id &&
          hub::store::conversation_of(one) == conversation)
        found.push_back(one);
    if (found.size() > range.limit) {
      const auto surplus = static_cast<std::ptrdiff_t>(found.size() - range.limit);
      if (range.newest)
        found.erase(found.begin(), found.begin() + surplus);
      else
        found.erase(found.end() - surplus, found.end());
    }
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
  std::mutex mutex_;  // guards all; held only for moments, never across anything that parks
  std::vector<chat::message> messages_;
  std::map<std::string, chat::room_record> rooms_;
  std::string failure_;
  std::size_t writes_ = 0;
};

}  // namespace hub
