#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>
#include <vector>

#include <leat/blocking.hpp>
#include <leat/time.hpp>

#include <cli/download.hpp>
#include <cli/partial_file.hpp>
#include <cli/visible_text.hpp>
#include <hub/files/digest_cache.hpp>
#include <hub/files/unique_fd.hpp>
#include <hub/http/digest_field.hpp>

namespace cli {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t piece_bytes = 256 * 1024;
constexpr int most_failures = 5;  // one after another, without a byte between them
constexpr std::chrono::milliseconds first_pause = 250ms;

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.remove_prefix(front.size());
  return true;
}

// A strong entity tag, or nothing: only a strong one promises that the bytes are the same (RFC 9110, 8.8.1).
std::string_view strong_tag(const http_response& response) {
  const std::string_view tag = response.field("etag");
  return tag.size() >= 2 && tag.starts_with('"') && tag.ends_with('"') ? tag : std::string_view();
}

http_failure fatal(std::string text) {
  return {.text = std::move(text), .may_retry = false};
}

class downloader {
 public:
  downloader(http_client& client, const download_order& order, progress_board::entry& progress,
             const std::function<void(std::string_view)>& say)
      : client_(client), order_(order), progress_(progress), say_(say) {}

  outcome<void> run() {
    std::error_code ignored;
    if (std::filesystem::exists(order_.to, ignored)) {
      if (order_.resume && !order_.force) return compare_existing();
      if (!order_.force) {
        return std::unexpected(
            fmt::format("{} exists already (--force replaces it)", visible(order_.to.native())));
      }
    }
    auto opened = partial_file::open(order_.to, order_.resume);
    if (!opened) return std::unexpected(opened.error());
    file_.emplace(std::move(*opened));
    if (auto fetched = fetch_all(); !fetched) return std::unexpected(fetched.error());
    if (digest_ && file_->finish_digest() != *digest_) {
      file_->discard();
      return std::unexpected(std::string("it arrived damaged: its SHA-256 is not what the server told"));
    }
    return file_->publish(order_.force);
  }

 private:
  // The file is there under its own name: with -c that is a download that has been completed before.
  outcome<void> compare_existing() {
    auto head = client_.request({.method = "HEAD", .target = order_.target, .fields = wanted_digest()});
    if (!head) return std::unexpected(head.error().text);
    if (head->status != 200) return std::unexpected(refusal_text(client_, *head));
    std::error_code error;
    const auto size = std::filesystem::file_size(order_.to, error);
    const bool same_size = !error && head->length && size == *head->length;
    if (!same_size || !has_digest(told_digest(*head), size)) {
      return std::unexpected(fmt::format("{} exists already and is another version (--force replaces it)",
                                         visible(order_.to.native())));
    }
    progress_.expect(size);
    progress_.start_at(size);
    say_(fmt::format("{}: complete already", visible(order_.name)));
    return {};
  }

  // Whether the existing file has the content that the server tells of. One that tells nothing is believed.
  bool has_digest(const std::optional<hub::files::digest>& told, std::uint64_t size) const {
    if (!told) return true;
    return leat::blocking([&] {
      const hub::files::unique_fd fd(::open(order_.to.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
      auto hash = hub::files::digest_front(fd.get(), size);
      return hash && hash->finish() == *told;
    });
  }

  static std::vector<std::pair<std::string, std::string>> wanted_digest() {
    return {{"Want-Repr-Digest", "sha-256=1"}, {"Accept-Encoding", "identity"}};
  }

  // Tries until the file is complete, as long as it gets on.
  outcome<void> fetch_all() {
    auto pause = first_pause;
    for (int failures = 0;;) {
      const std::uint64_t before = file_->size();
      const auto fetched = fetch();
      if (fetched) return {};
      if (file_->size() > before) {
        failures = 0;
        pause = first_pause;
      }
      // What has never worked will not begin to by being tried again.
      if (!fetched.error().may_retry || !moved_ || ++failures > most_failures) {
        return std::unexpected(with_hint(fetched.error().text));
      }
      say_(fmt::format("{}: {}; going on at {}", visible(order_.name), fetched.error().text,
                       size_text(file_->size())));
      leat::sleep_for(pause);
      pause *= 2;
    }
  }

  std::string with_hint(std::string text) const {
    if (file_->size() > 0 && !file_->version().empty())
      text += fmt::format(" (-c goes on at {})", size_text(file_->size()));
    return text;
  }

  // One request, for what is still missing.
  http_result<void> fetch() {
    http_request asked{.method = "GET", .target = order_.target, .fields = wanted_digest()};
    const std::uint64_t offset = file_->version().empty() ? 0 : file_->size();
    if (offset > 0) {
      asked.fields.emplace_back("Range", fmt::format("bytes={}-", offset));
      asked.fields.emplace_back("If-Range", file_->version());
    }
    auto head = client_.request(asked);
    if (!head) return std::unexpected(head.error());
    switch (head->status) {
      case 200:
        return take_whole(*head, offset > 0);
      case 206:
        return take_rest(*head, offset);
      case 416:
        return check_complete(*head, offset);
      default:
        return std::unexpected(fatal(refusal_text(client_, *head)));
    }
  }

  http_result<void> take_whole(const http_response& head, bool asked_for_rest) {
    if (asked_for_rest) say_(fmt::format("{}: changed on the server, starting anew", visible(order_.name)));
    if (auto emptied = file_->restart(strong_tag(head)); !emptied)
      return std::unexpected(fatal(emptied.error()));
    digest_ = told_digest(head);
    progress_.start_at(0);
    return take_body(head.length);
  }

  http_result<void> take_rest(const http_response& head, std::uint64_t offset) {
    const auto range = parse_content_range(head.field("content-range"));
    const bool fits = offset > 0 && range && range->first == offset && range->total > offset;
    if (!fits || strong_tag(head) != file_->version()) {
      return std::unexpected(
          fatal(fmt::format("{} has sent another part than was asked for", client_.address())));
    }
    digest_ = told_digest(head);
    progress_.start_at(offset);
    return take_body(range->total);
  }

  // The server has nothing after what we have. It would have sent another version whole, because of If-Range.
  http_result<void> check_complete(const http_response& head, std::uint64_t offset) {
    const auto range = parse_content_range(head.field("content-range"));
    if (offset == 0 || !range || range->total != offset)
      return std::unexpected(fatal(refusal_text(client_, head)));
    client_.drop();
    digest_ = told_digest(head);
    progress_.expect(offset);
    progress_.start_at(offset);
    return {};
  }

  // Appends the body to the file; `total` is what the file should have then.
  http_result<void> take_body(std::optional<std::uint64_t> total) {
    if (total) progress_.expect(*total);
    std::vector<std::byte> piece(piece_bytes);
    for (;;) {
      const auto count = client_.read_body(piece);
      if (!count) return std::unexpected(count.error());
      if (*count == 0) break;
      if (total && *count > *total - file_->size()) return refuse_excess(*total);
      if (auto written = file_->append(std::span(piece).first(*count)); !written) {
        client_.drop();
        return std::unexpected(fatal(written.error()));
      }
      progress_.add(*count);
      moved_ = true;
    }
    if (total && file_->size() != *total) {
      client_.drop();
      return std::unexpected(http_failure{
          .text = fmt::format("{} bytes of {} have come", file_->size(), *total), .may_retry = true});
    }
    return {};
  }

  http_result<void> refuse_excess(std::uint64_t total) {
    client_.drop();
    return std::unexpected(
        fatal(fmt::format("{} has sent more than the {} bytes that it told of", client_.address(), total)));
  }

  http_client& client_;
  const download_order& order_;
  progress_board::entry& progress_;
  const std::function<void(std::string_view)>& say_;
  std::optional<partial_file> file_;
  std::optional<hub::files::digest> digest_;
  bool moved_ = false;  // bytes have come in this run
};

}  // namespace

outcome<void> download(http_client& client, const download_order& order, progress_board::entry& progress,
                       const std::function<void(std::string_view)>& say) {
  return downloader(client, order, progress, say).run();
}

std::optional<content_range> parse_content_range(std::string_view text) {
  content_range range;
  if (!take(text, "bytes ")) return std::nullopt;
  if (!take(text, "*")) {
    range.first = take_number(text);
    if (!range.first || !take(text, "-")) return std::nullopt;
    const auto last = take_number(text);
    if (!last || *last < *range.first) return std::nullopt;
  }
  if (!take(text, "/")) return std::nullopt;
  const auto total = take_number(text);
  if (!total || !text.empty()) return std::nullopt;
  range.total = *total;
  return range;
}

std::optional<hub::files::digest> told_digest(const http_response& response) {
  return hub::http::parse_repr_digest(response.field("repr-digest")).value_or(std::nullopt);
}

std::string refusal_text(http_client& client, const http_response& response) {
  constexpr std::size_t limit_bytes = 4096;
  constexpr std::size_t limit_columns = 300;
  std::string said;
  if (auto text = client.read_text(limit_bytes)) {
    said = fit_columns(visible(text->substr(0, text->find('\n'))), limit_columns);
  }
  client.drop();
  if (said.empty()) return fmt::format("{} has refused it ({})", client.address(), response.status);
  return fmt::format("{} ({})", said, response.status);
}

}  // namespace cli
