// Who is on port N? What listens there, who is connected to it, and which program has it open.
//
// Teaches: the system keeps a table of all its connections, and anybody may read it. A listener and each
// connection that it has accepted are rows of their own, with the same local port: a connection is known by
// both its ends. What was closed here a moment ago is still in the table, as TIME_WAIT, and belongs to
// nobody. Of the programs of other users only root sees which they are.
//
// Try it: ./example_echo_server 127.0.0.1:9000, then in another terminal: ./example_who_is_on_port 9000
//         (ss --tcp --all --processes shows the same)
#include <iomanip>
#include <iostream>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

int main(int argc, char** argv) {
  return leat::run([name = argv[0], service = argc == 2 ? argv[1] : ""] {
    const auto port = leat::net::resolve_service(service);
    if (!port) {
      std::cerr << "usage: " << name << " PORT     a number or the name of a service\n";
      return 2;
    }
    const auto found = leat::net::connections({.port = *port, .owners = true});
    if (!found) {
      std::cerr << "cannot list the connections: " << found.error().message() << '\n';
      return 1;
    }
    for (const auto& one : *found) {
      std::cout << std::left << std::setw(12) << tcp_state_name(one.state) << one.local << " - "
                << one.remote;
      if (one.owner) std::cout << ' ' << one.owner->command << " (" << one.owner->process << ')';
      std::cout << '\n';
    }
    if (found->empty()) std::cout << "nobody is on port " << *port << '\n';
    return 0;
  });
}
