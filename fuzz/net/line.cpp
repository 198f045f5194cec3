// Input: limit, seed, and what is to be cut.
#include <fuzz/net/frames.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using leat::net::framing::line;
  fuzz::choices input(data, size);
  const std::size_t limit = input.next() % 64;
  const auto seed = static_cast<std::uint32_t>(input.next());
  const line with_lf(limit);
  const line with_crlf(limit, leat::net::framing::line_end::crlf);
  // The line may have had either end; one that ends with CR can only have had CRLF.
  fuzz::check_codec(with_lf, input.rest(), seed, [&](std::string_view text, std::string_view taken) {
    if (taken.ends_with(fuzz::encoded(with_crlf, text))) return true;
    return !text.ends_with('\r') && taken.ends_with(fuzz::encoded(with_lf, text));
  });
  return 0;
}
