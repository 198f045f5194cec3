// Errors as values: `leat::result<T>` carries either what was asked for or a `std::error_code` that says why
// not.
//
// System calls report in `std::system_category()`; what only leat can know is in `leat::errc`.
#pragma once

#include <expected>
#include <system_error>

namespace leat {

/// What an operation returns that can fail for reasons its caller must expect.
template <typename T>
using result = std::expected<T, std::error_code>;

enum class errc {
  closed = 1,         ///< the thing waited on or used was closed, here or by another goroutine
  deadline_exceeded,  ///< a deadline, of the operation or of a context, passed first
  canceled,           ///< a context was cancelled
  bad_address,        ///< a textual address, host or port could not be understood
  unknown_host,       ///< the name has no address
  unknown_service,    ///< the service has no port
  too_long,           ///< input passed a limit that the caller gave
  unexpected_end,     ///< the stream ended inside something
  not_running,        ///< the operation needs the runtime, and `leat::run` is not active
  end_of_stream,      ///< the stream has ended where it may: nothing more was begun
  malformed,          ///< input that cannot be what was expected, whatever comes behind it
};

/// The category of `leat::errc`; its name is "leat".
const std::error_category& error_category() noexcept;

std::error_code make_error_code(errc code) noexcept;

/// The error of the last system call of this thread, as an unexpected value.
std::unexpected<std::error_code> last_system_error() noexcept;

/// An unexpected value from one of leat's own codes.
inline std::unexpected<std::error_code> fail(errc code) noexcept {
  return std::unexpected(make_error_code(code));
}

}  // namespace leat

template <>
struct std::is_error_code_enum<leat::errc> : std::true_type {};
