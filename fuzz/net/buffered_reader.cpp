// A buffered_reader against the same text in one string. Input: buffer, seed, how many calls, one byte for
// each call, and what is to be read. Calls that fail must take nothing; calls that succeed must take what
// they say.
#include <leat/net/scripted_stream_test.hpp>

#include <fuzz/net/frames.hpp>

namespace {

using namespace leat::net;
using fuzz::require;
using leat::errc;

constexpr std::string_view marker = "##";

class comparison {
 public:
  comparison(buffered_reader& from, std::string_view left) : from_(from), left_(left) {}

  void call(unsigned what, std::size_t count) {
    switch (what) {
      case 0:
        return check_piece(from_.read_line(count), left_.find('\n'), 1, count);
      case 1:
        return check_piece(from_.read_until(marker, count), left_.find(marker), marker.size(), count);
      case 2:
        return check_bytes(from_.read_exactly(count), count, true);
      case 3:
        return check_bytes(from_.peek(count), count, false);
      case 4:
        return skip(from_.skip(count), count <= left_.size() ? count : std::string_view::npos);
      case 5:
        return skip(from_.skip_line(), past("\n"));
      case 6:
        return skip(from_.skip_until(marker), past(marker));
      default:
        return read(count);
    }
  }

 private:
  std::size_t past(std::string_view end) const {
    const std::size_t at = left_.find(end);
    return at == std::string_view::npos ? at : at + end.size();
  }

  void check_failure(std::error_code error) const {
    require(left_.starts_with(as_text(from_.buffered())));
    if (error == errc::end_of_stream) require(left_.empty());
    if (error == errc::unexpected_end) require(!left_.empty() && from_.buffered().size() == left_.size());
  }

  void check_piece(const leat::result<std::string_view>& got, std::size_t end, std::size_t end_bytes,
                   std::size_t limit) {
    std::size_t size = end;
    if (end_bytes == 1 && end != std::string_view::npos && end > 0 && left_[end - 1] == '\r') --size;
    const bool fits = size != std::string_view::npos && size <= limit;
    require(got.has_value() == fits);
    if (!got) {
      check_failure(got.error());
      require(size == std::string_view::npos || got.error() == errc::too_long);
      return;
    }
    require(*got == left_.substr(0, size));
    left_.remove_prefix(end + end_bytes);
  }

  void check_bytes(const leat::result<std::span<const std::byte>>& got, std::size_t count, bool takes) {
    require(got.has_value() == (count <= left_.size()));
    if (!got) return check_failure(got.error());
    require(as_text(*got) == left_.substr(0, count));
    if (takes) left_.remove_prefix(count);
  }

  // `past`: how much is to be gone, npos if the stream ends first.
  void skip(const leat::result<void>& done, std::size_t past) {
    require(done.has_value() == (past != std::string_view::npos));
    if (!done) require(done.error() == errc::unexpected_end && from_.buffered().empty());
    left_.remove_prefix(std::min(past, left_.size()));
  }

  void read(std::size_t count) {
    std::string into(count, '\0');
    const auto got = from_.read(std::as_writable_bytes(std::span(into)));
    require(got && *got <= count && (*got > 0 || count == 0 || left_.empty()));
    require(left_.starts_with(std::string_view(into).substr(0, *got)));
    left_.remove_prefix(*got);
  }

  buffered_reader& from_;
  std::string_view left_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::choices input(data, size);
  const std::size_t buffer_bytes = input.next() % 64;
  fuzz::sizes each(static_cast<std::uint32_t>(input.next()));
  fuzz::choices calls(input.take(input.next() % 64));
  scripted_stream stream(scripted_stream::cut(input.rest(), [&] { return each.next(); }));
  buffered_reader from(stream, buffer_bytes);
  comparison same(from, input.rest());
  while (!calls.rest().empty()) {
    const std::size_t chosen = calls.next();
    same.call(chosen % 8, chosen / 8);
  }
  return 0;
}
