#include <mutex>

#include <hub/admission.hpp>
#include <hub/client_network.hpp>

namespace hub {
std::expected<admission::place, shortage> admission::enter(const leat::net::ip_address& from) {
  const leat::net::ip_address counted = client_network(from);
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
