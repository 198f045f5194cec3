// The only file of the command line that includes Boost.Beast, which takes long to compile. Beast reads and
// writes the messages; the bytes go over our own connections, and Asio's I/O is not used.
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/format.h>

#include <leat/net/dial.hpp>

#include <cli/failure.hpp>
#include <cli/http_client.hpp>
#include <cli/visible_text.hpp>

namespace cli {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr auto dial_patience = 10s;
constexpr auto continue_patience = 1s;
constexpr std::uint32_t head_limit_bytes = 64 * 1024;
constexpr std::size_t piece_bytes = 256 * 1024;
constexpr std::string_view user_agent = "leat/" LEAT_VERSION;

// What Beast needs of a stream (SyncReadStream and SyncWriteStream), over a connection of ours.
class stream {
 public:
  explicit stream(leat::net::tcp_conn& conn) : conn_(conn) {}

  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers, beast::error_code& error) {
    const asio::mutable_buffer first = *asio::buffer_sequence_begin(buffers);
    const auto count = conn_.read(std::span(static_cast<std::byte*>(first.data()), first.size()));
    if (!count) {
      error = count.error();
      return 0;
    }
    error = *count == 0 && first.size() > 0 ? beast::error_code(asio::error::eof) : beast::error_code();
    return *count;
  }
  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers) {
    return or_throw([&](beast::error_code& error) { return read_some(buffers, error); });
  }

  template <typename Buffers>
  std::size_t write_some(const Buffers& buffers, beast::error_code& error) {
    std::size_t written = 0;
    error = {};
    for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers); ++it) {
      const asio::const_buffer one = *it;
      if (const auto sent = conn_.write(std::span(static_cast<const std::byte*>(one.data()), one.size()));
          !sent) {
        error = sent.error();
        break;
      }
      written += one.size();
    }
    return written;
  }
  template <typename Buffers>
  std::size_t write_some(const Buffers& buffers) {
    return or_throw([&](beast::error_code& error) { return write_some(buffers, error); });
  }

 private:
  // The concepts ask for these forms too; nothing here uses them.
  template <typename Attempt>
  static std::size_t or_throw(Attempt&& attempt) {
    beast::error_code error;
    const std::size_t count = attempt(error);
    if (error) throw beast::system_error(error);
    return count;
  }

  leat::net::tcp_conn& conn_;
};

using response_parser = http::response_parser<http::buffer_body>;

std::string text_of(const beast::error_code& error) {
  if (error == asio::error::eof || error == http::error::end_of_stream ||
      error == http::error::partial_message) {
    return "the server has closed the connection";
  }
  return reason_of(error);
}

bool is_interim(unsigned status) {
  return status / 100 == 1;
}

http_response head_of(const response_parser& parser) {
  http_response head;
  head.status = parser.get().result_int();
  if (const auto length = parser.content_length()) head.length = *length;
  for (const auto& field : parser.get().base()) {
    head.fields.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  return head;
}

}  // namespace

std::string_view http_response::field(std::string_view name) const {
  for (const auto& [own, value] : fields) {
    if (beast::iequals(own, name)) return value;
  }
  return {};
}

struct http_client::connection {
  leat::net::tcp_conn conn;
  beast::flat_buffer buffer{head_limit_bytes + piece_bytes};
  std::optional<response_parser> parser;  // of the response that is being read
  bool used = false;                      // a request has been answered on it
  bool keep = false;                      // the response that is being read lets it be used again
};

http_client::http_client(std::string address, std::chrono::seconds idle_limit)
    : address_(std::move(address)), idle_limit_(idle_limit) {}

http_client::~http_client() = default;

void http_client::drop() noexcept {
  connection_.reset();
}

http_failure http_client::broken(std::string_view doing, std::string_view why) {
  drop();
  return {.text = fmt::format("{} {}: {}", doing, address_, why), .may_retry = true};
}

http_result<void> http_client::connect() {
  auto conn = leat::net::dial_tcp(address_, {.timeout = dial_patience});
  if (!conn)
    return std::unexpected(http_failure{.text = dial_failure(address_, conn.error()), .may_retry = true});
  connection_ = std::make_unique<connection>();
  connection_->conn = std::move(*conn);
  return {};
}

http_result<void> http_client::send_head(const http_request& asked, std::optional<std::uint64_t> length) {
  http::request<http::empty_body> message;
  message.method_string(asked.method);
  message.target(asked.target);
  message.version(11);
  message.set(http::field::host, address_);
  message.set(http::field::user_agent, user_agent);
  for (const auto& [name, value] : asked.fields)
    message.set(name, value);
  if (length) {
    message.set(http::field::content_length, fmt::format("{}", *length));
    message.set(http::field::expect, "100-continue");
  }
  static_cast<void>(connection_->conn.set_deadline(idle_limit_));
  http::request_serializer<http::empty_body> serializer(message);
  stream wire(connection_->conn);
  beast::error_code error;
  http::write_header(wire, serializer, error);
  if (error && error != http::error::end_of_stream)
    return std::unexpected(broken("cannot send to", text_of(error)));
  return {};
}

// Reads the head of the next response, which may be an interim one (1xx); returns its status.
http_result<unsigned> http_client::read_any_head(bool only_head) {
  connection& here = *connection_;
  stream wire(here.conn);
  here.parser.emplace();
  here.parser->header_limit(head_limit_bytes);
  here.parser->body_limit(boost::none);
  here.parser->skip(only_head);
  beast::error_code error;
  http::read_header(wire, here.buffer, *here.parser, error);
  if (!error) return here.parser->get().result_int();
  const bool broke =
      error == http::error::end_of_stream || error.category() != http::make_error_code({}).category();
  http_failure failure = broken("no answer from", text_of(error));
  failure.may_retry = broke;
  return std::unexpected(std::move(failure));
}

// What read_any_head() has read is the final response.
http_response http_client::accept_head() {
  connection& here = *connection_;
  here.keep = here.parser->keep_alive();
  http_response head = head_of(*here.parser);
  here.used = true;
  if (here.parser->is_done() && !here.keep) drop();
  return head;
}

http_result<http_response> http_client::read_head(bool only_head) {
  for (;;) {
    const auto status = read_any_head(only_head);
    if (!status) return std::unexpected(status.error());
    if (!is_interim(*status)) return accept_head();
  }
}

http_result<http_response> http_client::request(const http_request& asked) {
  for (bool fresh = false;;) {
    // An unread rest of the last response would be taken for the next one.
    if (connection_ && connection_->parser && !connection_->parser->is_done()) drop();
    if (!connection_) {
      fresh = true;
      if (auto connected = connect(); !connected) return std::unexpected(connected.error());
    }
    http_result<http_response> head;
    if (auto sent = send_head(asked, std::nullopt); !sent) {
      head = std::unexpected(sent.error());
    } else {
      head = read_head(asked.method == "HEAD");
    }
    // A kept connection may have been closed just when we were going to use it.
    if (head || fresh || !head.error().may_retry) return head;
  }
}

// Nothing: the body is wanted, as the server says or leaves open by its silence. Otherwise the answer that it
// has given instead.
http_result<std::optional<http_response>> http_client::wait_for_continue() {
  connection& here = *connection_;
  const auto deadline = leat::deadline_after(continue_patience);
  for (;;) {
    // Something may have come along with an earlier interim response.
    if (here.buffer.size() == 0) {
      static_cast<void>(here.conn.set_read_deadline(deadline));
      const auto readable = here.conn.wait_readable();
      static_cast<void>(here.conn.set_deadline(idle_limit_));
      if (!readable && readable.error() == leat::errc::deadline_exceeded) return std::nullopt;
      if (!readable) return std::unexpected(broken("no answer from", reason_of(readable.error())));
    }
    const auto status = read_any_head(false);
    if (!status) return std::unexpected(status.error());
    if (*status == 100) return std::nullopt;
    if (!is_interim(*status)) return accept_head();
  }
}

http_result<void> http_client::send_body(std::uint64_t length, const body_source& source) {
  std::vector<std::byte> piece(piece_bytes);
  for (std::uint64_t sent = 0; sent < length;) {
    const auto count = source(piece);
    if (!count) {
      drop();
      return std::unexpected(count.error());
    }
    static_cast<void>(connection_->conn.set_deadline(idle_limit_));
    if (auto written = connection_->conn.write(std::span(piece).first(*count)); !written) {
      return std::unexpected(http_failure{.text = reason_of(written.error()), .may_retry = true});
    }
    sent += *count;
  }
  return {};
}

http_result<http_response> http_client::upload(const http_request& asked, std::uint64_t length,
                                               const body_source& source) {
  // A fresh connection: what was sent into one that the server has just given up would be lost.
  if (auto connected = connect(); !connected) return std::unexpected(connected.error());
  if (auto sent = send_head(asked, length); !sent) return std::unexpected(sent.error());
  auto refused = wait_for_continue();
  if (!refused) return std::unexpected(refused.error());
  if (*refused) {
    // Without its body the request is not complete: nothing else can follow on this connection.
    if (connection_) connection_->keep = false;
    return std::move(**refused);
  }
  const auto sent = send_body(length, source);
  if (sent) return read_head(false);
  if (!connection_) return std::unexpected(sent.error());
  // The server may have said why before it hung up.
  auto head = read_head(false);
  if (!head) return std::unexpected(broken("cannot send to", sent.error().text));
  if (connection_) connection_->keep = false;
  return head;
}

http_result<std::size_t> http_client::read_body(std::span<std::byte> buffer) {
  if (!connection_ || !connection_->parser || connection_->parser->is_done()) {
    if (connection_ && !connection_->keep) drop();
    return 0;
  }
  connection& here = *connection_;
  stream wire(here.conn);
  auto& body = here.parser->get().body();
  body.data = buffer.data();
  body.size = buffer.size();
  beast::error_code error;
  while (!error && body.size == buffer.size() && !here.parser->is_done()) {
    static_cast<void>(here.conn.set_read_deadline(idle_limit_));
    http::read_some(wire, here.buffer, *here.parser, error);
  }
  if (error && error != http::error::need_buffer) {
    return std::unexpected(broken("the transfer broke off from", text_of(error)));
  }
  return buffer.size() - body.size;
}

http_result<std::string> http_client::read_text(std::size_t limit_bytes) {
  std::string text;
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const auto count = read_body(std::as_writable_bytes(std::span(buffer)));
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return text;
    text.append(buffer.data(), *count);
    if (text.size() > limit_bytes) {
      drop();
      return std::unexpected(http_failure{
          .text = fmt::format("the answer of {} is longer than {} bytes", address_, limit_bytes)});
    }
  }
}

}  // namespace cli
