// <linux/tcp.h> knows more fields than <netinet/tcp.h>, and the two cannot be included together.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <leat/net/tcp_info.hpp>

namespace leat::net {

std::string_view tcp_state_name(tcp_state state) noexcept {
  switch (state) {
    case tcp_state::established:
      return "ESTABLISHED";
    case tcp_state::syn_sent:
      return "SYN_SENT";
    case tcp_state::syn_received:
      return "SYN_RECEIVED";
    case tcp_state::fin_wait_1:
      return "FIN_WAIT_1";
    case tcp_state::fin_wait_2:
      return "FIN_WAIT_2";
    case tcp_state::time_wait:
      return "TIME_WAIT";
    case tcp_state::closed:
      return "CLOSED";
    case tcp_state::close_wait:
      return "CLOSE_WAIT";
    case tcp_state::last_ack:
      return "LAST_ACK";
    case tcp_state::listen:
      return "LISTEN";
    case tcp_state::closing:
      return "CLOSING";
    case tcp_state::new_syn_received:
      return "NEW_SYN_RECEIVED";
    case tcp_state::unknown:
      break;
  }
  return "UNKNOWN";
}

result<tcp_info> read_tcp_info(int fd) noexcept {
  struct ::tcp_info raw{};  // older kernels fill only a part
  socklen_t size = sizeof(raw);
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &raw, &size) != 0) return last_system_error();
  return tcp_info{.state = tcp_state{raw.tcpi_state},
                  .rtt = std::chrono::microseconds(raw.tcpi_rtt),
                  .rtt_variance = std::chrono::microseconds(raw.tcpi_rttvar),
                  .retransmits = raw.tcpi_retransmits,
                  .total_retransmits = raw.tcpi_total_retrans,
                  .unacknowledged = raw.tcpi_unacked,
                  .congestion_window = raw.tcpi_snd_cwnd,
                  .send_mss_bytes = raw.tcpi_snd_mss,
                  .receive_mss_bytes = raw.tcpi_rcv_mss,
                  .bytes_acknowledged = raw.tcpi_bytes_acked,
                  .bytes_received = raw.tcpi_bytes_received,
                  .bytes_unsent = raw.tcpi_notsent_bytes};
}

}  // namespace leat::net
