// A site that listens on loopback, and a client that says and reads exactly what a test wants. For tests
// only.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <leat/context.hpp>
#include <leat/go.hpp>
#include <leat/net/tcp.hpp>
#include <leat/wait_group.hpp>

#include <hub/files/scratch_folder.hpp>
#include <hub/http/field.hpp>
#include <hub/http/site.hpp>

namespace hub::http {

using namespace std::chrono_literals;

struct received {
  unsigned status = 0;  // 0: the connection ended instead
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;

  // The value of a field, or "" if it is not there.
  std::string field(std::string_view name) const {
    for (const auto& [each, value] : fields) {
      if (same_word(each, name)) return value;
    }
    return {};
  }
};

// Speaks HTTP by hand.
class raw_client {
 public:
  explicit raw_client(const leat::net::endpoint& where) : conn_(leat::net::dial_tcp(where).value()) {
    static_cast<void>(conn_.set_deadline(30s));
  }

  void say(std::string_view text) { static_cast<void>(conn_.write(text)); }
  void finish() { static_cast<void>(conn_.close_write()); }
  void close() { static_cast<void>(conn_.close()); }

  // Reads one answer; `head`: it has no body whatever its length says.
  received read_answer(bool head = false) {
    received answer;
    while (!buffer_.contains("\r\n\r\n")) {
      if (!read_more()) return answer;
    }
    const auto end = buffer_.find("\r\n\r\n");
    parse_head(std::string_view(buffer_).substr(0, end), answer);
    buffer_.erase(0, end + 4);
    const auto length = head ? 0 : parse_digits(answer.field("Content-Length")).value_or(0);
    while (buffer_.size() < length && read_more()) {}
    answer.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    return answer;
  }

  // A whole exchange. `target` and what else stands in the header, each line with its CR LF; a Host is added.
  received ask(std::string_view method, std::string_view target, std::string_view fields = "",
               std::string_view body = "") {
    std::string text = std::string(method) + ' ' + std::string(target) + " HTTP/1.1\r\nHost: test\r\n";
    text += fields;
    if (!body.empty() || method == "PUT") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    text += "\r\n";
    say(text += body);
    return read_answer(method == "HEAD");
  }

  // Whether the server has ended the connection, after everything else was read.
  bool is_ended() { return buffer_.empty() && !read_more(); }

 private:
  static void parse_head(std::string_view head, received& into) {
    const auto line_end = head.find("\r\n");
    into.status = static_cast<unsigned>(parse_digits(head.substr(9, 3)).value_or(0));
    while (!head.empty()) {
      const auto end = head.find("\r\n");
      const auto line = head.substr(0, end);
      const auto colon = line.find(':');
      if (colon != std::string_view::npos && line.data() != head.data() - line_end) {
        into.fields.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
      }
      if (end == std::string_view::npos) break;
      head.remove_prefix(end + 2);
    }
  }

  bool read_more() {
    std::string piece(65536, '\0');
    const auto got = conn_.read(std::as_writable_bytes(std::span(piece)));
    if (!got || *got == 0) return false;
    buffer_.append(piece, 0, *got);
    return true;
  }

  leat::net::tcp_conn conn_;
  std::string buffer_;
};

class site_fixture : public testing::Test {
 protected:
  // Runs `body` while the site serves; ends when all connections have ended.
  template <class Body>
  void serve(Body&& body) {
    leat::run([&] {
      auto opened = files::file_store::open(data_.path(), file_bounds_);
      ASSERT_TRUE(opened) << opened.error().text;
      store_ = std::move(*opened);
      site_ = std::make_unique<site>(*store_, options_,
                                     [this](const announcement& shared) { return note(shared); });
      auto listener = leat::net::listen_tcp("127.0.0.1:0").value();
      address_ = listener.local_address();
      auto [stopping, stop] = leat::with_cancel(leat::context::background());
      stop_ = [&stop] { stop(); };
      leat::wait_group connections;
      connections.go([&, &context = stopping] {
        while (auto conn = listener.accept()) {
          connections.go([this, &context, accepted = std::move(*conn)]() mutable {
            site_->serve(std::move(accepted), context);
          });
        }
      });
      body();
      static_cast<void>(listener.close());
      stop();
      connections.wait();
      site_.reset();
      store_.reset();
    });
  }

  raw_client connect() const { return raw_client(address_); }

  // One exchange on a connection of its own.
  received ask(std::string_view method, std::string_view target, std::string_view fields = "",
               std::string_view body = "") const {
    return connect().ask(method, target, fields, body);
  }

  std::expected<void, std::string> note(const announcement& shared) {
    const std::lock_guard lock(mutex_);
    announced_.push_back(shared);
    if (!announce_error_.empty()) return std::unexpected(announce_error_);
    return {};
  }

  files::scratch_folder data_;
  files::limits file_bounds_;
  site_options options_;
  std::unique_ptr<files::file_store> store_;
  std::unique_ptr<site> site_;
  leat::net::endpoint address_;
  std::function<void()> stop_;

  std::mutex mutex_;
  std::vector<announcement> announced_;  // guarded by mutex_
  std::string announce_error_;
};

}  // namespace hub::http
