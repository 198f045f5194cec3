// A chat room for anybody with nc: what one of them writes, all of them read, line by line.
//
// Teaches: state without a lock. One goroutine alone knows who is here, the others talk to it over channels;
// everybody has a mailbox of their own, so that whoever does not read misses lines and delays nobody.
//
// Try it: ./example_chat_server 127.0.0.1:9000, then in two other terminals: nc 127.0.0.1 9000
#include <iostream>
#include <vector>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

using mailbox = leat::chan<std::string>;

struct room {
  leat::chan<mailbox> enter, leave;
  leat::chan<std::string> say;
};

void host(const room& here) {
  std::vector<mailbox> present;
  const auto let_in = [&](std::optional<mailbox> guest) { present.push_back(guest.value()); };
  const auto let_out = [&](std::optional<mailbox> guest) { std::erase(present, guest.value()); };
  const auto tell_all = [&](std::optional<std::string> line) {
    for (const mailbox& guest : present)
      guest.try_send(line.value());
  };
  for (;;)
    leat::select(here.enter.on_receive(let_in), here.leave.on_receive(let_out),
                 here.say.on_receive(tell_all));
}

void talk(leat::net::tcp_conn conn, const room& here) {
  const mailbox inbox(64);
  leat::wait_group writing;
  writing.go([&] {
    while (const auto line = inbox.receive())
      static_cast<void>(conn.write(*line));
  });
  const std::string name = conn.remote_address().to_string();
  here.enter.send(inbox);
  here.say.send("* " + name + " is here\n");
  leat::net::buffered_reader in(conn);
  while (const auto line = in.read_line(1000))  // until the guest leaves, or says more than that at once
    here.say.send(name + ": " + std::string(*line) + "\n");
  here.leave.send(inbox);
  here.say.send("* " + name + " has left\n");
  inbox.close();  // the host has heard the later line, so it is done with this inbox
  writing.wait();
}

int main(int argc, char** argv) {
  return leat::run([address = argc > 1 ? argv[1] : "127.0.0.1:0"] {
    auto listener = leat::net::listen_tcp(address);
    if (!listener) {
      std::cerr << "cannot listen on " << address << ": " << listener.error().message() << '\n';
      return 1;
    }
    std::cout << "listening on " << listener->local_address() << std::endl;
    const room here;
    leat::go([=] { host(here); });
    while (auto conn = listener->accept())
      leat::go([conn = std::move(*conn), here]() mutable { talk(std::move(conn), here); });
    return 0;
  });
}
