// Errors of the system that no failed call has left in errno. Not for users.
#pragma once

#include <cerrno>

#include <leat/error.hpp>

namespace leat::net {

/// A system error with its own code, where errno does not say it.
inline std::unexpected<std::error_code> system_error(int code) noexcept {
  return std::unexpected(std::error_code(code, std::system_category()));
}

}  // namespace leat::net
