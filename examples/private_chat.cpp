// Private messages: everybody has a name, and "bob hello" reaches bob and nobody else.
//
// Teaches: state behind a lock (example_chat_server gives it to one goroutine instead). The class that holds
// the map holds its mutex, too, so nobody reaches the one without the other; and nothing slow is done under
// it: a message goes into the mailbox of its receiver, whose own goroutine writes it to the network.
//
// Try it: ./example_private_chat 127.0.0.1:9000, then in two other terminals: nc 127.0.0.1 9000, and say your
//         name; then, for instance: bob how are you?
#include <iostream>
#include <map>
#include <mutex>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

using mailbox = leat::chan<std::string>;

class guest_list {
 public:
  bool enter(const std::string& name, const mailbox& inbox) {
    const std::lock_guard hold(guard_);
    return !name.empty() && !name.contains(' ') && inboxes_.emplace(name, inbox).second;
  }
  void leave(const std::string& name) {
    const std::lock_guard hold(guard_);
    inboxes_.erase(name);
  }
  bool send(const std::string& name, const std::string& line) {  // false: not here, or does not read
    const std::lock_guard hold(guard_);
    const auto found = inboxes_.find(name);
    return found != inboxes_.end() && found->second.try_send(line);
  }

 private:
  leat::mutex guard_;
  std::map<std::string, mailbox> inboxes_;
};

void talk(leat::net::tcp_conn conn, guest_list& guests) {
  leat::net::buffered_reader in(conn);
  if (!conn.write("your name?\n")) return;
  const std::string name(in.read_line(20).value_or(""));
  const mailbox inbox(64);
  if (!guests.enter(name, inbox)) {
    static_cast<void>(conn.write("that is nobody's name, or somebody else's\n"));
    return;
  }
  inbox.send("welcome, " + name + "\n");
  leat::wait_group writing;
  writing.go([&] {
    while (const auto line = inbox.receive())
      static_cast<void>(conn.write(*line));
  });
  while (const auto line = in.read_line(1000)) {
    const std::string to(line->substr(0, line->find(' ')));
    const std::string what(line->substr(std::min(line->size(), to.size() + 1)));
    if (!guests.send(to, name + ": " + what + "\n")) guests.send(name, to + " does not hear you\n");
  }
  guests.leave(name);
  inbox.close();  // nobody finds it any more
  writing.wait();
}

int main(int argc, char** argv) {
  guest_list guests;
  return leat::run([&, address = argc > 1 ? argv[1] : "127.0.0.1:0"] {
    auto listener = leat::net::listen_tcp(address);
    if (!listener) {
      std::cerr << "cannot listen on " << address << ": " << listener.error().message() << '\n';
      return 1;
    }
    std::cout << "listening on " << listener->local_address() << std::endl;
    while (auto conn = listener->accept())
      leat::go([conn = std::move(*conn), &guests]() mutable { talk(std::move(conn), guests); });
    return 0;
  });
}
