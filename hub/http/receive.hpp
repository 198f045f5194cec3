// PUT of a file: from the first look at the header to the file in its place.
//
// A PUT without Content-Range is the whole file. If it breaks off and its length was announced, what has come
// is kept for a while, and a PUT with `Content-Range: bytes FIRST-LAST/TOTAL` can go on where it ended: FIRST
// must be the number of bytes that are here. It may bring the rest or a part of it. How much is here is told
// by GET or HEAD of the file's address with `?partial`, and by the answer to a PUT that went on elsewhere
// (409), in the field Upload-Offset.
//
// A `Repr-Digest: sha-256=:...:` (RFC 9530) or `Digest: SHA-256=...` (RFC 3230) is checked before the file is
// published.
#pragma once

#include <optional>

#include <hub/files/file_store.hpp>
#include <hub/http/answer_writer.hpp>
#include <hub/http/request.hpp>
#include <hub/http/request_reader.hpp>
#include <hub/http/response.hpp>

namespace hub::http {

// What became of an upload.
struct reception {
  response answer;                            // not sent yet
  std::optional<files::published> published;  // nothing: the file is not there, or not yet whole
  bool can_answer = true;                     // false: the connection has ended
};

// Receives the body and stores it. `out` is used for a 100 Continue alone, and told to close the connection
// where the body was not read to its end.
reception receive_upload(files::file_store& store, const request& asked, const files::area& where,
                         const files::file_name& name, request_reader& body, answer_writer& out);

}  // namespace hub::http
