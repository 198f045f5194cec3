// Bytes are read here, and given to Beast's parser as they come: first a whole header, which was checked for
// what the parser lets pass, then, for chunked bodies, the chunks. A body of known length needs no parser.
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <vector>

#include <hub/http/field.hpp>
#include <hub/http/header_scan.hpp>
#include <hub/http/request_reader.hpp>
#include <hub/http/target.hpp>

namespace hub::http {

namespace asio = boost::asio;
namespace beast = boost::beast;

std::optional<std::string> request::field(std::string_view name) const {
  std::optional<std::string> joined;
  for (const auto& [each, value] : fields) {
    if (!same_word(each, name)) continue;
    joined = joined ? *joined + ", " + value : value;
  }
  return joined;
}

std::size_t request::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(fields, [&](const auto& each) { return same_word(each.first, name); }));
}

namespace {

using header_parser = beast::http::request_parser<beast::http::buffer_body>;
using check = std::expected<void, refusal>;

// A request may be preceded by empty lines (RFC 9112, section 2.2); more than this is not a mistake any more.
constexpr std::size_t empty_lines = 4;
constexpr std::size_t chunk_buffer_bytes = std::size_t{64} << 10;

const refusal connection_ended{.status = 0, .text = "the connection ended"};

std::chrono::milliseconds left_until(leat::time_point deadline) {
  return std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
}

std::unexpected<refusal> refuse(unsigned status, std::string text) {
  return std::unexpected(refusal{status, std::move(text)});
}

// Whether the request line ends with a version, if one that the parser does not know.
bool names_version(std::string_view header) {
  const auto line = header.substr(0, header.find("\r\n"));
  const auto version = line.substr(std::min(line.rfind(' ') + 1, line.size()));
  return version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.' &&
         parse_digits(version.substr(5, 1)) && parse_digits(version.substr(7));
}

std::unexpected<refusal> refuse_malformed(const beast::error_code& error) {
  return refuse(400, "the request is malformed: " + error.message());
}

request copy_header(const header_parser& parser) {
  const auto& message = parser.get();
  request copied;
  copied.method = message.method_string();
  copied.target = message.target();
  copied.is_http_1_0 = message.version() == 10;
  copied.keeps_alive = parser.keep_alive();
  for (const auto& field : message)
    copied.fields.emplace_back(field.name_string(), field.value());
  return copied;
}

check check_host(const request& asked) {
  const auto hosts = asked.count("Host");
  if (hosts > 1) return refuse(400, "the request has more than one Host field");
  if (hosts == 0 && !asked.is_http_1_0) return refuse(400, "the request has no Host field");
  if (hosts == 1 && !is_host(*asked.field("Host"))) return refuse(400, "the Host field is malformed");
  return {};
}

// How the end of the body is found. Beast has refused lengths that are malformed, doubled or beside a
// transfer coding.
check find_body(const header_parser& parser, request& asked) {
  const auto codings = asked.count("Transfer-Encoding");
  if (codings > 0) {
    if (asked.is_http_1_0) return refuse(400, "HTTP/1.0 has no Transfer-Encoding");
    if (codings > 1 || !same_word(trim(*asked.field("Transfer-Encoding")), "chunked")) {
      return refuse(501, "the only Transfer-Encoding here is chunked");
    }
    asked.is_chunked = true;
  } else if (const auto length = parser.content_length()) {
    if (!parse_digits(trim(*asked.field("Content-Length"))))
      return refuse(400, "the Content-Length is malformed");
    asked.content_length = *length;
  }
  return {};
}

check find_expectation(request& asked) {
  const auto expected = asked.field("Expect");
  if (!expected || asked.is_http_1_0) return {};
  if (!same_word(trim(*expected), "100-continue"))
    return refuse(417, "the only expectation here is 100-continue");
  asked.expects_continue = asked.has_body();
  return {};
}

}  // namespace

class request_reader::implementation {
 public:
  implementation(paced_conn& conn, const limits& bounds) : conn_(conn), limits_(bounds) {}

  std::expected<request, refusal> next();
  std::expected<std::size_t, refusal> read_body(std::span<std::byte> into);
  bool skip_body(std::uint64_t limit_bytes);
  std::string take_rest();

 private:
  check wait_for_request();
  std::expected<std::size_t, refusal> read_header();
  std::expected<request, refusal> parse_header(std::size_t length);
  std::expected<std::size_t, refusal> read_counted(std::span<std::byte> into);
  std::expected<std::size_t, refusal> read_chunked(std::span<std::byte> into);
  check read_more(std::size_t limit_bytes, std::chrono::milliseconds patience);

  std::chrono::milliseconds body_patience() const;

  std::string_view buffered() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void drop(std::size_t count) { begin_ += count; }

  paced_conn& conn_;
  const limits& limits_;
  std::vector<char> buffer_;  // given back while the connection is idle
  std::size_t begin_ = 0;     // of what was read and not used yet
  std::size_t end_ = 0;
  std::uint64_t body_left_ = 0;                    // of a body of known length
  std::optional<header_parser> parser_;            // while a chunked body is being read
  std::optional<leat::time_point> body_deadline_;  // for all of a body that nobody wants
};

// Reads at least one byte behind what is there, which may grow to `limit_bytes`.
check request_reader::implementation::read_more(std::size_t limit_bytes, std::chrono::milliseconds patience) {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() < limit_bytes) buffer_.resize(limit_bytes);
  const auto room = std::span(buffer_).subspan(end_, limit_bytes - end_);
  const auto got = conn_.read(std::as_writable_bytes(room), patience);
  if (!got && got.error() == leat::errc::deadline_exceeded) return refuse(408, "the request came too slowly");
  if (!got || *got == 0) return std::unexpected(connection_ended);
  end_ += *got;
  return {};
}

std::chrono::milliseconds request_reader::implementation::body_patience() const {
  if (!body_deadline_) return limits_.body_timeout;
  return std::min(limits_.body_timeout, left_until(*body_deadline_));
}

check request_reader::implementation::wait_for_request() {
  if (!buffered().empty()) return {};
  begin_ = end_ = 0;
  buffer_ = {};
  if (!conn_.wait_idle(limits_.idle_timeout)) return std::unexpected(connection_ended);
  return {};
}

// Returns the length of the header, which then stands at the front of the buffer.
std::expected<std::size_t, refusal> request_reader::implementation::read_header() {
  const auto deadline = leat::deadline_after(limits_.header_timeout);
  header_scanner scanner;
  for (std::size_t empty = 0;;) {
    if (buffered().starts_with("\r\n") && empty++ < empty_lines) {
      drop(2);
      scanner = {};
      continue;
    }
    const auto length = scanner.look(buffered());
    if (!length) return refuse(400, length.error());
    if (*length && **length <= limits_.header_bytes) return **length;
    if (*length || buffered().size() >= limits_.header_bytes) {
      if (buffered().contains("\r\n")) return refuse(431, "the header is too large");
      return refuse(414, "the request target is too long");
    }
    if (auto more = read_more(limits_.header_bytes, left_until(deadline)); !more)
      return std::unexpected(more.error());
  }
}

std::expected<request, refusal> request_reader::implementation::parse_header(std::size_t length) {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(length));
  // Bodies have limits of their own, which know what the body is for.
  parser_->body_limit(boost::none);
  beast::error_code error;
  parser_->put(asio::buffer(buffered().substr(0, length)), error);
  if (error == beast::http::error::bad_version && names_version(buffered().substr(0, length))) {
    return refuse(505, "this server speaks HTTP/1.1 and HTTP/1.0");
  }
  if (error) return refuse_malformed(error);
  drop(length);
  auto asked = copy_header(*parser_);
  for (auto checked : {check_host(asked), find_body(*parser_, asked), find_expectation(asked)}) {
    if (!checked) return std::unexpected(checked.error());
  }
  body_left_ = asked.content_length.value_or(0);
  if (asked.is_chunked) {
    parser_->eager(true);
  } else {
    parser_.reset();
  }
  return asked;
}

std::expected<request, refusal> request_reader::implementation::next() {
  if (auto waited = wait_for_request(); !waited) return std::unexpected(waited.error());
  const auto length = read_header();
  if (!length) return std::unexpected(length.error());
  return parse_header(*length);
}

std::expected<std::size_t, refusal> request_reader::implementation::read_body(std::span<std::byte> into) {
  if (into.empty()) return 0;
  return parser_ ? read_chunked(into) : read_counted(into);
}

// Straight into the caller's buffer, but for what came along with the header.
std::expected<std::size_t, refusal> request_reader::implementation::read_counted(std::span<std::byte> into) {
  if (body_left_ == 0) return 0;
  into = into.first(std::min<std::uint64_t>(into.size(), body_left_));
  if (!buffered().empty()) {
    const auto count = std::min(into.size(), buffered().size());
    std::memcpy(into.data(), buffered().data(), count);
    drop(count);
    body_left_ -= count;
    return count;
  }
  const auto got = conn_.read(into, body_patience());
  if (!got && got.error() == leat::errc::deadline_exceeded) return refuse(408, "the upload came too slowly");
  if (!got || *got == 0) return std::unexpected(connection_ended);
  body_left_ -= *got;
  return *got;
}

std::expected<std::size_t, refusal> request_reader::implementation::read_chunked(std::span<std::byte> into) {
  auto& body = parser_->get().body();
  body = {.data = into.data(), .size = into.size(), .more = true};
  for (;;) {
    if (parser_->is_done()) {
      parser_.reset();
      return 0;
    }
    std::size_t used = 0;
    if (!buffered().empty()) {
      beast::error_code error;
      used = parser_->put(asio::buffer(buffered().data(), buffered().size()), error);
      drop(used);
      const bool harmless =
          !error || error == beast::http::error::need_buffer || error == beast::http::error::need_more;
      if (!harmless) return refuse_malformed(error);
    }
    if (const auto filled = into.size() - body.size; filled > 0) return filled;
    if (parser_->is_done() || (used > 0 && !buffered().empty())) continue;
    // A chunk's size and extensions that fill the buffer are not meant well.
    if (buffered().size() >= chunk_buffer_bytes) return refuse(400, "a chunk's header is too long");
    if (auto more = read_more(chunk_buffer_bytes, body_patience()); !more)
      return std::unexpected(more.error());
  }
}

bool request_reader::implementation::skip_body(std::uint64_t limit_bytes) {
  if (!parser_ && body_left_ == 0) return true;
  if (!parser_ && body_left_ > limit_bytes) return false;
  body_deadline_ = leat::deadline_after(limits_.header_timeout);
  std::array<std::byte, 4096> ignored;
  for (std::uint64_t skipped = 0; skipped <= limit_bytes;) {
    const auto got = read_body(ignored);
    if (!got) return false;
    if (*got == 0) {
      body_deadline_.reset();
      return true;
    }
    skipped += *got;
  }
  return false;
}

std::string request_reader::implementation::take_rest() {
  std::string rest(buffered());
  begin_ = end_ = 0;
  buffer_ = {};
  return rest;
}

request_reader::request_reader(paced_conn& conn, const limits& bounds)
    : inside_(std::make_unique<implementation>(conn, bounds)) {}
request_reader::~request_reader() = default;

std::expected<request, refusal> request_reader::next() {
  return inside_->next();
}

std::expected<std::size_t, refusal> request_reader::read_body(std::span<std::byte> into) {
  return inside_->read_body(into);
}

std::string request_reader::take_rest() {
  return inside_->take_rest();
}

bool request_reader::skip_body(std::uint64_t limit_bytes) {
  return inside_->skip_body(limit_bytes);
}

}  // namespace hub::http
