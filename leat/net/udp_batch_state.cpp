#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include <leat/net/udp_batch_state.hpp>

namespace leat::net {
namespace {

// The errors by which systems and devices refuse to cut a message into segments; some stand for other faults,
// too.
bool may_mean_segments(const std::error_code& why) noexcept {
  if (why.category() != std::system_category()) return false;
  switch (why.value()) {
    case EINVAL:
    case EMSGSIZE:
    case EIO:
    case EOPNOTSUPP:
    case ENOPROTOOPT:
      return true;
    default:
      return false;
  }
}

// Of the address's bytes those that tell peers apart: behind an IPv4 address there is padding.
std::size_t telling_bytes(socklen_t address_size) noexcept {
  return address_size == sizeof(sockaddr_in) ? offsetof(sockaddr_in, sin_zero) : address_size;
}

// Whether this system cuts messages into segments at all. One that does not know the option may take it for
// nothing, and send one long datagram.
bool system_has_segments() noexcept {
  static const bool has = [] {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    int value = 0;
    socklen_t size = sizeof(value);
    const bool known = ::getsockopt(fd, SOL_UDP, UDP_SEGMENT, &value, &size) == 0;
    ::close(fd);
    return known;
  }();
  return has;
}

}  // namespace

udp_batch::state::state(std::size_t datagrams, std::size_t bytes)
    : bytes_each(bytes),
      memory(std::make_unique_for_overwrite<std::byte[]>(datagrams * bytes)),
      slots(datagrams),
      entries(std::max(datagrams,
                       std::min(datagrams, datagrams * bytes / coalesced_slot_bytes) * most_coalesced)),
      in_headers(datagrams),
      in_parts(datagrams),
      in_controls(datagrams),
      out_headers(std::min(datagrams, messages_per_write)),
      out_parts(entries.size()),
      out_messages(out_headers.size()) {
  if (!system_has_segments()) segment_limit = 0;
}

udp_batch::state::entry& udp_batch::state::add(std::size_t in_slot, std::byte* data, std::size_t bytes,
                                               std::size_t room) noexcept {
  entry& made = entries[size++];
  made.data = data;
  made.size = static_cast<std::uint32_t>(bytes);
  made.room = static_cast<std::uint32_t>(room);
  made.slot = static_cast<std::uint32_t>(in_slot);
  made.truncated = false;
  made.error.clear();
  return made;
}

// --- Reading ---

void udp_batch::state::arrange_header(std::size_t index) noexcept {
  msghdr& header = in_headers[index].msg_hdr;
  slot& into = slots[index];
  header.msg_name = arranged_for.connected ? nullptr : &into.address;
  header.msg_namelen = arranged_for.connected ? 0 : sizeof(into.address);
  const bool with_controls = arranged_for.packet_info || arranged_for.coalesced;
  header.msg_control = with_controls ? in_controls[index].bytes.data() : nullptr;
  header.msg_controllen = with_controls ? control_buffer::size : 0;
  header.msg_flags = 0;
}

bool udp_batch::state::arrange(const manner& how, const endpoint& of_peer) noexcept {
  size = 0;
  free_slot = 0;
  peer = of_peer;
  if (arranged != 0 && how == arranged_for) {
    for (std::size_t i = 0; i < touched; ++i)
      arrange_header(i);
    touched = 0;
    return true;
  }
  arranged_for = how;
  const std::size_t total = slots.size() * bytes_each;
  arranged = how.coalesced ? std::min(slots.size(), total / coalesced_slot_bytes) : slots.size();
  touched = 0;
  for (std::size_t i = 0; i < arranged; ++i) {
    in_parts[i] = {.iov_base = memory.get() + i * slot_bytes(), .iov_len = slot_bytes()};
    in_headers[i].msg_hdr.msg_iov = &in_parts[i];
    in_headers[i].msg_hdr.msg_iovlen = 1;
    arrange_header(i);
  }
  return arranged != 0;
}

void udp_batch::state::take(std::size_t count) noexcept {
  touched = count;
  free_slot = arranged_for.coalesced ? slots.size() : count;
  for (std::size_t i = 0; i < count; ++i) {
    mmsghdr& message = in_headers[i];
    slot& into = slots[i];
    into.address_size = arranged_for.connected ? 0 : message.msg_hdr.msg_namelen;
    into.has_source = arranged_for.packet_info;
    controls found;
    if (arranged_for.packet_info || arranged_for.coalesced) found = read_controls(message.msg_hdr);
    into.arrival = found.arrival;
    into.source_interface = 0;  // the way back may be another one
    if (found.segment_bytes != 0 && found.segment_bytes < message.msg_len) {
      take_run(i, found.segment_bytes);
      continue;
    }
    auto* const data = static_cast<std::byte*>(in_parts[i].iov_base);
    entry& made = add(i, data, message.msg_len, slot_bytes());
    made.truncated = (message.msg_hdr.msg_flags & MSG_TRUNC) != 0;
  }
}

// One message that holds datagrams of that size, the last of which may be shorter.
void udp_batch::state::take_run(std::size_t in_slot, std::size_t segment_bytes) noexcept {
  auto* const data = static_cast<std::byte*>(in_parts[in_slot].iov_base);
  const std::size_t total = in_headers[in_slot].msg_len;
  for (std::size_t at = 0; at < total && size < entries.size(); at += segment_bytes) {
    const std::size_t bytes = std::min(segment_bytes, total - at);
    add(in_slot, data + at, bytes, bytes);
    if (size == entries.size() && at + bytes < total) entries[size - 1].truncated = true;
  }
}

// --- Writing ---

bool udp_batch::state::same_way(const slot& one, const slot& other) const noexcept {
  if (&one == &other) return true;
  if (one.address_size != other.address_size || one.has_source != other.has_source) return false;
  if (std::memcmp(&one.address, &other.address, telling_bytes(one.address_size)) != 0) return false;
  return !one.has_source ||
         (one.arrival.local == other.arrival.local && one.source_interface == other.source_interface);
}

// Whether IPv6 carries it: an IPv4 address may stand in an IPv6 one.
bool udp_batch::state::goes_to_v6(const slot& to) const noexcept {
  if (to.address_size == 0) return peer.address().is_v6();
  return to.address.any.sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&to.address.v6.sin6_addr);
}

bool udp_batch::state::continues_run(const entry& first, const entry& last,
                                     const entry& next) const noexcept {
  return last.size == first.size && next.size != 0 && next.size <= first.size &&
         same_way(slots[first.slot], slots[next.slot]);
}

// Where the run of datagrams ends that begins with `first` and can be sent as one message.
std::size_t udp_batch::state::run_end(std::size_t first, std::size_t plain_until) const noexcept {
  const std::size_t each = entries[first].size;
  std::size_t end = first + 1;
  if (first < plain_until || each == 0 || each > segment_limit) return end;
  const std::size_t most = std::min({size, first + most_segments, first + most_message_bytes / each});
  while (end < most && continues_run(entries[first], entries[end - 1], entries[end]))
    ++end;
  return end;
}

// Fills in one header, with its parts from `part` on; neighbours in memory make one part. Returns the first
// part that is left.
std::size_t udp_batch::state::describe(std::size_t message, std::size_t first, std::size_t end,
                                       std::size_t part) noexcept {
  msghdr& header = out_headers[message].msg_hdr;
  slot& to = slots[entries[first].slot];
  header.msg_name = to.address_size == 0 ? nullptr : &to.address;
  header.msg_namelen = to.address_size;
  header.msg_flags = 0;
  header.msg_iov = &out_parts[part];
  const std::size_t first_part = part;
  for (std::size_t i = first; i < end; ++i) {
    entry& one = entries[i];
    if (i != first && entries[i - 1].data + entries[i - 1].size == one.data) {
      out_parts[part - 1].iov_len += one.size;
    } else {
      out_parts[part++] = {.iov_base = one.data, .iov_len = one.size};
    }
  }
  header.msg_iovlen = part - first_part;

  control_writer control(header, out_messages[message].control);
  if (to.has_source) control.source(goes_to_v6(to), to.arrival.local, to.source_interface);
  if (end - first > 1) control.segments(entries[first].size);
  if (header.msg_controllen == 0) header.msg_control = nullptr;
  return part;
}

std::size_t udp_batch::state::compose(const sending& so_far) noexcept {
  std::size_t messages = 0;
  std::size_t part = 0;
  for (std::size_t first = so_far.next; first < size && messages < out_headers.size(); ++messages) {
    const std::size_t end = run_end(first, so_far.plain_until);
    part = describe(messages, first, end, part);
    out_messages[messages].end = end;
    first = end;
  }
  return messages;
}

void udp_batch::state::note_sent(sending& so_far, std::size_t count) noexcept {
  for (std::size_t end = out_messages[count - 1].end; so_far.next < end; ++so_far.next)
    entries[so_far.next].error.clear();
  if (so_far.suspect == 0) return;
  // The datagram goes out by itself, so it was the segments that were refused: by the device for good (EIO),
  // or because one does not fit the path.
  segment_limit = so_far.suspicion.value() == EIO ? 0 : std::min(segment_limit, so_far.suspect - 1);
  so_far.suspect = 0;
}

void udp_batch::state::note_refused(sending& so_far, std::error_code why) noexcept {
  const std::size_t end = out_messages[0].end;
  if (end - so_far.next > 1) {
    so_far.plain_until = end;
    so_far.suspect = may_mean_segments(why) ? entries[so_far.next].size : 0;
    so_far.suspicion = why;
    return;
  }
  so_far.suspect = 0;
  entries[so_far.next++].error = why;
  if (!so_far.first) so_far.first = why;
}

void udp_batch::state::give_up(sending& so_far, std::error_code why) noexcept {
  for (; so_far.next < size; ++so_far.next)
    entries[so_far.next].error = why;
  if (!so_far.first) so_far.first = why;
}

}  // namespace leat::net
