#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include <hub/files/file_error.hpp>

namespace hub::files {

file_error from_errno(std::string_view doing, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  const failure kind = full ? failure::no_space : error == EFBIG ? failure::too_large : failure::broken;
  return {.kind = kind, .text = fmt::format("{}: {}", doing, std::generic_category().message(error))};
}

}  // namespace hub::files
