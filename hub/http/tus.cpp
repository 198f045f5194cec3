#include <fmt/format.h>

#include <expected>
#include <string>
#include <utility>

#include <leat/blocking.hpp>

#include <hub/http/body_pieces.hpp>
#include <hub/http/field.hpp>
#include <hub/http/http_date.hpp>
#include <hub/http/listing.hpp>
#include <hub/http/store_answer.hpp>
#include <hub/http/tus.hpp>
#include <hub/http/tus_fields.hpp>

namespace hub::http {
namespace {

constexpr std::string_view patch_type = "application/offset+octet-stream";
constexpr std::string_view nameless = "upload";

std::unexpected<response> refuse(unsigned status, std::string_view sentence) {
  return std::unexpected(plain_answer(status, sentence));
}

// An answer that says all in its header.
response silent_answer(unsigned status) {
  return {.status = status, .fields = {}, .body = {}};
}

std::string path_of_upload(std::string_view id) {
  return "/uploads/" + std::string(id);
}

// A field that is a number, if it is there.
std::expected<std::optional<std::uint64_t>, response> number_in(const request& asked, std::string_view name) {
  const auto field = asked.field(name);
  if (!field) return std::nullopt;
  const auto number = parse_digits(trim(*field));
  if (!number) return refuse(400, fmt::format("{} is not a number", name));
  return *number;
}

std::expected<std::optional<upload_checksum>, response> checksum_in(const request& asked) {
  const auto field = asked.field("Upload-Checksum");
  if (!field) return std::nullopt;
  auto parsed = upload_checksum::parse(*field);
  if (!parsed) return refuse(400, parsed.error());
  return std::move(*parsed);
}

// What a POST asks for.
std::expected<files::resumable_terms, response> terms_of(const request& asked, std::string_view client) {
  const auto length = number_in(asked, "Upload-Length");
  if (!length) return std::unexpected(length.error());
  const auto deferred = asked.field("Upload-Defer-Length");
  if (deferred && trim(*deferred) != "1") return refuse(400, "Upload-Defer-Length must be 1");
  if (length->has_value() == deferred.has_value())
    return refuse(400, "an upload needs either an Upload-Length or Upload-Defer-Length: 1");
  const auto note = asked.field("Upload-Metadata").value_or("");
  const auto metadata = parse_upload_metadata(note);
  if (!metadata) return refuse(400, metadata.error());
  auto name = files::file_name::parse(value_of(*metadata, {"filename", "name"}).value_or(nameless));
  if (!name) return refuse(400, name.error());
  const auto room = value_of(*metadata, {"room"});
  auto where = room ? files::area::of_room(*room) : files::area::common();
  if (!where) return refuse(400, "that cannot be the name of a room");
  return files::resumable_terms{.where = std::move(*where),
                                .name = std::move(*name),
                                .total_bytes = *length,
                                .client = std::string(client),
                                .note = note};
}

class tus_exchange {
 public:
  tus_exchange(files::file_store& store, const request& asked, std::string_view id, std::string_view client,
               request_reader& body, answer_writer& out)
      : uploads_(store.resumable()), asked_(asked), id_(id), client_(client), body_(body), out_(out) {}

  tus_reception run() {
    if (asked_.field("Tus-Resumable").value_or("") != tus_version) {
      auto answer =
          plain_answer(412, "this server speaks version 1.0.0 of tus, which Tus-Resumable must say");
      answer.add("Tus-Version", std::string(tus_version));
      return give_up(std::move(answer));
    }
    if (asked_.method == "POST") return create();
    if (asked_.method == "PATCH") return patch();
    // What they may have for a body means nothing.
    if (asked_.has_body()) out_.close_afterwards();
    return {.answer = asked_.method == "HEAD" ? tell() : remove(), .published = {}};
  }

 private:
  // The body has not been read to its end, so no other request can follow it.
  tus_reception give_up(response answer) {
    if (asked_.has_body()) out_.close_afterwards();
    return {.answer = std::move(answer), .published = {}};
  }

  tus_reception create() {
    const auto terms = terms_of(asked_, client_);
    if (!terms) return give_up(terms.error());
    const bool brings = asked_.has_body();
    // Without a body the type says nothing; some clients send one all the same.
    if (brings && !has_patch_type()) return refuse_type();
    auto checksum = checksum_in(asked_);
    if (!checksum) return give_up(std::move(checksum.error()));
    const auto made = leat::blocking([&] { return uploads_.create(*terms); });
    if (!made) return give_up(answer_for(made.error()));
    id_ = *made;
    // An empty file is whole already.
    if (!brings && terms->total_bytes != 0) return finish_creation(0);
    return add({.offset = 0, .coming_bytes = asked_.content_length.value_or(0)}, std::move(*checksum));
  }

  tus_reception patch() {
    if (!has_patch_type()) return refuse_type();
    const auto offset = number_in(asked_, "Upload-Offset");
    if (!offset) return give_up(offset.error());
    if (!*offset) return give_up(plain_answer(400, "a PATCH needs an Upload-Offset"));
    const auto length = number_in(asked_, "Upload-Length");
    if (!length) return give_up(length.error());
    auto checksum = checksum_in(asked_);
    if (!checksum) return give_up(std::move(checksum.error()));
    return add(
        {.offset = **offset, .total_bytes = *length, .coming_bytes = asked_.content_length.value_or(0)},
        std::move(*checksum));
  }

  bool has_patch_type() const {
    return same_word(without_parameters(asked_.field("Content-Type").value_or("")), patch_type);
  }

  tus_reception refuse_type() {
    return give_up(plain_answer(415, fmt::format("the bytes of an upload come as {}", patch_type)));
  }

  // Brings the body into the upload, and what there is to say of it.
  tus_reception add(files::resumables::addition_terms terms, std::optional<upload_checksum> checksum) {
    terms.is_verified = checksum.has_value();
    auto begun = leat::blocking([&] { return uploads_.add(id_, terms); });
    if (!begun) return give_up(answer_for(begun.error()));
    // What is known to be too much before it comes is not received at all.
    const auto total = begun->total_bytes();
    const bool fits = !total || asked_.content_length.value_or(0) <= *total - terms.offset;
    if (!fits || (asked_.expects_continue && !out_.send_continue())) {
      leat::blocking([&] { static_cast<void>(begun->keep()); });
      auto ended = give_up(plain_answer(413, "the body is longer than the rest of the upload"));
      ended.can_answer = !fits;
      return ended;
    }
    if (auto broken = receive(*begun, checksum)) return std::move(*broken);
    if (checksum && !checksum->holds()) {
      leat::blocking([&] { begun->undo(); });
      return {.answer =
                  plain_answer(460, "the bytes have not the checksum that was announced; they are forgotten"),
              .published = {}};
    }
    return begun->is_whole() ? publish(*begun) : keep(*begun);
  }

  // Nothing: all of the body is in the upload.
  std::optional<tus_reception> receive(files::addition& into, std::optional<upload_checksum>& checksum) {
    body_pieces pieces(body_);
    for (;;) {
      const auto piece = pieces.next();
      const auto written = leat::blocking([&] {
        if (checksum) checksum->update(piece.bytes);
        return into.write(piece.bytes);
      });
      if (!written || piece.broken) {
        // What cannot be verified any more was for nothing.
        leat::blocking([&] { checksum ? into.undo() : static_cast<void>(into.keep()); });
        out_.close_afterwards();
        if (!written) return tus_reception{.answer = answer_for(written.error()), .published = {}};
        return tus_reception{.answer = plain_answer(piece.broken->status, piece.broken->text),
                             .published = {},
                             .can_answer = piece.broken->status != 0};
      }
      if (piece.last) return std::nullopt;
    }
  }

  tus_reception keep(files::addition& upload) {
    const auto held = leat::blocking([&] { return upload.keep(); });
    if (!held) return {.answer = answer_for(held.error()), .published = {}};
    if (asked_.method == "POST") return finish_creation(*held);
    auto answer = silent_answer(204);
    answer.add("Upload-Offset", std::to_string(*held));
    add_expiry(answer);
    return {.answer = std::move(answer), .published = {}};
  }

  tus_reception publish(files::addition& upload) {
    const auto total = upload.held_bytes();
    const auto where = upload.where();
    auto done = leat::blocking([&] { return upload.publish(); });
    if (!done) {
      // Nobody has been told of a new one.
      if (asked_.method == "POST") leat::blocking([&] { static_cast<void>(uploads_.remove(id_)); });
      return {.answer = answer_for(done.error()), .published = {}};
    }
    auto finished = asked_.method == "POST" ? finish_creation(total)
                                            : tus_reception{.answer = silent_answer(204), .published = {}};
    if (asked_.method != "POST") finished.answer.add("Upload-Offset", std::to_string(total));
    finished.answer.add("Content-Location", path_of(where, done->name));
    finished.where = where;
    finished.published = std::move(*done);
    return finished;
  }

  tus_reception finish_creation(std::uint64_t held) {
    auto answer = silent_answer(201);
    answer.add("Location", path_of_upload(id_));
    answer.add("Upload-Offset", std::to_string(held));
    add_expiry(answer);
    return {.answer = std::move(answer), .published = {}};
  }

  // When an unfinished upload is given up.
  void add_expiry(response& answer) {
    const auto state = leat::blocking([&] { return uploads_.find(id_); });
    if (state && !state->is_published) answer.add("Upload-Expires", format_http_date(state->expires_s));
  }

  response tell() {
    const auto state = leat::blocking([&] { return uploads_.find(id_); });
    if (!state) return answer_for(state.error());
    auto answer = silent_answer(200);
    answer.add("Upload-Offset", std::to_string(state->held_bytes));
    if (state->total_bytes) {
      answer.add("Upload-Length", std::to_string(*state->total_bytes));
    } else if (!state->is_published) {
      answer.add("Upload-Defer-Length", "1");
    }
    if (!state->note.empty()) answer.add("Upload-Metadata", state->note);
    answer.add("Cache-Control", "no-store");
    if (state->is_published) {
      answer.add("Content-Location", path_of(state->where, state->name));
    } else {
      answer.add("Upload-Expires", format_http_date(state->expires_s));
    }
    return answer;
  }

  response remove() {
    const auto removed = leat::blocking([&] { return uploads_.remove(id_); });
    return removed ? silent_answer(204) : answer_for(removed.error());
  }

  files::resumables& uploads_;
  const request& asked_;
  std::string id_;
  const std::string_view client_;
  request_reader& body_;
  answer_writer& out_;
};

}  // namespace

response tus_abilities(const files::limits& bounds) {
  auto answer = silent_answer(204);
  answer.add("Tus-Version", std::string(tus_version));
  answer.add("Tus-Extension",
             "creation,creation-with-upload,creation-defer-length,termination,expiration,checksum");
  answer.add("Tus-Max-Size", std::to_string(bounds.file_bytes));
  answer.add("Tus-Checksum-Algorithm", std::string(checksum_algorithms));
  return answer;
}

tus_reception answer_tus(files::file_store& store, const request& asked, std::string_view id,
                         std::string_view client, request_reader& body, answer_writer& out) {
  return tus_exchange(store, asked, id, client, body, out).run();
}

}  // namespace hub::http
