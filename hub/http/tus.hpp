// Resumable uploads by tus 1.0 (tus.io, protocol version 1.0.0), at /uploads and /uploads/ID.
//
// Extensions: creation, creation-with-upload, creation-defer-length, termination, expiration, checksum (sha1,
// sha256). A POST creates an upload; PATCHes bring its bytes, HEAD tells how many are here, DELETE gives it
// up. When the last byte is here, the file is published in its place, under its name or the next free one,
// and the answer says in Content-Location where: tus has no field for it. HEAD of a finished upload says so,
// too, until it would have expired.
//
// Of the pairs in Upload-Metadata three mean something here: `filename` (or `name`), `room` (with or without
// its #; without one the file is for everyone), and `filetype`, which is kept and given back but not
// believed: what type a file has is told by its name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <hub/files/file_store.hpp>
#include <hub/files/resumables.hpp>
#include <hub/http/answer_writer.hpp>
#include <hub/http/request.hpp>
#include <hub/http/request_reader.hpp>
#include <hub/http/response.hpp>

namespace hub::http {

// The version of the protocol, for the field Tus-Resumable of every answer.
inline constexpr std::string_view tus_version = "1.0.0";

// What became of a request.
struct tus_reception {
  response answer;                            // not sent yet; without Tus-Resumable
  std::optional<files::published> published;  // the upload has become a file ...
  files::area where = files::area::common();  // ... here
  bool can_answer = true;                     // false: the connection has ended
};

// The answer to OPTIONS: what this server can do.
response tus_abilities(const files::limits& bounds);

// One request to /uploads (an empty `id`) or to /uploads/ID, by one of their methods and of any version.
// `client`: who is charged for a new upload, see files::resumable_terms. `out` is used for a 100 Continue
// alone, and told to close the connection where the body was not read to its end.
//
// Refusals: 412 for another version of the protocol; 400 for fields that are malformed, missing or contradict
// each other, or for a name that cannot be; 404 for an upload that is not there (any more); 409 with
// Upload-Offset for bytes that do not belong at the end; 415 for a PATCH of another type; 413, 429 and 507
// for what passes a limit; 423 while another request adds to the upload; 460 for bytes that have not their
// checksum, which are then forgotten.
tus_reception answer_tus(files::file_store& store, const request& asked, std::string_view id,
                         std::string_view client, request_reader& body, answer_writer& out);

}  // namespace hub::http
