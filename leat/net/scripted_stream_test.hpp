// A stream for tests that says what it was told to, in the pieces it was told, and keeps what was written.
#pragma once

#include <algorithm>
#include <concepts>
#include <deque>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <leat/net/stream.hpp>
#include <leat/net/text.hpp>

namespace leat::net {

class scripted_stream final : public stream {
 public:
  using stream::write;

  /// What one read() returns: some bytes, or an error.
  using step = std::variant<std::string, std::error_code>;

  scripted_stream() = default;
  explicit scripted_stream(std::deque<step> steps) : steps_(std::move(steps)) {}

  /// `text` in pieces, whose sizes `next_size()` says.
  template <std::invocable NextSize>
  static std::deque<step> cut(std::string_view text, NextSize&& next_size) {
    std::deque<step> steps;
    while (!text.empty()) {
      const std::size_t size = std::clamp<std::size_t>(next_size(), 1, text.size());
      steps.emplace_back(std::string(text.substr(0, size)));
      text.remove_prefix(size);
    }
    return steps;
  }
  static std::deque<step> cut(std::string_view text, std::size_t size) {
    return cut(text, [size] { return size; });
  }
  static std::deque<step> cut_at_random(std::string_view text, std::size_t most, unsigned seed) {
    return cut(text, [random = std::mt19937(seed), most]() mutable { return 1 + random() % most; });
  }

  result<std::size_t> read(std::span<std::byte> buffer) override {
    ++reads;
    largest_read = std::max(largest_read, buffer.size());
    if (steps_.empty()) return 0;
    if (const auto* error = std::get_if<std::error_code>(&steps_.front())) {
      const std::error_code reported = *error;
      steps_.pop_front();
      return std::unexpected(reported);
    }
    auto& text = std::get<std::string>(steps_.front());
    const std::size_t count = std::min(text.size(), buffer.size());
    std::ranges::copy(as_bytes(text).first(count), buffer.begin());
    text.erase(0, count);
    if (text.empty()) steps_.pop_front();
    return count;
  }

  result<void> wait_readable() override {
    ++waits;
    return {};
  }

  result<void> write(std::span<const std::byte> data) override { return writev(std::span(&data, 1)); }

  result<void> writev(std::span<const std::span<const std::byte>> parts) override {
    if (write_error) return std::unexpected(std::exchange(write_error, {}));
    written.emplace_back();
    for (const auto& part : parts)
      written.back() += as_text(part);
    return {};
  }

  result<void> close_write() override { return {}; }
  result<void> close_read() override { return {}; }
  result<void> close() noexcept override { return {}; }
  result<void> set_read_deadline(time_point) noexcept override { return {}; }
  result<void> set_write_deadline(time_point) noexcept override { return {}; }

  int reads = 0;
  int waits = 0;
  std::size_t largest_read = 0;
  std::vector<std::string> written;  // what each call wrote
  std::error_code write_error;       // of the next write

 private:
  std::deque<step> steps_;
};

}  // namespace leat::net
