// What every framing codec must do with any bytes, however they are cut.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <leat/net/framing.hpp>

namespace fuzz {

using namespace leat::net;

inline void require(bool what) {
  if (!what) std::abort();
}

// What a codec made of some bytes: a frame, or an error.
struct outcome {
  bool operator==(const outcome&) const = default;

  std::error_code error;
  std::string type;
  std::string payload;
};

inline outcome kept(std::string_view text) {
  return {.error = {}, .type = {}, .payload = std::string(text)};
}
inline outcome kept(std::span<const std::byte> payload) {
  return kept(as_text(payload));
}
inline outcome kept(const framing::text_frame& what) {
  return {.error = {}, .type = std::string(what.type), .payload = std::string(as_text(what.payload))};
}

template <typename Codec>
std::string encoded(const Codec& how, const typename Codec::frame& what) {
  const auto frame = how.encode(what);
  require(frame.has_value());
  std::string all;
  for (const auto& part : frame->parts())
    all += as_text(part);
  return all;
}

// Sizes of pieces, the same for the same seed.
class sizes {
 public:
  explicit sizes(std::uint32_t seed) : state_(seed) {}

  std::size_t next() {
    state_ = state_ * 1664525 + 1013904223;
    return 1 + (state_ >> 24) % 32;
  }

 private:
  std::uint32_t state_;
};

// Feeds `bytes` in pieces. `check(frame, taken)` sees each frame with the bytes that it was taken from;
// `taken` starts with what was skipped, if the frame before was too long.
template <typename Codec, typename NextSize, typename Check>
std::vector<outcome> cut(const Codec& how, std::string_view bytes, NextSize&& next_size, Check&& check) {
  std::vector<outcome> found;
  framing::progress state;
  std::string pending;
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(next_size(), bytes.size());
    pending += bytes.substr(0, size);
    bytes.remove_prefix(size);
    for (;;) {
      const std::span<const std::byte> all = as_bytes(pending);
      auto rest = all;
      const auto frame = how.take(rest, state);
      require(rest.size() <= all.size() && rest.data() + rest.size() == all.data() + all.size());
      if (!frame) found.push_back({.error = frame.error(), .type = {}, .payload = {}});
      if (!frame && frame.error() == leat::errc::malformed) {
        const std::size_t left = rest.size();
        const auto again = how.take(rest, state);
        require(!again && again.error() == leat::errc::malformed && rest.size() == left);
        return found;
      }
      if (frame && *frame) {
        check(**frame, as_text(all.first(all.size() - rest.size())));
        found.push_back(kept(**frame));
      }
      pending.erase(0, all.size() - rest.size());
      if (frame && !*frame) break;
    }
    require(pending.size() < how.most_bytes());
  }
  found.push_back(kept(pending.empty() && !state.inside_frame() ? "clean" : "cut off"));
  return found;
}

// That it does not matter how the bytes are cut, and that `same(frame, taken)` holds of each frame.
template <typename Codec, typename Same>
void check_codec(const Codec& how, std::string_view bytes, std::uint32_t seed, Same&& same) {
  const auto look = [&](const auto& frame, std::string_view taken) { require(same(frame, taken)); };
  const auto whole = cut(how, bytes, [&] { return bytes.size(); }, look);
  require(whole == cut(how, bytes, [] { return 1; }, look));
  require(whole == cut(how, bytes, [each = sizes(seed)]() mutable { return each.next(); }, look));
}

// For codecs in which a frame has one form: what was taken is what would be sent.
template <typename Codec>
void check_exact(const Codec& how, std::string_view bytes, std::uint32_t seed) {
  check_codec(how, bytes, seed, [&](const auto& frame, std::string_view taken) {
    return taken.ends_with(encoded(how, frame));
  });
}

// The numbers that an input starts with, by which the codec is chosen and the pieces are cut.
class choices {
 public:
  choices(const std::uint8_t* data, std::size_t size) : input_(reinterpret_cast<const char*>(data), size) {}
  explicit choices(std::string_view input) : input_(input) {}

  std::size_t next() {
    if (input_.empty()) return 0;
    const auto chosen = static_cast<unsigned char>(input_.front());
    input_.remove_prefix(1);
    return chosen;
  }

  std::string_view take(std::size_t count) {
    const auto taken = input_.substr(0, count);
    input_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest() const { return input_; }

 private:
  std::string_view input_;
};

}  // namespace fuzz
