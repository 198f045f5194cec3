// Text as bytes, and bytes as text: views of the same memory, nothing is copied or checked.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace leat::net {

inline std::string_view as_text(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::span<const std::byte> as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span(text));
}

}  // namespace leat::net
