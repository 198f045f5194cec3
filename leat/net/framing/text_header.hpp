// Frames with a head that people can read, too: "Y 18 abcdefghijklmnopqr" is a type, a space, the length of
// the payload in decimal digits, a space, and the payload.
//
//   const framing::text_header how{1000};
//   ... = how.encode({.type = "Y", .payload = as_bytes("hello")});       // Y 5 hello
//
// A head has one form: no sign, no leading zero, one space each time. What differs is malformed, and not read
// as something that somebody else may read otherwise.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include <leat/error.hpp>
#include <leat/net/framing/frame.hpp>

namespace leat::net::framing {

struct text_frame {
  std::string_view type;  ///< at least one byte, all of them visible ASCII (0x21 to 0x7E)
  std::span<const std::byte> payload;
};

class text_header {
 public:
  using frame = text_frame;

  static constexpr std::size_t most_type_bytes = 32;

  /// Payloads have at most `payload_limit_bytes`, types at most `type_limit_bytes`. Throws
  /// std::invalid_argument unless that is 1 to most_type_bytes.
  explicit text_header(std::size_t payload_limit_bytes, std::size_t type_limit_bytes = 1);

  /// See frame.hpp. Errors: errc::too_long for the payload; errc::malformed for what is no head, a type that
  /// is too long and a length of more than 64 bits among it.
  result<std::optional<frame>> take(std::span<const std::byte>& bytes, progress& state) const noexcept;

  /// Errors: errc::too_long for the payload; errc::malformed for the type.
  result<encoded_frame> encode(const frame& what) const noexcept;

  std::size_t most_bytes() const noexcept;

 private:
  std::size_t payload_limit_bytes_;
  std::size_t type_limit_bytes_;
};

}  // namespace leat::net::framing
