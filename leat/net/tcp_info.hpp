// What the system knows of one TCP connection: its state, round-trip time, losses (Linux TCP_INFO).
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include <leat/error.hpp>

namespace leat::net {

/// The states of RFC 9293, section 3.3.2, with the numbers that Linux gives them.
enum class tcp_state : std::uint8_t {
  unknown = 0,
  established = 1,
  syn_sent = 2,
  syn_received = 3,
  fin_wait_1 = 4,
  fin_wait_2 = 5,
  time_wait = 6,
  closed = 7,
  close_wait = 8,
  last_ack = 9,
  listen = 10,
  closing = 11,
  new_syn_received = 12,
};

/// The name as standards and tools print it: "ESTABLISHED", "FIN_WAIT_2"; "UNKNOWN" for numbers that are no
/// state.
std::string_view tcp_state_name(tcp_state state) noexcept;

/// A snapshot of a connection. Fields that the kernel is too old to know are zero.
struct tcp_info {
  tcp_state state = tcp_state::unknown;
  std::chrono::microseconds rtt{};  ///< smoothed round-trip time
  std::chrono::microseconds rtt_variance{};
  std::chrono::microseconds least_rtt{};
  std::chrono::microseconds retransmission_timeout{};
  std::chrono::milliseconds since_last_sent{};      ///< data, not acknowledgements
  std::chrono::milliseconds since_last_received{};  ///< data
  std::uint32_t retransmits = 0;           ///< of the segment that is waiting for its acknowledgement now
  std::uint32_t total_retransmits = 0;     ///< segments sent again since the connection began
  std::uint32_t unacknowledged = 0;        ///< segments in flight
  std::uint32_t lost = 0;                  ///< of those, segments taken to be lost
  std::uint32_t congestion_window = 0;     ///< segments
  std::uint32_t slow_start_threshold = 0;  ///< segments
  std::uint32_t send_mss_bytes = 0;
  std::uint32_t receive_mss_bytes = 0;
  std::uint32_t path_mtu_bytes = 0;
  std::uint32_t peer_window_bytes = 0;  ///< that the peer is ready to take
  std::uint64_t bytes_sent = 0;         ///< of data, also when sent again
  std::uint64_t bytes_retransmitted = 0;
  std::uint64_t bytes_acknowledged = 0;  ///< that the peer has confirmed to have
  std::uint64_t bytes_received = 0;
  std::uint32_t bytes_unsent = 0;               ///< written, and not yet sent for the first time
  std::uint64_t delivery_bytes_per_second = 0;  ///< the newest measurement of what arrives
  std::uint64_t pacing_bytes_per_second = 0;    ///< how fast it is sent at most; 2^64 - 1: not limited
  bool fast_open_data_acknowledged = false;     ///< what went with the request to connect has arrived
};

/// The queue of a listener: connections that are made, and that nobody has accepted yet.
struct accept_queue {
  std::uint32_t waiting = 0;
  std::uint32_t limit = 0;  ///< one more may wait; then the system drops requests, and clients ask again
};

/// TCP_INFO of a descriptor. Errors: those of getsockopt(2).
result<tcp_info> read_tcp_info(int fd) noexcept;

/// The queue of a descriptor that listens. Errors: those of getsockopt(2); EINVAL when it does not listen.
result<accept_queue> read_accept_queue(int fd) noexcept;

}  // namespace leat::net
