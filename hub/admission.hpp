// How many connections there may be: in all, and from one address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <unordered_map>
#include <utility>

#include <leat/mutex.hpp>
#include <leat/net/address.hpp>

namespace hub {

enum class shortage : std::uint8_t { of_places, of_places_for_address };

// IPv6 addresses count by their /64, which one client has whole; loopback counts only towards the total.
class admission {
 public:
  // A limit of 0 per address is none.
  admission(std::size_t most, std::size_t most_per_address)
      : most_(most), most_per_address_(most_per_address) {}
  admission(const admission&) = delete;
  admission& operator=(const admission&) = delete;

  // A place that is given back when it goes.
  class place {
   public:
    place(admission& owner, leat::net::ip_address counted) : owner_(&owner), counted_(counted) {}
    place(place&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), counted_(other.counted_) {}
    place& operator=(place&&) = delete;
    ~place() {
      if (owner_ != nullptr) owner_->leave(counted_);
    }

   private:
    admission* owner_ = nullptr;
    leat::net::ip_address counted_;
  };

  // A place for a connection from that address, or what there is not enough of.
  std::expected<place, shortage> enter(const leat::net::ip_address& from);

 private:
  void leave(const leat::net::ip_address& counted);

  const std::size_t most_;
  const std::size_t most_per_address_;
  leat::mutex mutex_;  // guards what follows
  std::size_t total_ = 0;
  std::unordered_map<leat::net::ip_address, std::size_t> by_address_;
};

}  // namespace hub
