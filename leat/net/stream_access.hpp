// The way to what carries a stream. Not for users.
#pragma once

#include <leat/net/stream.hpp>

namespace leat::net {

struct stream_access {
  /// The descriptor that the bytes go through unchanged; null if there is none, or the stream is closed since
  /// ever.
  static runtime::descriptor* carrier(stream& of) noexcept { return of.carrier(); }
};

}  // namespace leat::net
