// Look-ups: who is behind a name, which port is behind a service, and what is this machine called?
//
// Teaches: people use names, packets use numbers. A host may have several addresses, which are to be tried in
// the order in which they come; a service has a name ("mysql") for its port (3306); and a machine has an
// address, or several, on each of its interfaces, of which the loopback one can be reached by itself only.
//
// Try it: ./example_lookups example.org https          (default: localhost mysql)
#include <iostream>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

int main(int argc, char** argv) {
  return leat::run([host = argc > 1 ? argv[1] : "localhost", service = argc > 2 ? argv[2] : "mysql"] {
    const auto addresses = leat::net::resolve_host(host);
    if (!addresses) {
      std::cerr << "cannot look up " << host << ": " << addresses.error().message() << '\n';
      return 1;
    }
    for (const auto& address : *addresses)
      std::cout << host << " is at " << address << '\n';

    const auto port = leat::net::resolve_service(service);
    if (!port) {
      std::cerr << "cannot look up " << service << ": " << port.error().message() << '\n';
      return 1;
    }
    std::cout << service << " is port " << *port << '\n';

    std::cout << "this machine is " << leat::net::host_name().value() << '\n';
    const auto interfaces = leat::net::interface_addresses().value();
    for (const auto& at : interfaces)
      std::cout << at.interface << " has " << at.address << '/' << at.prefix_length << '\n';
    return 0;
  });
}
