#include <utility>

#include <leat/net/tls_link.hpp>

namespace leat::net {

tls_conn& tls_conn::operator=(tls_conn&& other) noexcept {
  if (this == &other) return *this;
  static_cast<void>(tls_conn::close());
  link_ = std::move(other.link_);
  return *this;
}

tls_conn::~tls_conn() {
  static_cast<void>(tls_conn::close());
}

result<void> tls_conn::handshake() {
  if (!link_) return fail(errc::closed);
  return link_->handshake();
}

result<std::size_t> tls_conn::read(std::span<std::byte> buffer) {
  if (!link_) return fail(errc::closed);
  return link_->read(buffer);
}

result<void> tls_conn::wait_readable() {
  if (!link_) return fail(errc::closed);
  return link_->wait_readable();
}

result<void> tls_conn::write(std::span<const std::byte> data) {
  if (!link_) return fail(errc::closed);
  return link_->write(data);
}

result<void> tls_conn::writev(std::span<const std::span<const std::byte>> parts) {
  if (!link_) return fail(errc::closed);
  return link_->writev(parts);
}

result<void> tls_conn::close_write() {
  if (!link_) return fail(errc::closed);
  return link_->close_write();
}

result<void> tls_conn::close_read() {
  if (!link_) return fail(errc::closed);
  return link_->close_read();
}

result<void> tls_conn::close() noexcept {
  if (!link_) return fail(errc::closed);
  return link_->close();
}

result<void> tls_conn::set_read_deadline(time_point when) noexcept {
  if (!link_) return fail(errc::closed);
  return link_->set_read_deadline(when);
}

result<void> tls_conn::set_write_deadline(time_point when) noexcept {
  if (!link_) return fail(errc::closed);
  return link_->set_write_deadline(when);
}

result<void> tls_conn::update_keys() {
  if (!link_) return fail(errc::closed);
  return link_->update_keys();
}

result<tls_details> tls_conn::details() {
  if (!link_) return fail(errc::closed);
  return link_->details();
}

stream* tls_conn::below() noexcept {
  return link_ ? &link_->below() : nullptr;
}

}  // namespace leat::net
