// sendfile(2) over a descriptor. Not for users.
#pragma once

#include <cstdint>
#include <system_error>

#include <leat/runtime/descriptor.hpp>

namespace leat::net {

/// How far something came.
struct progress {
  std::uint64_t bytes = 0;
  std::error_code error{};  ///< why no further; none at the end
};

/// Sends `count` bytes of `file` from `offset` on, in one turn of the descriptor's writes; fewer without an
/// error only if the file ends first. Neither `offset` nor the end may be beyond what off_t holds. Errors: as
/// stream_socket::send_file().
progress send_file(runtime::descriptor& to, int file, std::uint64_t offset, std::uint64_t count);

}  // namespace leat::net
