#include <algorithm>
#include <array>
#include <mutex>

#include <hub/admission.hpp>

namespace hub {
namespace {

leat::net::ip_address counted_as(const leat::net::ip_address& from) {
  const leat::net::ip_address plain = from.unmapped();
  if (plain.is_v4()) return plain;
  std::array<std::uint8_t, 16> network{};
  std::ranges::copy_n(plain.bytes().begin(), 8, network.begin());
  return leat::net::ip_address::v6(network);
}

}  // namespace

std::expected<admission::place, shortage> admission::enter(const leat::net::ip_address& from) {
  const leat::net::ip_address counted = counted_as(from);
  const bool is_limited = most_per_address_ != 0 && !from.is_loopback();
  const std::lock_guard hold(mutex_);
  if (total_ >= most_) return std::unexpected(shortage::of_places);
  std::size_t& count = by_address_[counted];
  if (is_limited && count >= most_per_address_) return std::unexpected(shortage::of_places_for_address);
  ++count;
  ++total_;
  return place(*this, counted);
}

void admission::leave(const leat::net::ip_address& counted) {
  const std::lock_guard hold(mutex_);
  --total_;
  const auto found = by_address_.find(counted);
  if (--found->second == 0) by_address_.erase(found);
}

}  // namespace hub
