#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <ostream>

#include <leat/net/system_error.hpp>
#include <leat/net/unix_sockaddr.hpp>

namespace leat::net {
namespace {

constexpr std::size_t name_offset = offsetof(sockaddr_un, sun_path);

static_assert(unix_address::longest_name_bytes + 1 == sizeof(sockaddr_un::sun_path));

result<void> check_length(std::string_view name) noexcept {
  if (name.empty()) return fail(errc::bad_address);
  if (name.size() > unix_address::longest_name_bytes) return system_error(ENAMETOOLONG);
  return {};
}

}  // namespace

result<unix_address> unix_address::parse(std::string_view text) noexcept {
  if (text.empty() || text == "@") return unix_address();
  return text.front() == '@' ? abstract(text.substr(1)) : path(text);
}

result<unix_address> unix_address::path(std::string_view name) noexcept {
  if (auto fits = check_length(name); !fits) return std::unexpected(fits.error());
  if (name.contains('\0')) return fail(errc::bad_address);
  unix_address made;
  std::ranges::copy(name, made.bytes_.begin());
  made.size_ = static_cast<std::uint8_t>(name.size());
  return made;
}

result<unix_address> unix_address::abstract(std::string_view name) noexcept {
  if (auto fits = check_length(name); !fits) return std::unexpected(fits.error());
  unix_address made;
  std::ranges::copy(name, made.bytes_.begin() + 1);
  made.size_ = static_cast<std::uint8_t>(name.size() + 1);
  return made;
}

std::string unix_address::to_string() const {
  return (is_abstract() ? "@" : "") + std::string(name());
}

std::ostream& operator<<(std::ostream& out, const unix_address& where) {
  return out << where.to_string();
}

socket_address unix_sockaddr::from(const unix_address& where) noexcept {
  socket_address raw;
  std::memset(&raw.storage, 0, sizeof(sockaddr_un));
  raw.storage.ss_family = AF_UNIX;
  std::memcpy(reinterpret_cast<std::byte*>(&raw.storage) + name_offset, where.bytes_.data(), where.size_);
  // A path ends with a NUL, which counts; an abstract name is as long as the size says.
  raw.size = static_cast<socklen_t>(name_offset + where.size_ + (where.is_path() ? 1 : 0));
  return raw;
}

unix_address unix_sockaddr::to(const socket_address& raw) noexcept {
  if (raw.size <= name_offset || raw.storage.ss_family != AF_UNIX) return {};
  const char* name = reinterpret_cast<const char*>(&raw.storage) + name_offset;
  const std::size_t room = std::min<std::size_t>(raw.size - name_offset, sizeof(sockaddr_un::sun_path));
  if (name[0] == '\0') return unix_address::abstract({name + 1, room - 1}).value_or(unix_address());
  return unix_address::path({name, ::strnlen(name, room)}).value_or(unix_address());
}

result<unix_address> unix_sockaddr::local(int fd) noexcept {
  socket_address raw;
  if (::getsockname(fd, raw.data(), &raw.size) != 0) return last_system_error();
  return to(raw);
}

}  // namespace leat::net
