// Input: limit, seed, how long the marker is, the marker, and what is to be cut.
#include <fuzz/net/frames.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::choices input(data, size);
  const std::size_t limit = input.next() % 64;
  const auto seed = static_cast<std::uint32_t>(input.next());
  const std::string marker(input.take(1 + input.next() % 8));
  if (marker.empty()) return 0;
  fuzz::check_exact(leat::net::framing::end_marker(marker, limit), input.rest(), seed);
  return 0;
}
