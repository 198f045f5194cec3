#include <cerrno>
#include <string>

#include <leat/error.hpp>

namespace leat {
namespace {

class category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "leat"; }

  std::string message(int code) const override {
    switch (static_cast<errc>(code)) {
      case errc::closed:
        return "use of something that is closed";
      case errc::deadline_exceeded:
        return "deadline exceeded";
      case errc::canceled:
        return "context canceled";
      case errc::bad_address:
        return "malformed address";
      case errc::unknown_host:
        return "unknown host";
      case errc::unknown_service:
        return "unknown service";
      case errc::too_long:
        return "longer than its limit";
      case errc::unexpected_end:
        return "unexpected end of stream";
      case errc::not_running:
        return "the leat runtime is not running";
      case errc::end_of_stream:
        return "end of stream";
      case errc::malformed:
        return "malformed input";
    }
    return "unknown leat error " + std::to_string(code);
  }

  std::error_condition default_error_condition(int code) const noexcept override {
    switch (static_cast<errc>(code)) {
      case errc::deadline_exceeded:
        return std::errc::timed_out;
      case errc::canceled:
        return std::errc::operation_canceled;
      case errc::too_long:
        return std::errc::message_size;
      case errc::malformed:
        return std::errc::bad_message;
      default:
        return {code, *this};
    }
  }
};

}  // namespace

const std::error_category& error_category() noexcept {
  static const category instance;
  return instance;
}

std::error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), error_category()};
}

std::unexpected<std::error_code> last_system_error() noexcept {
  return std::unexpected(std::error_code(errno, std::system_category()));
}

}  // namespace leat
