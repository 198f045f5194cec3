// Beast knows the handshake, the compression and what frames may be; it does not wait here. A message is
// given to it only once all its frames have come, so that deadlines leave nothing half-read; what it sends
// goes into a string. Pings are answered before that, for they may come between the frames of a message.
//
// One goroutine reads and others write, and Beast's stream is for one user at a time: hence the lock around
// it, which nobody holds while waiting. The string goes to the connection in the order in which it grew, by
// whoever has the turn to send. A reader leaves that to others, so that it never waits for a client that does
// not read.
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/websocket.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <mutex>
#include <span>
#include <string>
#include <utility>

#include <leat/go.hpp>
#include <leat/mutex.hpp>
#include <leat/time.hpp>

#include <hub/http/field.hpp>
#include <hub/http/own_origin.hpp>
#include <hub/http/pace.hpp>
#include <hub/http/websocket.hpp>
#include <hub/http/websocket_frame.hpp>

namespace hub::http {

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

constexpr std::string_view text_dialect = "text.ircv3.net";
constexpr std::string_view binary_dialect = "binary.ircv3.net";

// Small, for every client has its own: a window of 4 KiB each way is about what fits of a conversation.
constexpr int window_bits = 12;
constexpr std::size_t least_compressed_bytes = 64;
constexpr std::size_t piece_bytes = 512;

constexpr std::size_t key_bytes = 24;  // of Sec-WebSocket-Key: sixteen bytes in base64
constexpr std::chrono::seconds last_word_patience{2};

std::unexpected<refusal> refuse(unsigned status, std::string text) {
  return std::unexpected(refusal{status, std::move(text)});
}

bool lists(const request& asked, std::string_view field, std::string_view word) {
  const auto value = asked.field(field);
  return value &&
         std::ranges::any_of(split_list(*value), [&](std::string_view one) { return same_word(one, word); });
}

bool may_come_from(std::string_view origin, const request& asked, const origin_policy& policy) {
  return is_own_origin(origin, asked.field("Host").value_or(""), policy.public_url) ||
         std::ranges::any_of(policy.others,
                             [&](const std::string& one) { return one == "*" || one == origin; });
}

// The one that the client would rather speak of those that we do; empty if it names none.
std::string_view dialect_of(const request& asked) {
  const auto named = asked.field("Sec-WebSocket-Protocol").value_or("");
  for (const std::string_view one : split_list(named)) {
    if (one == text_dialect) return text_dialect;
    if (one == binary_dialect) return binary_dialect;
  }
  return {};
}

beast::http::request<beast::http::empty_body> as_beast_request(const request& asked) {
  beast::http::request<beast::http::empty_body> copied(beast::http::verb::get, asked.target, 11);
  for (const auto& [name, value] : asked.fields)
    copied.insert(name, value);
  return copied;
}

// Beast wants an executor, for waits with time limits that are not made here: nobody ever runs it.
asio::io_context& idle_executor() {
  static asio::io_context& context = *new asio::io_context(1);
  return context;
}

class connection;

// What Beast takes for the connection: whole messages on one side, and a string on the other.
class carrier {
 public:
  using executor_type = asio::io_context::executor_type;

  explicit carrier(connection& of) : of_(&of) {}

  executor_type get_executor() const noexcept { return idle_executor().get_executor(); }

  template <typename Buffers>
  std::size_t read_some(const Buffers& into, beast::error_code& error);
  template <typename Buffers>
  std::size_t write_some(const Buffers& from, beast::error_code& error);

  // Beast's concept of a stream has these too.
  template <typename Buffers>
  std::size_t read_some(const Buffers& into) {
    return must([&](beast::error_code& error) { return read_some(into, error); });
  }
  template <typename Buffers>
  std::size_t write_some(const Buffers& from) {
    return must([&](beast::error_code& error) { return write_some(from, error); });
  }

 private:
  template <typename Call>
  static std::size_t must(Call call) {
    beast::error_code error;
    const std::size_t count = call(error);
    if (error) throw beast::system_error(error);
    return count;
  }

  connection* of_;
};

// Beast would end the connection below when it ends its own; we do that.
void teardown(beast::role_type, carrier&, beast::error_code& error) {
  error = {};
}

class connection : public std::enable_shared_from_this<connection> {
 public:
  connection(std::shared_ptr<paced_conn> below, std::string_view early, const websocket_limits& bounds)
      : below_(std::move(below)),
        bounds_(bounds),
        arrived_(early),
        pace_(bounds.burst_bytes, bounds.bytes_per_second),
        protocol_(carrier(*this)) {}

  void accept(const request& asked, std::span<const std::string> cookies);
  leat::result<std::size_t> read(std::span<std::byte> into);
  leat::result<void> await_line();
  leat::result<void> write(std::span<const std::span<const std::byte>> parts);
  leat::result<void> close_write();

  leat::net::tcp_conn& below() { return below_->conn(); }

 private:
  friend class carrier;

  // What has become of a look at what has arrived.
  enum class found : unsigned char { nothing, line, end };

  leat::result<void> read_more();
  found take_frames();
  found take_message();
  found end_with(close_reason why);
  void answer_ping(std::string_view frame, const frame_header& header);
  void write_line(std::string_view line);
  leat::result<void> send_outgoing();
  void send_aside();

  const std::shared_ptr<paced_conn> below_;
  const websocket_limits bounds_;

  // Of the reader:
  std::string line_;  // with its end; what of it is read already: taken_
  std::size_t taken_ = 0;
  bool at_end_ = false;
  std::string arrived_;  // from below; no whole frame once it was looked at
  std::string message_;  // the frames of a message, so far
  pace pace_;

  leat::mutex turn_;  // to send; taken before state_

  leat::mutex state_;  // guards what follows
  beast::websocket::stream<carrier, true> protocol_;
  std::string_view feed_;         // what the protocol may read
  std::string outgoing_;          // frames, whole ones
  std::string unfinished_;        // the beginning of a line
  bool ending_ = false;           // our close frame has been made
  bool aside_ = false;            // a goroutine is about to send what is outgoing
  leat::result<void> sent_ = {};  // what became of sending
};

template <typename Buffers>
std::size_t carrier::read_some(const Buffers& into, beast::error_code& error) {
  const std::size_t count = asio::buffer_copy(into, asio::buffer(of_->feed_));
  of_->feed_.remove_prefix(count);
  error = {};
  // Only whole messages are fed: who wants more has found something that is none.
  if (count == 0 && beast::buffer_bytes(into) > 0) error = asio::error::eof;
  return count;
}

template <typename Buffers>
std::size_t carrier::write_some(const Buffers& from, beast::error_code& error) {
  error = {};
  const std::size_t before = of_->outgoing_.size();
  for (const asio::const_buffer one : beast::buffers_range_ref(from))
    of_->outgoing_.append(static_cast<const char*>(one.data()), one.size());
  return of_->outgoing_.size() - before;
}

void connection::accept(const request& asked, std::span<const std::string> cookies) {
  namespace websocket = beast::websocket;
  {
    const std::lock_guard hold(state_);
    websocket::permessage_deflate compression;
    compression.server_enable = true;
    compression.server_max_window_bits = window_bits;
    compression.client_max_window_bits = window_bits;
    compression.msg_size_threshold = least_compressed_bytes;
    protocol_.set_option(compression);
    protocol_.read_message_max(bounds_.message_bytes);
    protocol_.auto_fragment(false);
    protocol_.write_buffer_bytes(piece_bytes);
    const std::string_view dialect = dialect_of(asked);
    protocol_.binary(dialect == binary_dialect);
    protocol_.set_option(websocket::stream_base::decorator(
        [dialect, given = std::vector(cookies.begin(), cookies.end())](websocket::response_type& answer) {
          if (!dialect.empty()) answer.set(beast::http::field::sec_websocket_protocol, dialect);
          for (const std::string& one : given)
            answer.insert(beast::http::field::set_cookie, one);
        }));
    beast::error_code error;
    protocol_.accept(as_beast_request(asked), error);
    at_end_ = error.failed();  // Beast has answered why
  }
  static_cast<void>(send_outgoing());
}

leat::result<std::size_t> connection::read(std::span<std::byte> into) {
  if (into.empty()) return 0;
  if (auto waited = await_line(); !waited) return std::unexpected(waited.error());
  const std::size_t count = std::min(into.size(), line_.size() - taken_);
  std::memcpy(into.data(), line_.data() + taken_, count);
  taken_ += count;
  return count;
}

// Afterwards a read does not wait: something of a line is left to be read, or the end has come.
leat::result<void> connection::await_line() {
  while (taken_ == line_.size() && !at_end_) {
    switch (take_frames()) {
      case found::line:
        break;
      case found::end:
        at_end_ = true;
        // The last word is worth a moment of waiting.
        static_cast<void>(below().set_write_deadline(last_word_patience));
        static_cast<void>(send_outgoing());
        break;
      case found::nothing:
        send_aside();
        if (auto more = read_more(); !more) return more;
    }
  }
  return {};
}

leat::result<void> connection::read_more() {
  std::array<char, piece_bytes> piece;
  const auto count = below().read(std::as_writable_bytes(std::span(piece)));
  if (!count) return std::unexpected(count.error());
  at_end_ = *count == 0;
  arrived_.append(piece.data(), *count);
  if (const auto pause = pace_.charge(*count); pause.count() > 0) leat::sleep_for(pause);
  return {};
}

connection::found connection::take_frames() {
  std::size_t used = 0;
  found outcome = found::nothing;
  while (outcome == found::nothing) {
    const auto rest = std::string_view(arrived_).substr(used);
    const auto header = read_frame_header(rest);
    if (!header) break;
    if (header->payload_bytes > bounds_.message_bytes || message_.size() > 2 * bounds_.message_bytes) {
      outcome = end_with(close_reason::too_big);
      break;
    }
    const std::size_t size = header->header_bytes + static_cast<std::size_t>(header->payload_bytes);
    if (rest.size() < size) break;
    const std::string_view frame = rest.substr(0, size);
    used += size;
    if (header->is_sound_control(opcode::ping)) {
      answer_ping(frame, *header);
    } else if (!header->is_sound_control(opcode::pong)) {
      message_.append(frame);
      // What is no part of a message is for Beast to judge.
      if (header->ends_message() || !header->is_data()) outcome = take_message();
    }
  }
  arrived_.erase(0, used);
  return outcome;
}

// Gives Beast the message, and makes a line of it.
connection::found connection::take_message() {
  line_.clear();
  taken_ = 0;
  beast::error_code error;
  {
    const std::lock_guard hold(state_);
    feed_ = message_;
    std::array<char, piece_bytes> piece;
    do {
      const std::size_t count = protocol_.read_some(asio::buffer(piece), error);
      line_.append(piece.data(), count);
    } while (!error && !protocol_.is_message_done());
    ending_ = ending_ || error.failed();  // Beast has said why
    feed_ = {};
  }
  message_.clear();
  if (error) {
    line_.clear();
    return found::end;
  }
  if (line_.ends_with('\n')) line_.pop_back();
  if (line_.ends_with('\r')) line_.pop_back();
  if (line_.find_first_of("\r\n") != std::string::npos) return end_with(close_reason::policy);
  line_ += "\r\n";
  return found::line;
}

connection::found connection::end_with(close_reason why) {
  line_.clear();
  taken_ = 0;
  const std::lock_guard hold(state_);
  if (!std::exchange(ending_, true)) outgoing_ += close_frame(why);
  return found::end;
}

// Of several pings, RFC 6455 lets us answer the last one only: who does not take the answers gets no more.
void connection::answer_ping(std::string_view frame, const frame_header& header) {
  const std::string pong = pong_frame(frame, header);
  const std::lock_guard hold(state_);
  if (!ending_ && outgoing_.size() < bounds_.waiting_bytes) outgoing_ += pong;
}

leat::result<void> connection::write(std::span<const std::span<const std::byte>> parts) {
  {
    const std::lock_guard hold(state_);
    if (ending_) return std::unexpected(std::make_error_code(std::errc::broken_pipe));
    for (const std::span<const std::byte> part : parts) {
      std::string_view text(reinterpret_cast<const char*>(part.data()), part.size());
      for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        write_line(text.substr(0, end));
        text.remove_prefix(end + 1);
      }
      unfinished_ += text;
    }
  }
  return send_outgoing();
}

// With state_ held.
void connection::write_line(std::string_view line) {
  if (!unfinished_.empty()) line = unfinished_.append(line);
  if (line.ends_with('\r')) line.remove_suffix(1);
  beast::error_code error;  // there is none while the protocol is open: a string takes everything
  if (!line.empty()) protocol_.write(asio::buffer(line), error);
  unfinished_.clear();
}

leat::result<void> connection::close_write() {
  {
    const std::lock_guard hold(state_);
    if (!std::exchange(ending_, true)) outgoing_ += close_frame(close_reason::normal);
  }
  if (auto sent = send_outgoing(); !sent) return sent;
  return below().close_write();
}

// Whoever comes while others send waits until its own bytes are sent, too: by them, or by itself.
leat::result<void> connection::send_outgoing() {
  const std::lock_guard turn(turn_);
  for (;;) {
    std::string frames;
    {
      const std::lock_guard hold(state_);
      if (!sent_ || outgoing_.empty()) return sent_;
      frames.swap(outgoing_);
    }
    auto written = below().write(frames);
    const std::lock_guard hold(state_);
    if (!written) sent_ = written;
  }
}

void connection::send_aside() {
  {
    const std::lock_guard hold(state_);
    if (outgoing_.empty() || std::exchange(aside_, true)) return;
  }
  leat::go([self = shared_from_this()] {
    {
      const std::lock_guard hold(self->state_);
      self->aside_ = false;  // what comes from now on may have been missed
    }
    static_cast<void>(self->send_outgoing());
  });
}

class websocket_stream final : public leat::net::stream {
 public:
  explicit websocket_stream(std::shared_ptr<connection> inside) : inside_(std::move(inside)) {}
  leat::result<std::size_t> read(std::span<std::byte> buffer) override { return inside_->read(buffer); }
  leat::result<void> wait_readable() override { return inside_->await_line(); }
  leat::result<void> write(std::span<const std::byte> data) override {
    return inside_->write(std::span(&data, 1));
  }
  leat::result<void> writev(std::span<const std::span<const std::byte>> parts) override {
    return inside_->write(parts);
  }
  leat::result<void> close_write() override { return inside_->close_write(); }
  leat::result<void> close_read() override { return inside_->below().close_read(); }
  leat::result<void> close() noexcept override { return inside_->below().close(); }
  leat::result<void> set_read_deadline(leat::time_point when) noexcept override {
    return inside_->below().set_read_deadline(when);
  }
  leat::result<void> set_write_deadline(leat::time_point when) noexcept override {
    return inside_->below().set_write_deadline(when);
  }

 private:
  const std::shared_ptr<connection> inside_;
};

}  // namespace

std::expected<void, refusal> check_handshake(const request& asked, const origin_policy& policy) {
  if (asked.method != "GET") return refuse(405, "a WebSocket connection begins with GET");
  if (!lists(asked, "Upgrade", "websocket") || !lists(asked, "Connection", "upgrade"))
    return refuse(426, "this address speaks WebSocket: a client asks for it with Upgrade: websocket");
  if (asked.is_http_1_0 || asked.has_body())
    return refuse(400, "a WebSocket handshake is HTTP/1.1 and has no body");
  if (asked.field("Sec-WebSocket-Version").value_or("") != "13")
    return refuse(426, "the only version of WebSocket here is 13");
  if (asked.count("Sec-WebSocket-Key") != 1 || asked.field("Sec-WebSocket-Key")->size() != key_bytes)
    return refuse(400, "the Sec-WebSocket-Key is missing or malformed");
  if (const auto origin = asked.field("Origin"); origin && !may_come_from(*origin, asked, policy)) {
    return refuse(403,
                  fmt::format("pages of {} may not connect (server.origins would have to name it)", *origin));
  }
  return {};
}

std::unique_ptr<leat::net::stream> accept_websocket(std::shared_ptr<paced_conn> conn, const request& asked,
                                                    std::string_view early,
                                                    std::span<const std::string> cookies,
                                                    const websocket_limits& bounds) {
  auto inside = std::make_shared<connection>(std::move(conn), early, bounds);
  inside->accept(asked, cookies);
  return std::make_unique<websocket_stream>(std::move(inside));
}

}  // namespace hub::http
