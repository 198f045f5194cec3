// Input: limit, seed, and what is to be cut.
#include <fuzz/net/frames.hpp>

namespace {

void check_number(std::string_view bytes) {
  using namespace leat::net::framing;
  const auto read = read_varint(leat::net::as_bytes(bytes));
  if (!read || !*read) return;
  std::array<std::byte, most_varint_bytes> into;
  const std::size_t size = write_varint((*read)->value, into);
  fuzz::require(size == (*read)->size_bytes);
  fuzz::require(bytes.starts_with(leat::net::as_text(std::span(into).first(size))));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::choices input(data, size);
  const std::size_t limit = input.next();
  const auto seed = static_cast<std::uint32_t>(input.next());
  check_number(input.rest());
  fuzz::check_exact(leat::net::framing::varint_prefix(limit), input.rest(), seed);
  return 0;
}
