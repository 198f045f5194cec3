// The body of an upload, piece by piece, each large enough to be worth a trip to the disk.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include <hub/http/request_reader.hpp>

namespace hub::http {

class body_pieces {
 public:
  // `body` must outlive this.
  explicit body_pieces(request_reader& body) : body_(body) {}

  struct piece {
    std::span<const std::byte> bytes;  // valid until the next call
    bool last = false;                 // the body has ended behind them, or broken off
    std::optional<refusal> broken;     // why it broke off: as request_reader::read_body
  };

  // Waits for the next piece. What came before the body broke off is given, too: it may be most of a piece.
  piece next();

 private:
  request_reader& body_;
  std::vector<std::byte> buffer_;
};

}  // namespace hub::http
