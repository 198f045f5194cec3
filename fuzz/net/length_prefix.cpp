// Input: which number, limit, seed, and what is to be cut.
#include <fuzz/net/frames.hpp>

namespace {

template <typename Number>
void check(std::size_t limit, std::string_view bytes, std::uint32_t seed) {
  using namespace leat::net::framing;
  fuzz::check_exact(length_prefix<Number, std::endian::big>(limit), bytes, seed);
  fuzz::check_exact(length_prefix<Number, std::endian::little>(limit), bytes, seed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::choices input(data, size);
  const std::size_t which = input.next() % 4;
  const std::size_t limit = input.next();
  const auto seed = static_cast<std::uint32_t>(input.next());
  if (which == 0) check<std::uint8_t>(limit, input.rest(), seed);
  if (which == 1) check<std::uint16_t>(limit, input.rest(), seed);
  if (which == 2) check<std::uint32_t>(limit, input.rest(), seed);
  if (which == 3) check<std::uint64_t>(limit, input.rest(), seed);
  return 0;
}
