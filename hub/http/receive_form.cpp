#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <leat/blocking.hpp>

#include <hub/http/body_pieces.hpp>
#include <hub/http/conditions.hpp>
#include <hub/http/listing.hpp>
#include <hub/http/multipart.hpp>
#include <hub/http/receive_form.hpp>
#include <hub/http/store_answer.hpp>

namespace hub::http {
namespace {

class form_receiver {
 public:
  form_receiver(files::file_store& store, const files::area& where, std::string_view boundary,
                const limits& bounds)
      : store_(store), where_(where), parser_(boundary, {.parts = bounds.form_parts}) {}

  // Stores what these bytes bring; an answer if it cannot be done. Blocks on the disk.
  std::optional<response> take(std::string_view bytes) {
    while (!bytes.empty() && !parser_.is_whole()) {
      auto next = parser_.take(bytes);
      if (!next) return plain_answer(400, next.error());
      if (auto wrong = act_on(*next)) return wrong;
    }
    return std::nullopt;
  }

  bool is_whole() const { return parser_.is_whole(); }
  std::vector<files::published> take_published() { return std::move(published_); }

 private:
  std::optional<response> act_on(const form_event& next) {
    switch (next.what) {
      case form_event::begin:
        return begin(next.header);
      case form_event::content:
        return write(next.bytes);
      case form_event::part_end:
        return publish();
      case form_event::more:
      case form_event::end:
        break;
    }
    return std::nullopt;
  }

  std::optional<response> begin(const part_header& header) {
    // The former is an ordinary field, the latter a field for files in which none was chosen.
    is_unnamed_ = header.file_name && header.file_name->empty();
    if (!header.file_name || is_unnamed_) return std::nullopt;
    const auto name = files::file_name::parse(*header.file_name);
    if (!name) return plain_answer(400, name.error());
    auto begun = store_.begin(where_, *name, std::nullopt);
    if (!begun) return answer_for(begun.error());
    upload_.emplace(std::move(*begun));
    return std::nullopt;
  }

  std::optional<response> write(std::string_view bytes) {
    if (is_unnamed_) return plain_answer(400, "a file of the form needs a name");
    if (!upload_) return std::nullopt;
    const auto written = upload_->write(std::as_bytes(std::span(bytes)));
    return written ? std::nullopt : std::optional(answer_for(written.error()));
  }

  std::optional<response> publish() {
    if (!upload_) return std::nullopt;
    auto done = upload_->publish({.other = files::namesake::kept});
    upload_.reset();
    if (!done) return answer_for(done.error());
    published_.push_back(std::move(*done));
    return std::nullopt;
  }

  files::file_store& store_;
  const files::area& where_;
  multipart_parser parser_;
  std::optional<files::upload> upload_;  // of the part that is coming, if it is a file
  bool is_unnamed_ = false;              // ... and it has a name of no letters
  std::vector<files::published> published_;
};

std::string lines_about(const files::area& where, const std::vector<files::published>& stored) {
  std::string lines;
  for (const auto& each : stored)
    lines += fmt::format("stored {} ({} bytes, SHA-256 {})\n", path_of(where, each.name), each.size_bytes,
                         files::to_hex(each.content));
  return lines;
}

response answer_about(const files::area& where, const std::vector<files::published>& stored) {
  auto answer = plain_answer(201, "");
  answer.body = lines_about(where, stored);
  if (stored.size() > 1) return answer;
  answer.add("Location", path_of(where, stored.front().name));
  answer.add("ETag", etag_of(stored.front().content));
  return answer;
}

}  // namespace

form_reception receive_form(files::file_store& store, const request& asked, const files::area& where,
                            const limits& bounds, request_reader& body, answer_writer& out) {
  // The body has not been read to its end, so no other request can follow it.
  const auto give_up = [&](response answer) {
    out.close_afterwards();
    return form_reception{.answer = std::move(answer), .published = {}};
  };
  const auto boundary = boundary_of(asked.field("Content-Type").value_or(""));
  if (!boundary) return give_up(plain_answer(415, boundary.error()));
  if (asked.field("Content-Encoding").value_or("identity") != "identity")
    return give_up(
        plain_answer(415, "files are stored as they come: send the form without Content-Encoding"));
  if (asked.expects_continue && !out.send_continue())
    return {.answer = {}, .published = {}, .can_answer = false};

  form_receiver receiver(store, where, *boundary, bounds);
  body_pieces pieces(body);
  std::optional<response> wrong;
  bool can_answer = true;
  for (;;) {
    const auto piece = pieces.next();
    const std::string_view text(reinterpret_cast<const char*>(piece.bytes.data()), piece.bytes.size());
    wrong = leat::blocking([&] { return receiver.take(text); });
    can_answer = !piece.broken || piece.broken->status != 0;
    if (!wrong && piece.broken) wrong = plain_answer(piece.broken->status, piece.broken->text);
    // What breaks the form or its connection leaves bytes that are no request.
    if (wrong) out.close_afterwards();
    if (wrong || piece.last) break;
  }
  form_reception done{.answer = {}, .published = receiver.take_published(), .can_answer = can_answer};
  if (!wrong && !receiver.is_whole())
    wrong = plain_answer(400, "the form is cut off before its last boundary");
  if (!wrong && done.published.empty()) wrong = plain_answer(400, "the form brought no file");
  if (wrong) {
    done.answer = std::move(*wrong);
    done.answer.body.insert(0, lines_about(where, done.published));
  } else {
    done.answer = answer_about(where, done.published);
  }
  return done;
}

}  // namespace hub::http
