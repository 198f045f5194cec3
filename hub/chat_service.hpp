// The chat as a running service: one goroutine owns the rules, another one stores and delivers, and a third
// shows history to those who ask.
//
//   connections --news--> [ rules, exchange ] --groups--> [ store, deliver ] --lines--> connections
//
// The first goroutine takes news from the connections as they come and turns them into steps. As long as the
// second is busy, steps gather into one group; so the busier the store, the larger its transactions.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <leat/chan.hpp>
#include <leat/net/tcp_conn.hpp>
#include <leat/wait_group.hpp>

#include <hub/chat/rules.hpp>
#include <hub/delivery.hpp>
#include <hub/history_server.hpp>
#include <hub/irc/exchange.hpp>
#include <hub/irc/session.hpp>
#include <hub/log_clock.hpp>
#include <hub/store/store.hpp>

namespace hub {

struct chat_options {
  chat::limits bounds;
  irc::settings irc;
  irc::session_options session;
  std::size_t history_messages = 50;  // shown to who joins a room
  std::size_t history_rooms = 1000;   // of which they are kept in memory
  std::size_t group_messages = 512;   // that one transaction takes at most
};

class chat_service {
 public:
  // The store must outlive the service. Nothing runs before start().
  chat_service(chat_options options, store::store& messages);
  chat_service(const chat_service&) = delete;
  chat_service& operator=(const chat_service&) = delete;

  // Reads rooms and the last message id from the store and starts the goroutines. Errors: what the store
  // says.
  std::expected<void, std::string> start();

  // Serves one connection until it ends. For the goroutine that accepted it. `owner`: see
  // irc::exchange::connected.
  void serve(leat::net::tcp_conn conn);
  void serve(std::unique_ptr<leat::net::stream> conn, const leat::net::endpoint& remote,
             std::string_view owner = {});

  // Tells a room what somebody did elsewhere, as if `source` ("nick!user@host") had said "WHO deed", and
  // returns once that is stored. WHO is the nick that the owner (see irc::exchange::connected) has in the
  // room, or "someone". The room need not have members. Errors, as a sentence: no valid room name, no valid
  // text, not stored.
  std::expected<void, std::string> announce(std::string_view room, std::string_view source,
                                            std::string_view owner, std::string_view deed);

  // Tells every client that the server goes, lets them read that, and ends. Connections that are still there
  // after `patience` are cut. Returns when everything has stopped; serve() then ends at once.
  void stop(std::string_view reason, std::chrono::milliseconds patience);

  std::size_t connection_count() const { return connections_.load(std::memory_order_relaxed); }

 private:
  struct session_news {
    std::shared_ptr<irc::session> from;
    irc::session::news what;
    std::string text;
  };
  struct arrival {
    std::shared_ptr<irc::session> session;
    std::string owner;
    std::vector<irc::read_mark> marks;
  };
  struct announcement {
    std::string room;
    std::string source;
    std::string owner;
    std::string deed;
    leat::sender<std::expected<void, std::string>> answer;
  };
  struct farewell {
    std::string reason;
  };
  struct cut {};  // no more time for words
  using news = std::variant<session_news, arrival, announcement, farewell, cut>;

  std::vector<irc::read_mark> read_marks(std::string_view owner);
  void run_rules();
  void run_delivery();
  void take_next(news& one);
  void take(session_news& one, chat::moment now);
  void take(arrival& one, chat::moment now);
  void take(announcement& one, chat::moment now);
  void take(farewell& one, chat::moment now);
  void take(cut& one, chat::moment now);
  bool is_group_full() const;
  void drain_inbox();
  void hand_over();
  void collect();
  chat::moment next_moment();

  const chat_options options_;
  store::store& store_;
  std::unique_ptr<chat::rules> rules_;
  std::unique_ptr<irc::exchange> exchange_;
  history_server history_;
  delivery delivery_;

  leat::chan<news> inbox_;
  const irc::session::listener tell_ = [this](const std::shared_ptr<irc::session>& from,
                                              irc::session::news what, std::string text) {
    inbox_.send(session_news{.from = from, .what = what, .text = std::move(text)});
  };
  leat::chan<group> groups_;
  leat::chan<leat::unit> delivery_free_;  // holds a unit when the next group may be handed over
  leat::wait_group goroutines_;
  leat::wait_group sessions_;
  std::atomic<std::size_t> connections_{0};
  std::atomic<bool> stopping_{false};

  // Of the goroutine that owns the rules:
  group gathered_;
  std::size_t gathered_messages_ = 0;
  std::size_t gathered_bytes_ = 0;
  irc::effects effects_;
  log_clock clock_;
  std::vector<std::shared_ptr<irc::session>> sessions_by_id_;  // null: free
  std::vector<chat::session_id> free_ids_;
  std::string farewell_;  // not empty: everyone is being sent away
};

}  // namespace hub
