// A name server for tests, over UDP and TCP on one port of loopback, that answers as it is told to, wrongly
// too.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <leat/mutex.hpp>
#include <leat/net/net_test.hpp>

namespace leat::net::testing {

inline constexpr std::uint16_t type_a = 1;
inline constexpr std::uint16_t type_cname = 5;
inline constexpr std::uint16_t type_ptr = 12;
inline constexpr std::uint16_t type_aaaa = 28;
inline constexpr std::uint16_t type_srv = 33;

struct dns_question {
  std::string name{};  // in lower case, without the dot at its end
  std::uint16_t type = 0;
  std::uint16_t id = 0;
  bool over_tcp = false;
  std::string section{};  // the question as it came
};

inline std::string u16(unsigned value) {
  return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
}

/// A name in the form of RFC 1035, section 3.1.
inline std::string dns_name(std::string_view name) {
  std::string made;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find('.'), name.size());
    made += static_cast<char>(end);
    made += name.substr(0, end);
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return made + '\0';
}

inline std::string dns_record(std::string_view name, std::uint16_t type, std::string_view data) {
  return dns_name(name) + u16(type) + u16(1) + u16(0) + u16(60) + u16(static_cast<unsigned>(data.size())) +
         std::string(data);
}

inline std::string address_record(std::string_view name, std::string_view literal) {
  const ip_address address = ip_address::parse(literal).value();
  const auto bytes = address.bytes();
  return dns_record(name, address.is_v4() ? type_a : type_aaaa, std::string(bytes.begin(), bytes.end()));
}

inline std::string srv_record(std::string_view name, unsigned priority, unsigned weight, unsigned port,
                              std::string_view target) {
  return dns_record(name, type_srv, u16(priority) + u16(weight) + u16(port) + dns_name(target));
}

struct dns_answer {
  std::vector<std::string> records{};
  unsigned code = 0;  // RFC 1035, section 4.1.1: 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED
  bool truncated = false;
};

inline std::string dns_message(const dns_question& asked, const dns_answer& answer) {
  const unsigned flags = 0x8180U | (answer.truncated ? 0x0200U : 0U) | answer.code;
  std::string made = u16(asked.id) + u16(flags) + u16(1) + u16(static_cast<unsigned>(answer.records.size())) +
                     u16(0) + u16(0) + asked.section;
  for (const std::string& record : answer.records)
    made += record;
  return made;
}

/// To be declared within leat::run; ends at the end of its scope.
class dns_server {
 public:
  /// What is sent in return for a question: any number of messages; none is silence.
  using behaviour = std::function<std::vector<std::string>(const dns_question&)>;

  explicit dns_server(behaviour answer, std::string_view address = on_loopback) : answer_(std::move(answer)) {
    for (int attempt = 0;; ++attempt) {  // a port that is free for both
      stream_ = listen_tcp(address).value();
      auto bound = listen_udp(stream_.local_address());
      if (bound) {
        datagrams_ = std::move(*bound);
        break;
      }
      if (attempt == 100) throw std::system_error(bound.error(), "no port is free for TCP and UDP");
    }
    all_.go([this] { serve_datagrams(); });
    all_.go([this] { serve_streams(); });
  }

  ~dns_server() {
    static_cast<void>(stream_.close());
    static_cast<void>(datagrams_.close());
    all_.wait();
  }
  dns_server(const dns_server&) = delete;
  dns_server& operator=(const dns_server&) = delete;

  endpoint where() const { return stream_.local_address(); }

  /// The questions that have come so far.
  std::vector<dns_question> asked() const {
    const std::lock_guard hold(guard_);
    return asked_;
  }

 private:
  std::vector<std::string> take(std::string_view message, bool over_tcp) {
    constexpr std::size_t header_bytes = 12;
    if (message.size() < header_bytes + 5) return {};
    const auto number = [&](std::size_t at) {
      return static_cast<std::uint16_t>(static_cast<unsigned char>(message[at]) << 8 |
                                        static_cast<unsigned char>(message[at + 1]));
    };
    dns_question question{.id = number(0), .over_tcp = over_tcp};
    std::size_t at = header_bytes;
    while (at < message.size() && message[at] != 0) {
      const std::size_t length = static_cast<unsigned char>(message[at]);
      if (!question.name.empty()) question.name += '.';
      for (const char c : message.substr(at + 1, length))
        question.name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      at += 1 + length;
    }
    question.type = number(at + 1);
    question.section = message.substr(header_bytes, at + 5 - header_bytes);
    {
      const std::lock_guard hold(guard_);
      asked_.push_back(question);
    }
    return answer_(question);
  }

  void serve_datagrams() {
    std::string buffer(4096, '\0');
    while (auto received = datagrams_.read_from(std::as_writable_bytes(std::span(buffer)))) {
      for (const std::string& message : take(std::string_view(buffer).substr(0, received->size), false))
        static_cast<void>(datagrams_.write_to(message, received->from));  // the asker may be gone
    }
  }

  void serve_streams() {
    while (auto conn = stream_.accept()) {
      static_cast<void>(conn->set_deadline(patience));
      for (;;) {
        const std::string size = read_exactly(*conn, 2);
        if (size.size() < 2) break;
        const std::size_t length = static_cast<std::size_t>(static_cast<unsigned char>(size[0]) << 8 |
                                                            static_cast<unsigned char>(size[1]));
        bool broken = false;
        for (const std::string& message : take(read_exactly(*conn, length), true))
          broken = broken || !conn->write(u16(static_cast<unsigned>(message.size())) + message);
        if (broken) break;
      }
    }
  }

  const behaviour answer_;
  tcp_listener stream_;
  udp_socket datagrams_;
  mutable mutex guard_;
  std::vector<dns_question> asked_;  // guarded by `guard_`
  wait_group all_;
};

}  // namespace leat::net::testing
