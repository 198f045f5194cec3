// Where Unix sockets are: a path in the file system, or an abstract name, which is no file and goes with its
// last socket (unix(7)).
//
//   auto where = leat::net::unix_address::parse("/run/leat.sock");
//   auto other = leat::net::unix_address::parse("@leat");      // abstract
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include <leat/error.hpp>

namespace leat::net {

/// A small value: copied freely, compared, hashed, without a look at the file system.
class unix_address {
 public:
  /// The longest path and the longest abstract name, in bytes: sockaddr_un has 108, one of which ends the
  /// path, or marks the name as abstract.
  static constexpr std::size_t longest_name_bytes = 107;

  /// No name: what sockets have that were not bound. To bind to it asks the system for an abstract name that
  /// nobody uses.
  constexpr unix_address() noexcept = default;

  /// Reads the text form: "@name" is abstract, "" and "@" no name, all else a path; one that begins with "@"
  /// is written "./@...". Errors: as path() and abstract().
  static result<unix_address> parse(std::string_view text) noexcept;

  /// A path, absolute, or relative to the working directory at the time when it is used. Errors: ENAMETOOLONG
  /// beyond longest_name_bytes (a shorter link or directory helps); errc::bad_address if it is empty or has
  /// a NUL in it.
  static result<unix_address> path(std::string_view name) noexcept;

  /// An abstract name, which may contain any bytes. Errors: ENAMETOOLONG beyond longest_name_bytes,
  /// errc::bad_address if it is empty.
  static result<unix_address> abstract(std::string_view name) noexcept;

  constexpr bool is_unnamed() const noexcept { return size_ == 0; }
  constexpr bool is_abstract() const noexcept { return size_ > 0 && bytes_[0] == '\0'; }
  constexpr bool is_path() const noexcept { return size_ > 0 && bytes_[0] != '\0'; }

  /// The path, or the abstract name without a mark. The view lives as long as this object.
  constexpr std::string_view name() const noexcept {
    return std::string_view(bytes_.data(), size_).substr(is_abstract() ? 1 : 0);
  }

  /// The form that parse() reads.
  std::string to_string() const;

  friend constexpr auto operator<=>(const unix_address&, const unix_address&) noexcept = default;

  std::size_t hash() const noexcept { return std::hash<std::string_view>{}({bytes_.data(), size_}); }

 private:
  friend struct unix_sockaddr;

  // As in sun_path: an abstract name has a NUL before it; unused bytes are NUL, so that equal names are equal
  // values.
  std::array<char, longest_name_bytes + 1> bytes_{};
  std::uint8_t size_ = 0;
};

std::ostream& operator<<(std::ostream& out, const unix_address& where);

}  // namespace leat::net

template <>
struct std::hash<leat::net::unix_address> {
  std::size_t operator()(const leat::net::unix_address& where) const noexcept { return where.hash(); }
};
