// Reading and writing of batches.
#include <leat/net/system_socket.hpp>
#include <leat/net/udp.hpp>
#include <leat/net/udp_batch_state.hpp>

namespace leat::net {

using runtime::direction;

result<std::size_t> udp_socket::read_batch(udp_batch& batch) {
  udp_batch::state& into = *batch.state_;
  const udp_batch::state::manner how{
      .connected = is_connected(), .packet_info = packet_info_, .coalesced = coalesced_};
  if (!into.arrange(how, remote_)) return system_error(ENOBUFS);
  if (!descriptor_) return fail(errc::closed);
  const auto count = descriptor_->perform_shared(
      direction::read,
      [&into](int fd) {
        return ::recvmmsg(fd, into.in_headers.data(), static_cast<unsigned>(into.arranged), 0, nullptr);
      },
      into.arranged);
  if (!count) return std::unexpected(count.error());
  into.take(*count);
  return into.size;
}

result<void> udp_socket::write_batch(udp_batch& batch) {
  if (!descriptor_) return fail(errc::closed);
  udp_batch::state& from = *batch.state_;
  if (is_connected()) from.peer = remote_;
  udp_batch::state::sending so_far;
  if (!segmented_) so_far.plain_until = from.size;
  while (so_far.next < from.size) {
    const std::size_t messages = from.compose(so_far);
    const auto sent = descriptor_->perform_shared(direction::write, [&from, messages](int fd) {
      return ::sendmmsg(fd, from.out_headers.data(), static_cast<unsigned>(messages), MSG_NOSIGNAL);
    });
    if (sent) {
      from.note_sent(so_far, *sent);
    } else if (sent.error().category() == error_category()) {
      from.give_up(so_far, sent.error());
    } else {
      from.note_refused(so_far, sent.error());
    }
  }
  if (so_far.first) return std::unexpected(so_far.first);
  return {};
}

}  // namespace leat::net
