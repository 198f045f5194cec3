#include <algorithm>
#include <cstring>
#include <stdexcept>

#include <leat/net/system_socket.hpp>
#include <leat/net/udp_batch_state.hpp>

namespace leat::net {
namespace {

constexpr std::size_t longest_datagram = 65535;

std::size_t checked(std::size_t value, std::size_t most, const char* fault) {
  if (value == 0 || value > most) throw std::invalid_argument(fault);
  return value;
}

}  // namespace

udp_batch::udp_batch(std::size_t datagrams, std::size_t bytes_each)
    : state_(std::make_unique<state>(
          checked(datagrams, most_datagrams, "leat: a batch of no datagrams, or of too many"),
          checked(bytes_each, longest_datagram, "leat: a batch of empty datagrams, or of too long ones"))) {}

udp_batch::udp_batch(udp_batch&&) noexcept = default;
udp_batch& udp_batch::operator=(udp_batch&&) noexcept = default;
udp_batch::~udp_batch() = default;

std::size_t udp_batch::capacity() const noexcept {
  return state_->slots.size();
}

std::size_t udp_batch::bytes_each() const noexcept {
  return state_->bytes_each;
}

std::size_t udp_batch::size() const noexcept {
  return state_->size;
}

udp_datagram udp_batch::operator[](std::size_t index) const noexcept {
  const state::entry& one = state_->entries[index];
  const state::slot& from = state_->slots[one.slot];
  const endpoint peer = from.address_size == 0
                            ? state_->peer
                            : to_endpoint(&from.address.any, from.address_size).value_or(endpoint());
  return {.data = {one.data, one.size}, .peer = unmapped(peer), .truncated = one.truncated};
}

udp_arrival udp_batch::arrival(std::size_t index) const noexcept {
  return state_->slots[state_->entries[index].slot].arrival;
}

std::error_code udp_batch::error(std::size_t index) const noexcept {
  return state_->entries[index].error;
}

void udp_batch::clear() noexcept {
  state_->size = 0;
  state_->free_slot = 0;
}

std::span<std::byte> udp_batch::prepare() noexcept {
  if (state_->full()) return {};
  return {state_->memory.get() + state_->free_slot * state_->bytes_each, state_->bytes_each};
}

result<void> udp_batch::commit(std::size_t size) {
  const auto room = prepare();
  if (room.empty()) return system_error(ENOBUFS);
  if (size > room.size()) return fail(errc::too_long);
  state::slot& into = state_->slots[state_->free_slot];
  into.address_size = 0;
  into.has_source = false;
  into.arrival = {};
  into.source_interface = 0;
  state_->add(state_->free_slot++, room.data(), size, room.size());
  return {};
}

result<void> udp_batch::commit(std::size_t size, const endpoint& to) {
  if (auto committed = commit(size); !committed) return committed;
  // Sockets of either family take an IPv4 address as it is.
  const socket_address raw = to_socket_address(unmapped(to));
  state::slot& into = state_->slots[state_->entries[state_->size - 1].slot];
  std::memcpy(&into.address, raw.data(), raw.size);
  into.address_size = raw.size;
  return {};
}

result<void> udp_batch::push(std::span<const std::byte> data) {
  const auto room = prepare();
  if (!room.empty() && data.size() <= room.size()) std::ranges::copy(data, room.begin());
  return commit(data.size());
}

result<void> udp_batch::push(std::span<const std::byte> data, const endpoint& to) {
  const auto room = prepare();
  if (!room.empty() && data.size() <= room.size()) std::ranges::copy(data, room.begin());
  return commit(data.size(), to);
}

result<void> udp_batch::resize(std::size_t index, std::size_t size) noexcept {
  state::entry& one = state_->entries[index];
  if (size > one.room) return fail(errc::too_long);
  one.size = static_cast<std::uint32_t>(size);
  one.truncated = false;
  return {};
}

result<void> udp_batch::set_source(std::size_t index, const ip_address& local,
                                   std::uint32_t interface) noexcept {
  const ip_address from = local.unmapped();
  const endpoint peer = (*this)[index].peer;
  state::slot& into = state_->slots[state_->entries[index].slot];
  const bool any_peer = into.address_size == 0;
  if (!any_peer && !from.is_unspecified() && from.is_v6() != peer.address().is_v6())
    return system_error(EAFNOSUPPORT);
  into.arrival.local = from;
  into.source_interface = interface;
  into.has_source = true;
  return {};
}

}  // namespace leat::net
