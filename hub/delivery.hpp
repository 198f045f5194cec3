// The last station of everything that happens in the chat: stores it, and then tells those whom it concerns.
//
// Work comes in groups, in the order in which the rules decided it. Of each group, first all messages and
// rooms are stored in one transaction; only then is any of it delivered, step by step. So nobody has ever
// seen a message that is not stored, and everybody sees everything in one order. While a group is being
// stored, the rules prepare the next one.
//
// If the store fails (disk full), the messages of the group are not delivered, and their senders are told.
// All else is delivered. Room settings that could not be stored stay in force and are stored again with the
// next group that succeeds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <leat/chan.hpp>

#include <hub/history_server.hpp>
#include <hub/irc/effect.hpp>
#include <hub/irc/session.hpp>
#include <hub/room_log.hpp>
#include <hub/store/store.hpp>

namespace hub {

// From here on `who` stands for this connection.
struct attach {
  chat::session_id who = chat::nobody;
  std::shared_ptr<irc::session> session;
};
// From here on it stands for none.
struct detach {
  chat::session_id who = chat::nobody;
};
// Whoever waits on the channel learns whether the group was stored.
struct answer {
  leat::sender<std::expected<void, std::string>> to;
  std::expected<void, std::string> outcome;  // if it is decided already that it failed
};

using step = std::variant<attach, detach, answer, irc::effect>;
using group = std::vector<step>;

struct delivery_options {
  std::string server_name = "leat";
  std::size_t history_messages = 50;          // shown to who joins a room
  std::size_t history_rooms = 1000;           // kept in memory for that
  std::size_t send_queue_bytes = 256 * 1024;  // of a session
};

class delivery {
 public:
  // The store must outlive it; calls to it go through leat::blocking. So must `history`, which answers who
  // asks for it.
  delivery(delivery_options options, store::store& messages, history_server& history);
  delivery(const delivery&) = delete;
  delivery& operator=(const delivery&) = delete;

  // Carries out a group. Parks while the store works. For one goroutine.
  void carry_out(group work);

 private:
  struct place {
    std::shared_ptr<irc::session> session;
    irc::capability_set offers;
  };
  using outcome = std::expected<void, std::string>;

  outcome store_all(group& work);
  void log_change(const store::result<void>& written);
  void start_writers();
  void run(attach& what, const outcome& stored);
  void run(detach& what, const outcome& stored);
  void run(answer& what, const outcome& stored);
  void run(irc::effect& what, const outcome& stored);
  void run(irc::deliver& what, const outcome& stored);
  void run(irc::replay& what, const outcome& stored);
  void run(irc::show_history& what, const outcome& stored);
  void run(irc::change_capabilities& what, const outcome& stored);
  void run(irc::registered& what, const outcome& stored);
  void run(irc::hang_up& what, const outcome& stored);
  void run(irc::keep_message& what, const outcome& stored);
  void run(irc::keep_read_mark& what, const outcome& stored);
  void run(irc::keep_room& what, const outcome& stored);
  void run(irc::drop_room& what, const outcome& stored);

  place* find(chat::session_id who);
  void push(chat::session_id to, irc::line_forms& forms, irc::capability_set need = {},
            irc::capability_set lack = {});
  void push(chat::session_id to, std::string lines);
  void tell(chat::session_id to, std::string text);

  delivery_options options_;
  store::store& store_;
  history_server& history_;
  room_log log_;
  std::vector<place> places_;                            // by session id
  std::vector<std::shared_ptr<irc::session>> to_start_;  // writers that the group has made necessary
  std::vector<chat::message> messages_;                  // of the group, in its order
  std::size_t next_message_ = 0;                         // the one that the next keep_message stands for
  std::size_t pushed_bytes_ = 0;  // the most that any one session was given since writers last ran
  std::vector<store::filed_message> filed_;
  std::vector<store::read_mark> read_marks_;
  std::uint64_t batches_ = 0;  // history batches so far: their names must differ
  // Room changes that are still to be stored: by name, the record, or nothing to remove it.
  chat::name_map<std::optional<chat::room_record>> unsaved_rooms_;
  std::optional<store::failure> failing_;  // what the store last failed of, since it last worked
  std::size_t undelivered_ = 0;            // messages since then
};

}  // namespace hub
