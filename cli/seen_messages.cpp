#include <cli/seen_messages.hpp>
#include <hub/chat/text.hpp>

namespace cli {
namespace {

// NUL stands in none of the parts.
std::string key_of(std::string_view room, std::string_view time, std::string_view author,
                   std::string_view text) {
  std::string key = hub::chat::fold(room);
  for (const std::string_view part : {time, author, text}) {
    key += '\0';
    key += part;
  }
  return key;
}

}  // namespace

void seen_messages::shown(std::string_view room, std::string_view time, std::string_view author,
                          std::string_view text) {
  remember(key_of(room, time, author, text));
}

bool seen_messages::is_new(std::string_view room, std::string_view time, std::string_view author,
                           std::string_view text) {
  std::string key = key_of(room, time, author, text);
  const std::size_t times = ++replayed_[key];
  const auto known = counts_.find(key);
  if (known != counts_.end() && known->second >= times) return false;
  remember(std::move(key));
  return true;
}

void seen_messages::remember(std::string key) {
  ++counts_[key];
  order_.push_back(std::move(key));
  if (order_.size() <= limit_) return;
  const auto oldest = counts_.find(order_.front());
  if (--oldest->second == 0) counts_.erase(oldest);
  order_.pop_front();
}

}  // namespace cli
