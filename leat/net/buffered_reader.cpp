#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <leat/net/buffered_reader.hpp>
#include <leat/net/framing/marker.hpp>
#include <leat/net/text.hpp>

namespace leat::net {
namespace {

void check_marker(std::string_view marker) {
  if (marker.empty()) throw std::invalid_argument("leat::net::buffered_reader: the marker is empty");
}

}  // namespace

buffered_reader::buffered_reader(stream& source, std::size_t buffer_bytes) noexcept
    : source_(&source), buffer_bytes_(std::max<std::size_t>(buffer_bytes, 1)) {}

buffered_reader::buffered_reader(buffered_reader&& other) noexcept
    : source_(other.source_),
      buffer_bytes_(other.buffer_bytes_),
      buffer_(std::move(other.buffer_)),
      capacity_(std::exchange(other.capacity_, 0)),
      begin_(std::exchange(other.begin_, 0)),
      end_(std::exchange(other.end_, 0)) {}

buffered_reader& buffered_reader::operator=(buffered_reader&& other) noexcept {
  if (this == &other) return *this;
  source_ = other.source_;
  buffer_bytes_ = other.buffer_bytes_;
  buffer_ = std::move(other.buffer_);
  capacity_ = std::exchange(other.capacity_, 0);
  begin_ = std::exchange(other.begin_, 0);
  end_ = std::exchange(other.end_, 0);
  return *this;
}

void buffered_reader::consume(std::size_t count) noexcept {
  begin_ += std::min(count, end_ - begin_);
}

// Leaves room for at least one byte behind what is buffered, which is less than `limit_bytes`.
//
// What is buffered is moved to the front only here, where more of it is needed: it is the start of one
// unfinished piece, and once at the front it stays there until that piece is taken. So no byte is moved
// twice, but for the doublings.
void buffered_reader::make_room(std::size_t limit_bytes) {
  const std::size_t size = end_ - begin_;
  if (begin_ > 0 && size > 0) std::memmove(buffer_.get(), buffer_.get() + begin_, size);
  begin_ = 0;
  end_ = size;
  if (size < capacity_) return;
  const std::size_t doubled = std::min(framing::saturating_sum(capacity_, capacity_), limit_bytes);
  const std::size_t grown = std::max({doubled, buffer_bytes_, size + 1});
  auto larger = std::make_unique_for_overwrite<std::byte[]>(grown);
  if (size > 0) std::memcpy(larger.get(), buffer_.get(), size);
  buffer_ = std::move(larger);
  capacity_ = grown;
}

result<std::size_t> buffered_reader::read_more(std::size_t limit_bytes) {
  if (end_ - begin_ >= limit_bytes) return fail(errc::too_long);
  make_room(limit_bytes);
  const auto count = source_->read({buffer_.get() + end_, capacity_ - end_});
  if (count) end_ += *count;
  return count;
}

// Reads once more for an unfinished piece of at most `limit_bytes`.
result<void> buffered_reader::continue_piece(std::size_t limit_bytes) {
  const auto more = read_more(limit_bytes);
  if (!more) return std::unexpected(more.error());
  if (*more == 0) return fail(begin_ == end_ ? errc::end_of_stream : errc::unexpected_end);
  return {};
}

// Reads until `find` finds the end of a piece, for which it never needs more than `most_bytes`.
template <typename Find>
result<std::string_view> buffered_reader::read_piece(std::size_t most_bytes, Find&& find) {
  for (std::size_t seen_bytes = 0;;) {
    const std::string_view text = as_text(buffered());
    const result<std::optional<framing::piece>> found = find(text, seen_bytes);
    if (!found) return std::unexpected(found.error());
    if (*found) {
      consume((*found)->taken_bytes);
      return text.substr(0, (*found)->text_bytes);
    }
    seen_bytes = text.size();
    if (auto more = continue_piece(most_bytes); !more) return std::unexpected(more.error());
  }
}

result<std::string_view> buffered_reader::read_line(std::size_t limit_bytes) {
  constexpr std::size_t longest_end_bytes = 2;
  const std::size_t most_bytes = framing::saturating_sum(limit_bytes, longest_end_bytes);
  return read_piece(most_bytes, [=](std::string_view text, std::size_t seen_bytes) {
    return framing::find_line_end(text, limit_bytes, seen_bytes);
  });
}

result<std::string_view> buffered_reader::read_until(std::string_view marker, std::size_t limit_bytes) {
  check_marker(marker);
  const std::size_t most_bytes = framing::saturating_sum(limit_bytes, marker.size());
  return read_piece(most_bytes, [=](std::string_view text, std::size_t seen_bytes) {
    return framing::find_marker(text, marker, limit_bytes, seen_bytes);
  });
}

result<std::span<const std::byte>> buffered_reader::peek(std::size_t count) {
  while (end_ - begin_ < count)
    if (auto more = continue_piece(count); !more) return std::unexpected(more.error());
  return buffered().first(count);
}

result<std::span<const std::byte>> buffered_reader::read_exactly(std::size_t count) {
  const auto there = peek(count);
  if (there) consume(count);
  return there;
}

result<void> buffered_reader::read_exactly(std::span<std::byte> into) {
  for (bool begun = false; !into.empty(); begun = true) {
    const auto count = read(into);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return fail(begun ? errc::unexpected_end : errc::end_of_stream);
    into = into.subspan(*count);
  }
  return {};
}

result<std::size_t> buffered_reader::read(std::span<std::byte> into) {
  if (into.empty()) return 0;
  if (begin_ == end_) {
    // What would fill the buffer need not pass through it.
    if (into.size() >= std::max(capacity_, buffer_bytes_)) return source_->read(into);
    if (const auto more = read_more(1); !more || *more == 0) return more;
  }
  const auto there = buffered().first(std::min(into.size(), end_ - begin_));
  std::ranges::copy(there, into.begin());
  consume(there.size());
  return there.size();
}

result<void> buffered_reader::skip(std::uint64_t count) {
  for (;;) {
    const auto dropped = static_cast<std::size_t>(std::min<std::uint64_t>(count, end_ - begin_));
    consume(dropped);
    count -= dropped;
    if (count == 0) return {};
    const auto more = read_more(1);
    if (!more) return std::unexpected(more.error());
    if (*more == 0) return fail(errc::unexpected_end);
  }
}

result<void> buffered_reader::skip_until(std::string_view marker) {
  check_marker(marker);
  for (;;) {
    auto rest = buffered();
    const bool found = framing::skip_past(rest, marker);
    consume(buffered().size() - rest.size());
    if (found) return {};
    // What is left is shorter than the marker.
    const auto more = read_more(marker.size());
    if (!more) return std::unexpected(more.error());
    if (*more == 0) {
      consume(rest.size());
      return fail(errc::unexpected_end);
    }
  }
}

result<void> buffered_reader::skip_line() {
  return skip_until("\n");
}

result<void> buffered_reader::wait_readable() {
  if (begin_ < end_) return {};
  buffer_.reset();
  capacity_ = begin_ = end_ = 0;
  return source_->wait_readable();
}

}  // namespace leat::net
