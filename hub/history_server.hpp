// Answers those who ask for history, one after the other, beside the delivery of what is said now: a slow
// disk then delays nobody's messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <leat/chan.hpp>

#include <hub/irc/effect.hpp>
#include <hub/irc/session.hpp>
#include <hub/store/store.hpp>

namespace hub {

class history_server {
 public:
  // The store must outlive it; calls to it go through leat::blocking.
  history_server(std::string server_name, store::store& messages);

  // The session is to be answered; if it has asked for too much already, or too many wait, it is told to ask
  // again. Does not block. What was delivered before the request must be stored by now.
  void take(std::shared_ptr<irc::session> from, irc::show_history asked);

  // Answers until close() was called and nobody waits any more. For one goroutine.
  void run();
  void close() { waiting_.close(); }

 private:
  struct visitor {
    std::shared_ptr<irc::session> session;
    irc::show_history asked;
  };

  void answer(const visitor& who);
  void refuse(const visitor& who, std::string_view why) const;
  static void send(const visitor& who, std::string lines);

  const std::string server_name_;
  store::store& store_;
  leat::chan<visitor> waiting_;
  std::uint64_t batches_ = 0;  // so far: their names must differ
};

}  // namespace hub
