// What a chat client knows and does, without sockets or terminals: lines from the server and lines that were
// typed go in; lines to send and lines to show come out.
//
// A message counts as said when the server has told it back (IRCv3 echo-message): then it is shown. What was
// sent and not told back when the connection broke is sent again after the reconnection, unless the replayed
// history has it. The end of a replay, and of what was typed, is known by a PING that is answered after it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <cli/chat_view.hpp>
#include <cli/irc_line.hpp>
#include <cli/seen_messages.hpp>
#include <hub/chat/text.hpp>

namespace cli {

struct chat_settings {
  std::string nick;
  std::string room;  ///< to join first, with its '#'
  bool interactive = false;
  bool colours = false;
};

class chat_client {
 public:
  explicit chat_client(chat_settings chosen);

  /// A connection is up.
  void connected();
  /// A line came from the server, without its end.
  void received(std::string_view text, wall_time now);
  /// The connection is gone. All that was not confirmed waits for the next one.
  void disconnected();
  /// A line was typed, without its end.
  void typed(std::string_view text, wall_time now);
  /// Nothing more will be typed: leaves when all that was typed is confirmed.
  void input_ended();
  /// Leaves now.
  void quit(std::string_view reason);
  /// The server has been silent: asks whether it is there.
  void probe();

  /// Shows a line of the client itself.
  void show_event(std::string_view text) { show(view_.event(text)); }
  void show_warning(std::string_view text) { show(view_.warning(text)); }

  /// What is to be sent (without line ends) and shown since the last call.
  std::vector<std::string> take_outgoing();
  std::vector<std::string> take_shown();

  /// Whether more should be typed now: not while much waits to be confirmed. A person may type before there
  /// is a connection; a script's commands would fail only for having come early, so they wait for it.
  bool wants_input() const {
    return !input_ended_ && pending_.size() < most_pending_ &&
           (settings_.interactive || phase_ == phase::online);
  }
  /// Whether it has said goodbye, so that the end of the connection is the end of the program.
  bool leaving() const { return leaving_; }
  /// Why there is no use in going on; empty if there is.
  const std::string& failure() const { return failure_; }
  /// What the server gave as the reason for the end of the connection.
  const std::string& closing_reason() const { return closing_reason_; }
  /// Whether something that was typed did not reach its receivers.
  bool lost_something() const { return lost_something_; }
  bool online() const { return phase_ == phase::online; }

  std::string prompt() const;
  /// What a word may become: nicks, rooms, commands.
  std::vector<std::string> completions(std::string_view word, bool first) const;

 private:
  // offline      no connection
  // registering  connected, not yet welcomed
  // joining      joining the rooms; their history is replayed
  // online       what is typed is sent at once
  enum class phase : std::uint8_t { offline, registering, joining, online };

  using members = hub::chat::name_map<std::string>;  // folded nick -> nick

  struct outgoing {
    std::string target;
    std::string text;  // as it stands in the message, an ACTION with its marks
    std::string nick;  // whose message it was when it was sent
    std::uint64_t number = 0;
    bool sent = false;
  };

  struct verb {
    std::string_view name;
    void (chat_client::*run)(const irc_line&, wall_time);
  };

  struct command {
    std::string_view name;
    std::string_view usage;
    std::string_view help;
    void (chat_client::*run)(std::string_view, wall_time);
  };
  static const std::vector<command>& commands();

  // chat_client.cpp: the connection, and what is said
  void register_with_server();
  void enter_rooms();
  void now_online();
  void try_other_nick();
  void say(std::string_view target, std::string_view text, bool action, wall_time now);
  void transmit(outgoing& one);
  void confirm_by_ping();
  void confirmed(std::string_view target, std::string_view text);
  void refused(std::string_view target);
  void drop_unconfirmed(std::uint64_t up_to);
  std::size_t text_limit(std::string_view target) const;
  void send(std::string line) { outgoing_.push_back(std::move(line)); }
  void show(std::string line) { shown_.push_back(std::move(line)); }
  bool is_me(std::string_view nick) const { return hub::chat::same_name(nick, nick_); }

  // chat_client_events.cpp: lines from the server
  void on_cap(const irc_line& line, wall_time now);
  void on_ping(const irc_line& line, wall_time now);
  void on_pong(const irc_line& line, wall_time now);
  void on_error(const irc_line& line, wall_time now);
  void on_batch(const irc_line& line, wall_time now);
  void on_message(const irc_line& line, wall_time now);
  void on_join(const irc_line& line, wall_time now);
  void on_part(const irc_line& line, wall_time now);
  void on_quit(const irc_line& line, wall_time now);
  void on_kick(const irc_line& line, wall_time now);
  void on_nick(const irc_line& line, wall_time now);
  void on_topic(const irc_line& line, wall_time now);
  void on_mode(const irc_line& line, wall_time now);
  void on_invite(const irc_line& line, wall_time now);
  void on_fail(const irc_line& line, wall_time now);
  void on_numeric(int number, const irc_line& line, wall_time now);
  void on_error_numeric(int number, const irc_line& line);
  void on_names(const irc_line& line);
  void on_end_of_names(const irc_line& line);
  void show_message(const irc_line& line, std::string_view text, bool action, wall_time now);
  bool is_replay(const irc_line& line) const;
  void left_room(std::string_view room);
  std::string label_of(std::string_view room) const;

  // chat_client_commands.cpp: what is typed
  void run_command(std::string_view text, wall_time now);
  void do_join(std::string_view rest, wall_time now);
  void do_msg(std::string_view rest, wall_time now);
  void do_me(std::string_view rest, wall_time now);
  void do_who(std::string_view rest, wall_time now);
  void do_names(std::string_view rest, wall_time now);
  void do_topic(std::string_view rest, wall_time now);
  void do_nick(std::string_view rest, wall_time now);
  void do_part(std::string_view rest, wall_time now);
  void do_quit(std::string_view rest, wall_time now);
  void do_help(std::string_view rest, wall_time now);
  bool needs_room();
  bool needs_connection();

  chat_settings settings_;
  chat_view view_;
  std::size_t most_pending_;
  std::vector<std::string> outgoing_;
  std::vector<std::string> shown_;

  phase phase_ = phase::offline;
  std::string nick_;         // what the server calls us
  std::string wanted_nick_;  // what we want to be called
  unsigned nick_attempts_ = 0;
  std::string offered_;           // capabilities, while they are listed
  bool echoes_ = false;           // the server tells our messages back
  std::size_t mask_bytes_ = 120;  // of nick!user@host as others see it, once we have seen it ourselves
  bool welcomed_before_ = false;
  bool motd_told_ = false;
  bool leaving_ = false;
  bool input_ended_ = false;
  std::string last_words_;  // of /quit
  bool lost_something_ = false;
  std::string failure_;
  std::string closing_reason_;

  std::vector<std::string> wanted_rooms_;                 // those we are in, or would be if we were connected
  hub::chat::name_map<members> rooms_;                    // those we are in
  hub::chat::name_map<members> listing_;                  // names that are being told
  std::string current_;                                   // the room that plain lines go to; empty: none
  std::unordered_map<std::string, std::string> batches_;  // reference -> type
  seen_messages seen_;

  std::deque<outgoing> pending_;  // said and not confirmed, in order
  std::uint64_t last_number_ = 0;
  bool asked_for_end_ = false;  // a PING after the last message is not yet answered
};

}  // namespace cli
