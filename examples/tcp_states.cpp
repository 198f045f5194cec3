// The states of a TCP connection (RFC 9293, section 3.3.2), watched at both of its ends on loopback.
//
// Teaches: who ends first goes through FIN_WAIT_1 and FIN_WAIT_2 and stays in TIME_WAIT; the other end is in
// CLOSE_WAIT until it ends, too: a server that piles those up forgets to close. An end waits its turn behind
// bytes written before it, a reset does not. Other states pass too fast on loopback to be seen.
//
// Try it: ./example_tcp_states, and for the connections of other programs: ./example_who_is_on_port PORT
#include <chrono>
#include <cstdio>
#include <string>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

using namespace std::chrono_literals;
using namespace leat::net;

struct end {
  tcp_conn conn;
  endpoint local = conn.local_address();
  endpoint remote = conn.remote_address();

  // What the system's table says. A connection that is not in it any more is closed; one in TIME_WAIT is,
  // though its socket is gone: the table alone remembers it.
  tcp_state state() const {
    const auto table = connections({.port = local.port()}).value();
    for (const connection& one : table) {
      if (one.local == local && one.remote == remote) return one.state;
    }
    return tcp_state::closed;
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
