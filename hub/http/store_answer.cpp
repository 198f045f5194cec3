#include <spdlog/spdlog.h>

#include <hub/http/store_answer.hpp>

namespace hub::http {
namespace {

unsigned status_of(files::failure kind) {
  switch (kind) {
    case files::failure::not_found:
      return 404;
    case files::failure::too_large:
      return 413;
    case files::failure::over_quota:
    case files::failure::no_space:
      return 507;
    case files::failure::forbidden:
      return 412;
    case files::failure::wrong_place:
      return 409;
    case files::failure::mismatch:
      return 400;
    case files::failure::busy:
      return 423;
    case files::failure::too_many:
      return 429;
    case files::failure::in_use:
    case files::failure::broken:
      break;
  }
  return 500;
}

}  // namespace

response answer_for(const files::file_error& error) {
  const auto status = status_of(error.kind);
  if (status == 500 || error.kind == files::failure::no_space) spdlog::error("file store: {}", error.text);
  auto answer = plain_answer(status, error.text);
  if (error.kind == files::failure::wrong_place)
    answer.add("Upload-Offset", std::to_string(error.held_bytes));
  return answer;
}

}  // namespace hub::http
