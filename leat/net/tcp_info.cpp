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

namespace {

result<struct ::tcp_info> read_raw(int fd) noexcept {
  struct ::tcp_info raw{};  // older kernels fill only a part
  socklen_t size = sizeof(raw);
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &raw, &size) != 0) return last_system_error();
  return raw;
}

}  // namespace

result<tcp_info> read_tcp_info(int fd) noexcept {
  using std::chrono::microseconds;
  using std::chrono::milliseconds;
  const auto raw = read_raw(fd);
  if (!raw) return std::unexpected(raw.error());
  return tcp_info{.state = tcp_state{raw->tcpi_state},
                  .rtt = microseconds(raw->tcpi_rtt),
                  .rtt_variance = microseconds(raw->tcpi_rttvar),
                  .least_rtt = microseconds(raw->tcpi_min_rtt),
                  .retransmission_timeout = microseconds(raw->tcpi_rto),
                  .since_last_sent = milliseconds(raw->tcpi_last_data_sent),
                  .since_last_received = milliseconds(raw->tcpi_last_data_recv),
                  .retransmits = raw->tcpi_retransmits,
                  .total_retransmits = raw->tcpi_total_retrans,
                  .unacknowledged = raw->tcpi_unacked,
                  .lost = raw->tcpi_lost,
                  .congestion_window = raw->tcpi_snd_cwnd,
                  .slow_start_threshold = raw->tcpi_snd_ssthresh,
                  .send_mss_bytes = raw->tcpi_snd_mss,
                  .receive_mss_bytes = raw->tcpi_rcv_mss,
                  .path_mtu_bytes = raw->tcpi_pmtu,
                  .peer_window_bytes = raw->tcpi_snd_wnd,
                  .bytes_sent = raw->tcpi_bytes_sent,
                  .bytes_retransmitted = raw->tcpi_bytes_retrans,
                  .bytes_acknowledged = raw->tcpi_bytes_acked,
                  .bytes_received = raw->tcpi_bytes_received,
                  .bytes_unsent = raw->tcpi_notsent_bytes,
                  .delivery_bytes_per_second = raw->tcpi_delivery_rate,
                  .pacing_bytes_per_second = raw->tcpi_pacing_rate,
                  .fast_open_data_acknowledged = (raw->tcpi_options & TCPI_OPT_SYN_DATA) != 0};
}

// The kernel uses two fields that mean nothing else to a listener.
result<accept_queue> read_accept_queue(int fd) noexcept {
  const auto raw = read_raw(fd);
  if (!raw) return std::unexpected(raw.error());
  if (tcp_state{raw->tcpi_state} != tcp_state::listen)
    return std::unexpected(std::error_code(EINVAL, std::system_category()));
  return accept_queue{.waiting = raw->tcpi_unacked, .limit = raw->tcpi_sacked};
}

}  // namespace leat::net
