#include <openssl/bio.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <new>

#include <leat/net/tls_engine.hpp>
#include <leat/net/tls_identity_parts.hpp>

namespace leat::net {
namespace {

// AES-GCM is sound for 24 million full records under one key (RFC 8446, section 5.5): new keys long before.
constexpr std::uint64_t records_per_key = 1 << 22;

}  // namespace

// What OpenSSL reads ciphertext from and writes it to. It is called with the engine's lock held.
struct tls_engine::bio_calls {
  static tls_engine& engine_of(BIO* bio) noexcept { return *static_cast<tls_engine*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* out, std::size_t size, std::size_t* done) noexcept {
    tls_engine& self = engine_of(bio);
    BIO_clear_retry_flags(bio);
    const std::size_t count = std::min(size, self.input_.size());
    *done = count;
    if (count == 0) {
      BIO_set_retry_read(bio);
      return 0;
    }
    std::memcpy(out, self.input_.data(), count);
    self.input_ = self.input_.subspan(count);
    if (self.input_.empty()) self.input_buffer_.give_back();
    return 1;
  }

  static int write(BIO* bio, const char* data, std::size_t size, std::size_t* done) noexcept {
    tls_engine& self = engine_of(bio);
    BIO_clear_retry_flags(bio);
    *done = 0;
    if (size == 0) return 1;
    if (!self.output_buffer_) {
      self.output_buffer_ = tls_buffer::take();
      if (!self.output_buffer_) {
        ERR_raise(ERR_LIB_BIO, ERR_R_MALLOC_FAILURE);
        return 0;
      }
    }
    const auto room = self.output_buffer_.bytes().subspan(self.output_size_);
    const std::size_t count = std::min(size, room.size());
    if (count == 0) {
      BIO_set_retry_write(bio);
      return 0;
    }
    std::memcpy(room.data(), data, count);
    self.output_size_ += count;
    *done = count;
    return 1;
  }

  static long control(BIO*, int what, long, void*) noexcept { return what == BIO_CTRL_FLUSH ? 1 : 0; }

  static BIO_METHOD* make_method() noexcept {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "leat tls_engine");
    if (made) {
      BIO_meth_set_read_ex(made, read);
      BIO_meth_set_write_ex(made, write);
      BIO_meth_set_ctrl(made, control);
    }
    return made;
  }
};

tls_engine::tls_engine(ssl_handle ssl) : ssl_(std::move(ssl)), is_server_(SSL_is_server(ssl_.get()) == 1) {
  static BIO_METHOD* const method = bio_calls::make_method();
  BIO* bio = method ? BIO_new(method) : nullptr;
  if (!bio) throw std::bad_alloc();
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
}

// OpenSSL tells why a connection failed only once.
tls_step tls_engine::failed_before() const noexcept {
  return {.how = tls_progress::failed, .has_output = output_size_ > 0, .error = failure_};
}

// What the call that has just returned `returned` means.
tls_step tls_engine::step_of(int returned) noexcept {
  tls_step step{.has_output = output_size_ > 0};
  if (returned > 0) return step;
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      step.how = tls_progress::wants_input;
      return step;
    case SSL_ERROR_WANT_WRITE:
      step.how = tls_progress::wants_output;
      return step;
    case SSL_ERROR_ZERO_RETURN:
      step.how = tls_progress::ended;
      return step;
    default:
      break;
  }
  step.how = tls_progress::failed;
  step.error = take_openssl_error();
  const auto refused = static_cast<int>(ERR_PACK(ERR_LIB_SSL, 0, SSL_R_CERTIFICATE_VERIFY_FAILED));
  if (step.error == std::error_code(refused, tls_category())) {
    const auto why = static_cast<int>(SSL_get_verify_result(ssl_.get()));
    step.error = why == X509_V_ERR_APPLICATION_VERIFICATION
                     ? make_error_code(tls_errc::not_pinned)
                     : std::error_code(why, tls_certificate_category());
  }
  failure_ = step.error;
  return step;
}

tls_step tls_engine::handshake() noexcept {
  const std::lock_guard guard(lock_);
  if (failure_) return failed_before();
  forget_openssl_errors();
  return step_of(SSL_do_handshake(ssl_.get()));
}

// The peer wants our keys to change, too. OpenSSL would leave that to the next write, which may never come;
// if the answer cannot be given now, as in the middle of a write, it is left to that one. After our
// close_notify none is due, for it would have to come before our next data only.
void tls_engine::answer_key_update(tls_step& step) noexcept {
  if (SSL_get_key_update_type(ssl_.get()) == SSL_KEY_UPDATE_NONE || failure_) return;
  if ((SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0) return;
  if (SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1) SSL_do_handshake(ssl_.get());
  forget_openssl_errors();
  records_ = 0;
  step.has_output = output_size_ > 0;
}

tls_step tls_engine::read(std::span<std::byte> buffer) noexcept {
  const std::lock_guard guard(lock_);
  if (failure_) return failed_before();
  forget_openssl_errors();
  std::size_t total = 0;
  for (;;) {
    std::size_t count = 0;
    tls_step step = step_of(SSL_read_ex(ssl_.get(), buffer.data() + total, buffer.size() - total, &count));
    total += count;
    const bool more = step.how == tls_progress::done && total < buffer.size() &&
                      (!input_.empty() || SSL_pending(ssl_.get()) > 0);
    if (more) continue;
    answer_key_update(step);
    if (total > 0) step.how = tls_progress::done;  // the next call finds what came after the data
    step.bytes = total;
    return step;
  }
}

tls_step tls_engine::peek() noexcept {
  const std::lock_guard guard(lock_);
  if (failure_) return failed_before();
  forget_openssl_errors();
  std::byte one;
  std::size_t count = 0;
  tls_step step = step_of(SSL_peek_ex(ssl_.get(), &one, 1, &count));
  answer_key_update(step);
  return step;
}

// After a write. False: OpenSSL says why.
bool tls_engine::count_record(std::size_t bytes) noexcept {
  records_ += 1 + bytes / tls_record_bytes;
  if (records_ < records_per_key || SSL_version(ssl_.get()) < TLS1_3_VERSION) return true;
  records_ = 0;
  return SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1;
}

tls_step tls_engine::write(std::span<const std::byte> data) noexcept {
  const std::lock_guard guard(lock_);
  if (failure_) return failed_before();
  forget_openssl_errors();
  std::size_t count = 0;
  tls_step step = step_of(SSL_write_ex(ssl_.get(), data.data(), data.size(), &count));
  if (step.how == tls_progress::done && !count_record(data.size())) return step_of(-1);
  step.bytes = count;
  return step;
}

tls_step tls_engine::shutdown() noexcept {
  const std::lock_guard guard(lock_);
  if (failure_) return failed_before();
  forget_openssl_errors();
  const int said = SSL_shutdown(ssl_.get());
  return said >= 0 ? tls_step{.has_output = output_size_ > 0} : step_of(said);  // 0: the peer has not said so
}

tls_step tls_engine::update_keys() noexcept {
  const std::lock_guard guard(lock_);
  if (failure_) return failed_before();
  forget_openssl_errors();
  if (SSL_version(ssl_.get()) < TLS1_3_VERSION) {
    return {.how = tls_progress::failed, .error = std::make_error_code(std::errc::operation_not_supported)};
  }
  records_ = 0;
  if (SSL_get_key_update_type(ssl_.get()) == SSL_KEY_UPDATE_NONE &&
      SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED) != 1) {
    return step_of(-1);
  }
  return step_of(SSL_do_handshake(ssl_.get()));
}

void tls_engine::feed(tls_buffer buffer, std::size_t size) noexcept {
  const std::lock_guard guard(lock_);
  input_buffer_ = std::move(buffer);
  input_ = input_buffer_.bytes().first(size);
}

void tls_engine::feed(std::span<const std::byte> ciphertext) noexcept {
  const std::lock_guard guard(lock_);
  input_ = ciphertext;
}

bool tls_engine::keep_input() noexcept {
  const std::lock_guard guard(lock_);
  if (input_.empty() || input_buffer_) return true;
  input_buffer_ = tls_buffer::take();
  if (!input_buffer_) return false;
  const auto kept = input_buffer_.bytes().first(std::min(input_.size(), tls_buffer_bytes));
  std::memcpy(kept.data(), input_.data(), kept.size());
  input_ = kept;
  return true;
}

void tls_engine::release_buffers() noexcept {
  const std::lock_guard guard(lock_);
  SSL_free_buffers(ssl_.get());
}

tls_output tls_engine::take_output() noexcept {
  const std::lock_guard guard(lock_);
  return {std::move(output_buffer_), std::exchange(output_size_, 0)};
}

tls_details tls_engine::details() const {
  const auto text = [](const char* found) { return std::string(found ? found : ""); };
  const std::lock_guard guard(lock_);
  forget_openssl_errors();
  tls_details out;
  out.version = static_cast<tls_version>(SSL_version(ssl_.get()));
  out.cipher = text(SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl_.get())));
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &protocol, &size);
  out.protocol.assign(reinterpret_cast<const char*>(protocol), size);
  out.server_name = text(SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name));
  out.resumed = SSL_session_reused(ssl_.get()) == 1;
  if (X509* peer = SSL_get0_peer_certificate(ssl_.get())) out.peer = describe(peer);
  return out;
}

}  // namespace leat::net
