// POST of a form with files (multipart/form-data, RFC 7578): `curl -F file=@NAME`, and a page's <form>.
//
// Each part that has a file name becomes a file of that name; fields without one are read over. A file never
// takes the place of another: where its name is taken it gets the next free one, as in "a (2).txt". Files are
// published one by one, each when it is whole, so those before a mistake stay.
#pragma once

#include <vector>

#include <hub/files/file_store.hpp>
#include <hub/http/answer_writer.hpp>
#include <hub/http/limits.hpp>
#include <hub/http/request.hpp>
#include <hub/http/request_reader.hpp>
#include <hub/http/response.hpp>

namespace hub::http {

// What became of a form.
struct form_reception {
  response answer;                          // not sent yet: 201 with a line for each file, or what went wrong
  std::vector<files::published> published;  // in the order in which they came
  bool can_answer = true;                   // false: the connection has ended
};

// Receives the body, and stores its files in `where`. `out` is used for a 100 Continue alone, and told to
// close the connection where the body was not read to its end. Answers otherwise: 415 for a body that is no
// such form, 400 for a malformed one, for names that cannot be (see file_name) and for a form without files,
// 413 and 507 as the store says.
form_reception receive_form(files::file_store& store, const request& asked, const files::area& where,
                            const limits& bounds, request_reader& body, answer_writer& out);

}  // namespace hub::http
