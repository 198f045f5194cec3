// Input: limits, seed, and what is to be cut.
#include <fuzz/net/frames.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using leat::net::framing::text_header;
  fuzz::choices input(data, size);
  const std::size_t payload_limit = input.next();
  const std::size_t type_limit = 1 + input.next() % text_header::most_type_bytes;
  const auto seed = static_cast<std::uint32_t>(input.next());
  fuzz::check_exact(text_header(payload_limit, type_limit), input.rest(), seed);
  return 0;
}
