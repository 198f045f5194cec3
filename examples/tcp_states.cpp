// The states of a TCP connection (RFC 9293, section 3.3.2), watched at both of its ends on loopback.
//
// Teaches: who ends first goes through FIN_WAIT_1 and FIN_WAIT_2 and stays in TIME_WAIT; the other end is in
// CLOSE_WAIT until it ends, too: a server that piles those up forgets to close. An end waits its turn behind
// bytes written before it, a reset does not. Other states pass too fast on loopback to be seen.
//
// Try it: ./example_tcp_states, and for the connections of other programs: ss --tcp --all --numeric
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

using namespace std::chrono_literals;
using namespace leat::net;

// What the system's table says of our end's port and the peer's. After the end it is the only one to know:
// the socket itself is CLOSED then, and TIME_WAIT is the table's own memory of the connection.
tcp_state state_in_table(std::uint16_t local, std::uint16_t remote) {
  const auto port = [](const std::string& text) { return std::stoul(text.substr(9), nullptr, 16); };
  std::ifstream table("/proc/net/tcp");
  std::string line, number, from, to, state;
  std::getline(table, line);  // the heads; then come rows such as "0: 0100007F:1F90 0100007F:C350 01 ..."
  while (table >> number >> from >> to >> state && std::getline(table, line)) {
    if (port(from) == local && port(to) == remote) return tcp_state(std::stoul(state, nullptr, 16));
  }
  return tcp_state::closed;
}

struct end {
  tcp_conn conn;
  std::uint16_t port = conn.local_address().port();
  std::uint16_t peer_port = conn.remote_address().port();

  tcp_state state() const {
    const auto info = conn.info();
    return info && info->state != tcp_state::closed ? info->state : state_in_table(port, peer_port);
  }

  // An end changes when its peer's segments have come: waits for that, but not for ever.
  const char* settled(tcp_state wanted) const {
    for (int look = 0; state() != wanted && look < 5000; ++look)
      leat::sleep_for(1ms);
    return tcp_state_name(state()).data();
  }
};

void show(const char* what, const end& client, tcp_state at_client, const end& server, tcp_state at_server) {
  std::printf("%-42s %-12s %s\n", what, client.settled(at_client), server.settled(at_server));
}

int main() {
  return leat::run([] {
    using enum tcp_state;
    auto listener = listen_tcp("127.0.0.1:0").value();
    listener.set_read_buffer(4096).value();  // of the connections that it accepts
    std::printf("%-42s %-12s %s\n", "", "client", "server");
    {
      end client{dial_tcp(listener.local_address()).value()};
      end server{listener.accept().value()};
      show("connected", client, established, server, established);
      client.conn.close_write().value();
      show("the client ends its direction", client, fin_wait_2, server, close_wait);
      server.conn.close_write().value();
      show("the server ends its direction, too", client, time_wait, server, closed);
    }
    {
      end client{dial_tcp(listener.local_address()).value()};
      end server{listener.accept().value()};
      client.conn.set_write_buffer(200000).value();
      client.conn.write(std::string(100000, 'x')).value();  // more than the server's system takes unread
      client.conn.close_write().value();
      show("the client ends behind unread bytes", client, fin_wait_1, server, established);
      client.conn.set_linger(linger::reset).value();
      client.conn.close().value();
      show("the client resets", client, closed, server, closed);
    }
  });
}
