#include <fmt/format.h>

#include <expected>
#include <string>
#include <utility>

#include <leat/blocking.hpp>

#include <hub/http/body_pieces.hpp>
#include <hub/http/conditions.hpp>
#include <hub/http/digest_field.hpp>
#include <hub/http/download.hpp>
#include <hub/http/listing.hpp>
#include <hub/http/range.hpp>
#include <hub/http/receive.hpp>
#include <hub/http/store_answer.hpp>

namespace hub::http {
namespace {

// What the header announces.
struct plan {
  std::optional<std::uint64_t> total_bytes;  // of the whole file
  std::optional<upload_range> range;         // of the file, that this body is; nothing: all of it
  std::optional<files::digest> digest;       // of the whole file
};

std::unexpected<response> refuse(unsigned status, std::string_view sentence) {
  return std::unexpected(plain_answer(status, sentence));
}

std::expected<plan, response> make_plan(const request& asked) {
  plan made;
  if (!asked.content_length && !asked.is_chunked) {
    return refuse(411, "an upload needs a Content-Length or Transfer-Encoding: chunked");
  }
  if (const auto coding = asked.field("Content-Encoding"); coding && *coding != "identity") {
    return refuse(415, "files are stored as they come: send this one without Content-Encoding");
  }
  made.total_bytes = asked.content_length;
  if (const auto field = asked.field("Content-Range")) {
    made.range = parse_content_range(*field);
    if (!made.range) return refuse(400, "an upload's Content-Range must be: bytes FIRST-LAST/TOTAL");
    if (asked.content_length && *asked.content_length != made.range->range.length()) {
      return refuse(400, "Content-Range and Content-Length contradict each other");
    }
    made.total_bytes = made.range->total_bytes;
  }
  if (const auto field = asked.field("Repr-Digest")) {
    const auto parsed = parse_repr_digest(*field);
    if (!parsed) return refuse(400, parsed.error());
    made.digest = *parsed;
  } else if (const auto legacy = asked.field("Digest")) {
    const auto parsed = parse_legacy_digest(*legacy);
    if (!parsed) return refuse(400, parsed.error());
    made.digest = *parsed;
  }
  return made;
}

std::optional<validators> validators_of(const std::optional<files::file_version>& present) {
  if (!present) return std::nullopt;
  return validators{etag_of(present->content), present->modified_s};
}

class receiver {
 public:
  receiver(files::file_store& store, const request& asked, const files::area& where,
           const files::file_name& name, request_reader& body, answer_writer& out)
      : store_(store),
        asked_(asked),
        where_(where),
        name_(name),
        body_(body),
        out_(out),
        conditions_(asked) {}

  reception run() {
    auto made = make_plan(asked_);
    if (!made) return give_up(std::move(made.error()));
    plan_ = *made;
    if (!conditions_hold())
      return give_up(plain_answer(412, "the file there is not the one that was expected"));
    auto begun = leat::blocking([&] { return begin(); });
    if (!begun) return give_up(answer_for(begun.error()));
    if (asked_.expects_continue && !out_.send_continue())
      return {.answer = {}, .published = {}, .can_answer = false};
    if (auto broken = receive(*begun)) return std::move(*broken);
    return finish(*begun);
  }

 private:
  // The body has not been read to its end, so no other request can follow it.
  reception give_up(response answer) {
    out_.close_afterwards();
    return {.answer = std::move(answer), .published = {}};
  }

  // Asked once before the body, which may be large, and again when it is published.
  bool conditions_hold() const {
    if (!conditions_.concern_changes()) return true;
    const auto present = leat::blocking([&]() -> std::optional<files::file_version> {
      const auto file = store_.read(where_, name_);
      if (!file) return std::nullopt;
      return files::file_version{file->content, file->modified_s};
    });
    return conditions_.evaluate(validators_of(present), false) == verdict::proceed;
  }

  files::result<files::upload> begin() {
    if (plan_.range) return store_.resume(where_, name_, plan_.range->range.first, plan_.range->total_bytes);
    return store_.begin(where_, name_, plan_.total_bytes);
  }

  // Nothing: all of the body has been stored.
  std::optional<reception> receive(files::upload& into) {
    body_pieces pieces(body_);
    for (;;) {
      const auto piece = pieces.next();
      const auto written = leat::blocking([&] { return into.write(piece.bytes); });
      if (!written) return give_up(answer_for(written.error()));
      if (piece.broken) return break_off(into, *piece.broken);
      if (piece.last) return std::nullopt;
    }
  }

  reception break_off(files::upload& upload, const refusal& why) {
    leat::blocking([&] { return upload.suspend(); });
    auto ended = give_up(plain_answer(why.status, why.text));
    ended.can_answer = why.status != 0;
    return ended;
  }

  reception finish(files::upload& upload) {
    const auto here = upload.received_bytes();
    if (plan_.range && here != plan_.range->range.last + 1) return contradict_length(upload);
    if (plan_.range && here < plan_.range->total_bytes) return wait_for_rest(upload);
    const files::publish_terms terms{
        .announced = plan_.digest,
        .allowed = conditions_.concern_changes() ? condition() : files::condition()};
    auto done = leat::blocking([&] { return upload.publish(terms); });
    if (!done) return {.answer = answer_for(done.error()), .published = {}};
    auto answer = plain_answer(
        done->created ? 201 : 200,
        fmt::format("{} {} ({} bytes, SHA-256 {})", done->created ? "stored" : "replaced",
                    path_of(where_, name_.text()), done->size_bytes, files::to_hex(done->content)));
    answer.add("ETag", etag_of(done->content));
    if (done->created) answer.add("Location", path_of(where_, name_.text()));
    return {.answer = std::move(answer), .published = *done};
  }

  // A chunked body. Fewer bytes than were promised are still what belongs there.
  reception contradict_length(files::upload& upload) {
    auto answer = plain_answer(400, "the body has another length than its Content-Range says");
    const auto here = upload.received_bytes();
    if (here <= plan_.range->range.last && leat::blocking([&] { return upload.suspend(); }))
      answer.add("Upload-Offset", std::to_string(here));
    return {.answer = std::move(answer), .published = {}};
  }

  files::condition condition() const {
    return [this](const std::optional<files::file_version>& present) {
      return conditions_.evaluate(validators_of(present), false) == verdict::proceed;
    };
  }

  reception wait_for_rest(files::upload& upload) {
    const auto here = upload.received_bytes();
    const bool kept = leat::blocking([&] { return upload.suspend(); });
    if (!kept)
      return {.answer = plain_answer(500, "the part of the file could not be kept"), .published = {}};
    auto answer = plain_answer(202, fmt::format("{} of {} bytes are here", here, plan_.range->total_bytes));
    answer.add("Upload-Offset", std::to_string(here));
    return {.answer = std::move(answer), .published = {}};
  }

  files::file_store& store_;
  const request& asked_;
  const files::area& where_;
  const files::file_name& name_;
  request_reader& body_;
  answer_writer& out_;
  const asked_conditions conditions_;
  plan plan_;
};

}  // namespace

reception receive_upload(files::file_store& store, const request& asked, const files::area& where,
                         const files::file_name& name, request_reader& body, answer_writer& out) {
  return receiver(store, asked, where, name, body, out).run();
}

}  // namespace hub::http
