// GET and HEAD of a file: conditions, ranges, and the content itself.
#pragma once

#include <cstdint>
#include <optional>

#include <hub/files/file_store.hpp>
#include <hub/http/answer_writer.hpp>
#include <hub/http/conditions.hpp>
#include <hub/http/limits.hpp>
#include <hub/http/request.hpp>

namespace hub::http {

// Answers with the file (RFC 9110): 200, 206 with one or several ranges, 304, 412 or 416.
void send_download(const request& asked, const files::stored_file& file, const files::file_name& name,
                   const limits& bounds, answer_writer& out);

// The conditional fields of a request, and the strings that they point into.
class asked_conditions {
 public:
  explicit asked_conditions(const request& asked);
  asked_conditions(const asked_conditions&) = delete;
  asked_conditions& operator=(const asked_conditions&) = delete;

  verdict evaluate(const std::optional<validators>& present, bool get_or_head) const;
  // Whether there is any that concerns changing a file.
  bool concern_changes() const;

 private:
  std::optional<std::string> if_match_;
  std::optional<std::string> if_none_match_;
  std::optional<std::string> if_modified_since_;
  std::optional<std::string> if_unmodified_since_;
};

}  // namespace hub::http
