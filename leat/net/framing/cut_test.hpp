// What a codec makes of bytes, written out, so that two ways of feeding it can be compared.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include <leat/net/framing.hpp>
#include <leat/net/scripted_stream_test.hpp>

namespace leat::net::framing {

using outcomes = std::vector<std::string>;

inline std::string shown(std::string_view text) {
  return "<" + std::string(text) + ">";
}
inline std::string shown(std::span<const std::byte> payload) {
  return shown(as_text(payload));
}
inline std::string shown(const text_frame& what) {
  return std::string(what.type) + shown(what.payload);
}

/// Every frame as <text>, every error by its message, and at the end "clean" or "cut off".
template <codec Codec, typename NextSize>
outcomes cut_into_frames(const Codec& how, std::string_view bytes, NextSize&& next_size) {
  outcomes found;
  progress state;
  std::string kept;
  while (!bytes.empty()) {
    const std::size_t size = std::clamp<std::size_t>(next_size(), 1, bytes.size());
    kept += bytes.substr(0, size);
    bytes.remove_prefix(size);
    for (;;) {
      std::span<const std::byte> rest = as_bytes(kept);
      const auto taken = how.take(rest, state);
      if (!taken) found.push_back(taken.error().message());
      if (!taken && taken.error() == errc::malformed) {
        const std::size_t left = rest.size();
        const auto again = how.take(rest, state);
        EXPECT_TRUE(!again && again.error() == errc::malformed && rest.size() == left) << "it stays so";
        return found;
      }
      if (taken && *taken) found.push_back(shown(**taken));
      kept.erase(0, kept.size() - rest.size());
      if (taken && !*taken) break;
    }
    EXPECT_LT(kept.size(), how.most_bytes()) << "no more must be kept than the codec says";
  }
  found.emplace_back(kept.empty() && !state.inside_frame() ? "clean" : "cut off");
  return found;
}

/// The same by a frame_reader.
template <codec Codec>
outcomes read_frames(const Codec& how, std::deque<scripted_stream::step> steps, std::size_t buffer_bytes) {
  scripted_stream stream(std::move(steps));
  frame_reader from(stream, how, buffer_bytes);
  outcomes found;
  for (;;) {
    const auto frame = from.next();
    if (frame) {
      found.push_back(shown(*frame));
    } else if (frame.error() == errc::end_of_stream || frame.error() == errc::unexpected_end) {
      found.emplace_back(frame.error() == errc::end_of_stream ? "clean" : "cut off");
      return found;
    } else {
      found.push_back(frame.error().message());
      if (frame.error() == errc::malformed) return found;
    }
  }
}

/// Checks that it does not matter how the bytes are cut, and returns what they give.
template <codec Codec>
outcomes frames_of(const Codec& how, std::string_view bytes) {
  const outcomes whole = cut_into_frames(how, bytes, [&] { return bytes.size(); });
  EXPECT_EQ(cut_into_frames(how, bytes, [] { return 1; }), whole);
  EXPECT_EQ(cut_into_frames(how, bytes, [] { return 3; }), whole);
  std::mt19937 random(static_cast<unsigned>(bytes.size()));
  EXPECT_EQ(cut_into_frames(how, bytes, [&] { return 1 + random() % 20; }), whole);
  EXPECT_EQ(read_frames(how, scripted_stream::cut(bytes, bytes.size()), 4096), whole);
  EXPECT_EQ(read_frames(how, scripted_stream::cut(bytes, 1), 1), whole);
  EXPECT_EQ(read_frames(how, scripted_stream::cut_at_random(bytes, 20, random()), 7), whole);
  return whole;
}

/// What encode() would send; "error" where it refuses.
template <codec Codec>
std::string sent(const Codec& how, const typename Codec::frame& what) {
  const auto encoded = how.encode(what);
  if (!encoded) return encoded.error().message();
  std::string all;
  for (const auto& part : encoded->parts())
    all += as_text(part);
  EXPECT_EQ(all.size(), encoded->size());
  return all;
}

inline const std::string too_long = make_error_code(errc::too_long).message();
inline const std::string malformed = make_error_code(errc::malformed).message();

/// Text out of the letters of `alphabet`.
inline std::string random_text(std::mt19937& random, std::string_view alphabet, std::size_t size) {
  std::string text(size, '\0');
  std::ranges::generate(text, [&] { return alphabet[random() % alphabet.size()]; });
  return text;
}

}  // namespace leat::net::framing
