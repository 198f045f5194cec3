// Sends the answer to one request.
#pragma once

#include <cstdint>
#include <string_view>

#include <hub/http/limits.hpp>
#include <hub/http/paced_conn.hpp>
#include <hub/http/request.hpp>
#include <hub/http/response.hpp>

namespace hub::http {

// Every function returns false once the connection is of no further use, and then does nothing any more.
class answer_writer {
 public:
  answer_writer(paced_conn& conn, const limits& bounds) : conn_(conn), limits_(bounds) {}

  // What the request's header says about its answer: no body for HEAD, and whether the connection may stay
  // open.
  void prepare(const request& asked);

  // The connection ends behind this answer.
  void close_afterwards() { keep_ = false; }
  bool keeps_open() const { return good_ && keep_; }

  // 100 Continue: the client waits for it before it sends the body.
  bool send_continue();

  // An answer with its body, or with one that lies elsewhere, which is sent from there.
  bool send(const response& answer) { return send(answer, answer.body); }
  bool send(const response& answer, std::string_view body);

  // An answer whose body of `length` bytes follows, unless `wants_body()` is false.
  bool send_head(const response& answer, std::uint64_t length);
  bool wants_body() const { return !head_only_; }
  bool send_text(std::string_view text);
  // Fails, too, if the file is shorter than it was said to be: the client sees the answer break off.
  bool send_file(int file, std::uint64_t offset, std::uint64_t count);

 private:
  bool write(std::string_view head, std::string_view body);
  bool mark(bool succeeded) { return good_ = good_ && succeeded; }
  afterwards then() const;

  paced_conn& conn_;
  const limits& limits_;
  bool head_only_ = false;
  bool is_http_1_0_ = false;
  bool keep_ = false;
  bool good_ = true;
};

}  // namespace hub::http
