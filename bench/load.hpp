// What the load generators share: connections to loopback, a clock, latencies, and the server's processor
// time.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace bench {

using clock = std::chrono::steady_clock;

/// Nanoseconds of processor time that process `pid` has used so far, ended threads included; 0 if it is gone.
std::int64_t process_cpu_ns(int pid);

/// Bytes of memory that process `pid` holds (resident set), kernel memory not included; 0 if it is gone.
std::int64_t process_resident_bytes(int pid);

enum class blocking : bool { no, yes };

/// A connected socket with Nagle's algorithm off. Ends the program if it cannot be had.
int connect_loopback(std::uint16_t port, blocking mode = blocking::no);

/// Sends 64 bytes on a blocking socket and reads them back. Ends the program if they do not come back.
void echo_once(int fd);

/// Closes a socket and resets its connection, which leaves no TIME_WAIT behind.
void close_with_reset(int fd);

/// A UDP socket that is connected to a port on loopback. Ends the program if it cannot be had.
int connect_loopback_udp(std::uint16_t port);

/// Lets this process have as many descriptors as the hard limit allows.
void raise_descriptor_limit();

/// Prints what failed, with errno's text, and exits with 1.
[[noreturn]] void give_up(const std::string& what);

/// Counts of latencies, exact to 1/32 of their size.
class histogram {
 public:
  void add(std::int64_t nanoseconds) {
    ++counts_[index(nanoseconds > 0 ? std::uint64_t(nanoseconds) : 0)], ++total_;
  }
  std::uint64_t total() const { return total_; }

  /// The latency that a share `part` (0 to 1) of all stays within, in microseconds.
  double percentile_us(double part) const {
    const auto rank = std::uint64_t(part * double(total_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > rank) return double(upper(i)) / 1000;
    }
    return 0;
  }

 private:
  static constexpr unsigned sub_bits = 5;

  static std::size_t index(std::uint64_t value) {
    if (value < (1u << sub_bits)) return value;
    const unsigned exponent = unsigned(std::bit_width(value)) - sub_bits - 1;
    return (std::size_t(exponent + 1) << sub_bits) + (value >> exponent) - (1u << sub_bits);
  }
  static std::uint64_t upper(std::size_t index) {
    if (index < (1u << sub_bits)) return index;
    const std::size_t exponent = (index >> sub_bits) - 1;
    return ((index & ((1u << sub_bits) - 1)) + (1u << sub_bits) + 1) << exponent;
  }

  std::array<std::uint64_t, (64 - sub_bits + 1) << sub_bits> counts_{};
  std::uint64_t total_ = 0;
};

}  // namespace bench
