#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <span>
#include <system_error>

#include <hub/files/sha256.hpp>
#include <hub/http/owner_cookie.hpp>

namespace hub::http {
namespace {

constexpr std::string_view name = "leat-owner";
constexpr std::size_t secret_digits = 32;
constexpr int kept_seconds = 400 * 86'400;  // what browsers allow at most

bool is_secret(std::string_view text) {
  return text.size() == secret_digits && std::ranges::all_of(text, [](char one) {
           return (one >= '0' && one <= '9') || (one >= 'a' && one <= 'f');
         });
}

}  // namespace

std::string owner_secret(const request& asked) {
  const std::string all = asked.field("Cookie").value_or("");
  std::string_view cookies = all;
  while (!cookies.empty()) {
    std::string_view one = cookies.substr(0, cookies.find(';'));
    cookies.remove_prefix(std::min(one.size() + 1, cookies.size()));
    one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
    if (!one.starts_with(name) || !one.substr(name.size()).starts_with('=')) continue;
    const std::string_view value = one.substr(name.size() + 1);
    if (is_secret(value)) return std::string(value);
  }
  return {};
}

std::string make_owner_secret() {
  std::array<std::uint64_t, 2> number;
  if (::getrandom(number.data(), sizeof number, 0) != sizeof number)
    throw std::system_error(errno, std::generic_category(), "no random numbers");
  return fmt::format("{:016x}{:016x}", number[0], number[1]);
}

std::string owner_of(std::string_view secret) {
  files::sha256 digest;
  digest.update(std::as_bytes(std::span(secret)));
  return files::to_hex(digest.finish()).substr(0, 32);
}

std::vector<std::string> owner_cookies(std::string_view secret, bool is_secure) {
  std::vector<std::string> cookies;
  for (const std::string_view path : {"/irc", "/uploads"})
    cookies.push_back(fmt::format("{}={}; Path={}; Max-Age={}; HttpOnly; SameSite=Strict{}", name, secret,
                                  path, kept_seconds, is_secure ? "; Secure" : ""));
  return cookies;
}

}  // namespace hub::http
