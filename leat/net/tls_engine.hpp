// OpenSSL's side of a connection, between plaintext and ciphertext that both lie in memory. It does no I/O,
// so that nothing ever waits inside of OpenSSL.
//
// An SSL object serves one thread at a time: each member below takes the lock for one call into OpenSSL, and
// takes the errors of that call out of the thread's queue before it lets go. The lock parks, but nothing
// parks while it is held, neither here nor in the callbacks that OpenSSL makes.
//
// Invariants, whenever the lock is free:
//  - `input_` is ciphertext that has come and that OpenSSL has not asked for yet; it lies in `input_buffer_`,
//    or, during a handshake, where feed() was told;
//  - `output_buffer_` holds `output_size_` bytes that OpenSSL has produced and nobody has taken yet: whoever
//    takes them must send them before anything that is produced later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <leat/mutex.hpp>
#include <leat/net/tls_buffer.hpp>
#include <leat/net/tls_details.hpp>
#include <leat/net/tls_openssl.hpp>

namespace leat::net {

/// How a step of the engine went.
enum class tls_progress : std::uint8_t {
  done,
  wants_input,   ///< feed it, and repeat the step
  wants_output,  ///< take the output, and repeat the step
  ended,         ///< the peer said close_notify
  failed,        ///< `error` says why; the connection is of no more use
};

struct [[nodiscard]] tls_step {
  tls_progress how = tls_progress::done;
  bool has_output = false;  ///< something waits to be sent, whatever else
  std::size_t bytes = 0;    ///< of plaintext
  std::error_code error{};
};

/// Ciphertext on its way out.
struct tls_output {
  tls_buffer buffer;
  std::size_t size = 0;

  bool empty() const noexcept { return size == 0; }
  std::span<const std::byte> bytes() const noexcept { return buffer.bytes().first(size); }
};

class tls_engine {
 public:
  /// Takes an SSL object that knows whether it is a client or a server. Throws std::bad_alloc.
  explicit tls_engine(ssl_handle ssl);
  tls_engine(const tls_engine&) = delete;
  tls_engine& operator=(const tls_engine&) = delete;

  bool is_server() const noexcept { return is_server_; }

  tls_step handshake() noexcept;

  /// Plaintext, as much as there is without further input and as fits: `bytes` is 0 unless `done`.
  tls_step read(std::span<std::byte> buffer) noexcept;

  /// `done` once there is plaintext to be read.
  tls_step peek() noexcept;

  /// Encrypts all of `data`; after wants_output it is to be called with the same data again.
  tls_step write(std::span<const std::byte> data) noexcept;

  /// Says close_notify.
  tls_step shutdown() noexcept;

  /// New keys for our direction (RFC 8446, section 4.6.3), and a request that the peer does likewise.
  /// Fails with EOPNOTSUPP below TLS 1.3.
  tls_step update_keys() noexcept;

  /// Gives it ciphertext; there must be none left from before. The first form keeps the buffer until all is
  /// used, the second form needs it to stay until the next step has wanted input, or keep_input().
  void feed(tls_buffer buffer, std::size_t size) noexcept;
  void feed(std::span<const std::byte> ciphertext) noexcept;

  /// After a handshake: moves what is left of the input into a buffer of the engine's. False: no memory.
  bool keep_input() noexcept;

  /// Gives up what OpenSSL holds between records, if it holds nothing in it.
  void release_buffers() noexcept;

  /// Everything that is to be sent now.
  tls_output take_output() noexcept;

  tls_details details() const;

 private:
  struct bio_calls;

  tls_step step_of(int returned) noexcept;
  tls_step failed_before() const noexcept;
  bool count_record(std::size_t bytes) noexcept;
  void answer_key_update(tls_step& step) noexcept;

  mutable mutex lock_;  // guards all that follows
  const ssl_handle ssl_;
  const bool is_server_;
  std::span<const std::byte> input_;
  tls_buffer input_buffer_;
  tls_buffer output_buffer_;
  std::size_t output_size_ = 0;
  std::error_code failure_;    // of the first step that failed; none works after it
  std::uint64_t records_ = 0;  // sent with the present keys, at least so many
};

}  // namespace leat::net
