#include <algorithm>
#include <cassert>
#include <stdexcept>

#include <leat/net/framing/marker.hpp>
#include <leat/net/text.hpp>

namespace leat::net::framing {
namespace {

// Takes a frame by what `find` says of the text; `marker` is what the skipping of a too long one looks for.
template <typename Find>
result<std::optional<std::string_view>> take_piece(std::span<const std::byte>& bytes, progress& state,
                                                   std::string_view marker, Find&& find) noexcept {
  if (state.skips_to_end) {
    if (!skip_past(bytes, marker)) return std::nullopt;
    state = {};
  }
  const std::string_view text = as_text(bytes);
  const result<std::optional<piece>> found = find(text, state.seen_bytes);
  if (!found) {
    state = {.skips_to_end = !skip_past(bytes, marker)};
    return std::unexpected(found.error());
  }
  if (!*found) {
    state.seen_bytes = bytes.size();
    return std::nullopt;
  }
  bytes = bytes.subspan((*found)->taken_bytes);
  state = {};
  return text.substr(0, (*found)->text_bytes);
}

}  // namespace

result<std::optional<piece>> find_marker(std::string_view bytes, std::string_view marker,
                                         std::size_t limit_bytes, std::size_t seen_bytes) noexcept {
  assert(!marker.empty());
  // What was seen may end with the start of a marker.
  const std::size_t from = seen_bytes < marker.size() ? 0 : seen_bytes - (marker.size() - 1);
  if (const std::size_t at = bytes.find(marker, from); at != std::string_view::npos) {
    if (at > limit_bytes) return fail(errc::too_long);
    return piece{.text_bytes = at, .taken_bytes = at + marker.size()};
  }
  if (bytes.size() <= limit_bytes) return std::nullopt;
  // Only a marker that has begun within the limit can still make it: bytes that end with its start.
  const std::size_t last_starts = std::min(marker.size() - 1, bytes.size());
  for (std::size_t at = bytes.size() - last_starts; at < bytes.size() && at <= limit_bytes; ++at)
    if (marker.starts_with(bytes.substr(at))) return std::nullopt;
  return fail(errc::too_long);
}

result<std::optional<piece>> find_line_end(std::string_view bytes, std::size_t limit_bytes,
                                           std::size_t seen_bytes) noexcept {
  if (const std::size_t at = bytes.find('\n', seen_bytes); at != std::string_view::npos) {
    const std::size_t text_bytes = at > 0 && bytes[at - 1] == '\r' ? at - 1 : at;
    if (text_bytes > limit_bytes) return fail(errc::too_long);
    return piece{.text_bytes = text_bytes, .taken_bytes = at + 1};
  }
  if (bytes.size() <= limit_bytes) return std::nullopt;
  // One byte more is not too much if it is the CR of the line end.
  if (bytes.size() == limit_bytes + 1 && bytes.back() == '\r') return std::nullopt;
  return fail(errc::too_long);
}

bool skip_past(std::span<const std::byte>& bytes, std::string_view marker) noexcept {
  const std::size_t at = as_text(bytes).find(marker);
  if (at != std::string_view::npos) {
    bytes = bytes.subspan(at + marker.size());
    return true;
  }
  bytes = bytes.last(std::min(bytes.size(), marker.size() - 1));
  return false;
}

end_marker::end_marker(std::string_view marker, std::size_t limit_bytes)
    : marker_(marker), limit_bytes_(limit_bytes) {
  if (marker.empty()) throw std::invalid_argument("leat::net::framing::end_marker: the marker is empty");
}

result<std::optional<std::string_view>> end_marker::take(std::span<const std::byte>& bytes,
                                                         progress& state) const noexcept {
  return take_piece(bytes, state, marker_, [this](std::string_view text, std::size_t seen_bytes) {
    return find_marker(text, marker_, limit_bytes_, seen_bytes);
  });
}

result<encoded_frame> end_marker::encode(std::string_view text) const noexcept {
  if (text.size() > limit_bytes_) return fail(errc::too_long);
  if (text.contains(marker_)) return fail(errc::malformed);
  // The end of the text and the start of the marker may be a marker, too, and the reader takes the first.
  for (std::size_t overlap = 1; overlap < marker_.size() && overlap <= text.size(); ++overlap) {
    const std::string_view marker = marker_;
    if (text.ends_with(marker.substr(0, overlap)) && marker.starts_with(marker.substr(overlap))) {
      return fail(errc::malformed);
    }
  }
  return encoded_frame({}, as_bytes(text), as_bytes(marker_));
}

result<std::optional<std::string_view>> line::take(std::span<const std::byte>& bytes,
                                                   progress& state) const noexcept {
  return take_piece(bytes, state, "\n", [this](std::string_view text, std::size_t seen_bytes) {
    return find_line_end(text, limit_bytes_, seen_bytes);
  });
}

result<encoded_frame> line::encode(std::string_view text) const noexcept {
  if (text.size() > limit_bytes_) return fail(errc::too_long);
  if (text.contains('\n')) return fail(errc::malformed);
  if (sent_end_ == line_end::lf && text.ends_with('\r')) return fail(errc::malformed);
  return encoded_frame({}, as_bytes(text), as_bytes(sent_end_ == line_end::lf ? "\n" : "\r\n"));
}

}  // namespace leat::net::framing
