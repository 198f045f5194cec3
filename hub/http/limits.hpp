// The bounds that the HTTP side holds everyone to.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace hub::http {

struct limits {
  std::chrono::milliseconds header_timeout{10'000};  // from a request's first byte to the end of its header
  std::chrono::milliseconds idle_timeout{60'000};    // between two requests of one connection
  std::chrono::milliseconds body_timeout{60'000};    // without a byte of an upload
  std::chrono::milliseconds send_timeout{60'000};    // for a client to take 256 KiB of an answer
  std::chrono::milliseconds stop_grace{2'000};       // for what is under way when the server stops
  std::size_t header_bytes = std::size_t{16} << 10;  // of a request's line and header fields together
  std::size_t requests = 10'000;                     // of one connection; then it is closed
  std::size_t ranges = 16;                           // of one request; with more, the whole file is sent
  std::size_t listing_files = 1'000;                 // of one page of a listing
  std::size_t form_parts = 1'000;                    // fields and files of one form
};

}  // namespace hub::http
