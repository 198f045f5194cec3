#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <stdexcept>

#include <leat/net/framing/text_header.hpp>
#include <leat/net/text.hpp>

namespace leat::net::framing {
namespace {

constexpr std::size_t most_digits = std::numeric_limits<std::uint64_t>::digits10 + 1;
static_assert(text_header::most_type_bytes + most_digits + 2 <= most_head_bytes);

constexpr bool is_visible(char byte) noexcept {
  return '!' <= byte && byte <= '~';
}

// The length of the type at the front of `head`; nothing if its end has not come.
result<std::optional<std::size_t>> find_type(std::string_view head, std::size_t limit_bytes) noexcept {
  const auto end = std::ranges::find_if_not(head, is_visible);
  const auto size = static_cast<std::size_t>(end - head.begin());
  if (size > limit_bytes) return fail(errc::malformed);
  if (end == head.end()) return std::nullopt;
  if (*end != ' ' || size == 0) return fail(errc::malformed);
  return size;
}

struct decimal {
  std::uint64_t value = 0;
  std::size_t digits = 0;
};

// The number at the front of `text`, which a space must end; nothing if that has not come.
result<std::optional<decimal>> read_decimal(std::string_view text) noexcept {
  decimal number;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number.value);
  // from_chars takes all digits there are, those of too great a number, too.
  number.digits = static_cast<std::size_t>(read.ptr - text.data());
  if (read.ec == std::errc::result_out_of_range) return fail(errc::malformed);
  if (number.digits > 1 && text.front() == '0') return fail(errc::malformed);
  if (number.digits == text.size()) return std::nullopt;
  if (number.digits == 0 || text[number.digits] != ' ') return fail(errc::malformed);
  return number;
}

}  // namespace

text_header::text_header(std::size_t payload_limit_bytes, std::size_t type_limit_bytes)
    : payload_limit_bytes_(payload_limit_bytes), type_limit_bytes_(type_limit_bytes) {
  if (type_limit_bytes < 1 || type_limit_bytes > most_type_bytes)
    throw std::invalid_argument("leat::net::framing::text_header: types have at most 1 to 32 bytes");
}

result<std::optional<text_frame>> text_header::take(std::span<const std::byte>& bytes,
                                                    progress& state) const noexcept {
  if (!skip_counted(bytes, state)) return std::nullopt;
  const std::string_view text = as_text(bytes.first(std::min(bytes.size(), most_head_bytes)));
  const auto type_bytes = find_type(text, type_limit_bytes_);
  if (!type_bytes) return std::unexpected(type_bytes.error());
  if (!*type_bytes) return std::nullopt;
  const auto length = read_decimal(text.substr(**type_bytes + 1));
  if (!length) return std::unexpected(length.error());
  if (!*length) return std::nullopt;
  const counted_head head{.head_bytes = **type_bytes + (*length)->digits + 2,
                          .payload_bytes = (*length)->value};
  const auto payload = take_counted(bytes, state, head, payload_limit_bytes_);
  if (!payload) return std::unexpected(payload.error());
  if (!*payload) return std::nullopt;
  return text_frame{.type = text.substr(0, **type_bytes), .payload = **payload};
}

result<encoded_frame> text_header::encode(const text_frame& what) const noexcept {
  if (what.type.empty() || what.type.size() > type_limit_bytes_) return fail(errc::malformed);
  if (!std::ranges::all_of(what.type, is_visible)) return fail(errc::malformed);
  if (what.payload.size() > payload_limit_bytes_) return fail(errc::too_long);
  std::array<char, most_head_bytes> head;
  char* end = std::ranges::copy(what.type, head.data()).out;
  *end++ = ' ';
  end = std::to_chars(end, head.data() + head.size(), what.payload.size()).ptr;
  *end++ = ' ';
  return encoded_frame(as_bytes({head.data(), end}), what.payload, {});
}

std::size_t text_header::most_bytes() const noexcept {
  return saturating_sum(payload_limit_bytes_, type_limit_bytes_ + most_digits + 2);
}

}  // namespace leat::net::framing
