#include <algorithm>
#include <array>
#include <utility>

#include <leat/net/buffered_writer.hpp>

namespace leat::net {
namespace {

// How many parts go to the stream together with the buffer; longer lists go behind it.
constexpr std::size_t most_joined_parts = 15;

}  // namespace

buffered_writer::buffered_writer(stream& sink, std::size_t buffer_bytes) noexcept
    : sink_(&sink), capacity_(buffer_bytes) {}

buffered_writer::buffered_writer(buffered_writer&& other) noexcept
    : sink_(other.sink_),
      capacity_(other.capacity_),
      size_(std::exchange(other.size_, 0)),
      buffer_(std::move(other.buffer_)),
      failed_(other.failed_) {}

buffered_writer& buffered_writer::operator=(buffered_writer&& other) noexcept {
  if (this == &other) return *this;
  sink_ = other.sink_;
  capacity_ = other.capacity_;
  size_ = std::exchange(other.size_, 0);
  buffer_ = std::move(other.buffer_);
  failed_ = other.failed_;
  return *this;
}

result<void> buffered_writer::write(std::span<const std::byte> data) {
  return writev(std::span(&data, 1));
}

result<void> buffered_writer::writev(std::span<const std::span<const std::byte>> parts) {
  if (failed_) return std::unexpected(failed_);
  std::size_t total = 0;
  bool fits = true;
  for (const auto& part : parts) {
    fits = fits && part.size() <= capacity_ - size_ - total;
    total += part.size();
  }
  if (!fits && parts.size() <= most_joined_parts) return send(parts);
  if (!fits) {
    if (auto flushed = flush(); !flushed) return flushed;
    return note(sink_->writev(parts));
  }
  if (total == 0) return {};
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::byte[]>(capacity_);
  for (const auto& part : parts) {
    std::ranges::copy(part, buffer_.get() + size_);
    size_ += part.size();
  }
  return {};
}

result<void> buffered_writer::flush() {
  if (failed_) return std::unexpected(failed_);
  if (size_ == 0) return {};
  return send({});
}

// Sends what is buffered, and the parts behind it.
result<void> buffered_writer::send(std::span<const std::span<const std::byte>> parts) {
  std::array<std::span<const std::byte>, most_joined_parts + 1> all;
  all[0] = {buffer_.get(), size_};
  std::ranges::copy(parts, all.begin() + 1);
  size_ = 0;
  return note(sink_->writev(std::span(all).first(parts.size() + 1)));
}

result<void> buffered_writer::note(result<void> sent) noexcept {
  if (!sent) failed_ = sent.error();
  return sent;
}

}  // namespace leat::net
