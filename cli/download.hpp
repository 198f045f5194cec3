// One file from a server to the disk.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <cli/http_client.hpp>
#include <cli/outcome.hpp>
#include <cli/progress.hpp>
#include <hub/files/sha256.hpp>

namespace cli {

struct download_order {
  std::string target{};  ///< the path on the server, percent-encoded
  std::string name{};    ///< what messages call it
  std::filesystem::path to{};
  bool resume = false;  ///< go on with what an earlier run has left
  bool force = false;   ///< replace an existing file
};

/// Downloads a file: it gets its name when it has its full size and, if the server tells one, the right
/// SHA-256. When the connection breaks after bytes have come, goes on by itself, up to five times without any
/// progress. A version that has changed on the server is never mixed with the old one. `say` takes lines for
/// the person.
outcome<void> download(http_client& client, const download_order& order, progress_board::entry& progress,
                       const std::function<void(std::string_view)>& say);

/// Reads "bytes 10-19/100" or "bytes */100" (RFC 9110, section 14.4). Nothing: it is neither.
struct content_range {
  std::optional<std::uint64_t> first;  // none: not satisfied
  std::uint64_t total = 0;
};
std::optional<content_range> parse_content_range(std::string_view text);

/// The SHA-256 that a response tells of the whole file (Repr-Digest, RFC 9530). Nothing: none that we know.
std::optional<hub::files::digest> told_digest(const http_response& response);

/// What a refusal says, as one line: the status and the first line of the body.
std::string refusal_text(http_client& client, const http_response& response);

}  // namespace cli
