// How the file store's troubles are answered.
#pragma once

#include <hub/files/file_error.hpp>
#include <hub/http/response.hpp>

namespace hub::http {

// Logs what is the server's own fault.
response answer_for(const files::file_error& error);

}  // namespace hub::http
