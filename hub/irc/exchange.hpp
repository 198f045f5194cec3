// The IRC side of the server: bytes from clients in, effects out.
//
// Pure like the rules that it drives: no sockets, no clock, one owner. It keeps what belongs to a connection
// but not to a user (the unfinished line, the capabilities, a registration under way), turns lines into
// commands and queries, and turns events into lines. Every line is written once, whoever receives it.
//
// A connection is known by its session id from `connected` to `disconnected`. After a `hang_up` effect
// nothing more is delivered to it, and what it still sends is ignored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <hub/chat/rules.hpp>
#include <hub/chat/text.hpp>
#include <hub/irc/capability.hpp>
#include <hub/irc/effect.hpp>
#include <hub/irc/line_splitter.hpp>
#include <hub/irc/numeric.hpp>
#include <hub/irc/request.hpp>
#include <hub/irc/whox.hpp>

namespace hub::irc {

struct settings {
  std::string server_name = "leat";  // the source of replies; no spaces
  std::string network = "leat";      // one word
  std::string version = "leat";
  std::string description = "a leat chat and file server";
  std::vector<std::string> motd;
  chat::moment started{};
  std::size_t targets_per_message = 4;  // of one PRIVMSG, NOTICE or KICK
  std::size_t query_rows = 1000;        // of one WHO or LIST; then 416 says that there are more
  // After answers of so many bytes to what came at once, further WHO, LIST and NAMES are put off with 263.
  std::size_t answer_bytes = 128 * 1024;
  std::size_t history_lines = 100;    // of one CHATHISTORY, and targets
  std::size_t monitored_nicks = 100;  // by one client
  std::size_t read_marks = 300;       // of one owner
};

// Up to when a room, or the conversation with a nick, is read.
struct read_mark {
  std::string target;
  chat::moment until{};
};

class exchange {
 public:
  // The rules must outlive the exchange and be changed through it alone.
  exchange(settings chosen, chat::rules& rules);
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  // A connection has come. `host` is what others see of where it came from. `owner` says whose it is, for
  // what is theirs alone and outlasts the connection: the private messages, and what is read. It is the same
  // text each time that they come, `marks` are those stored for it, and it is empty for a stranger.
  void connected(chat::session_id who, std::string_view host, std::string_view owner,
                 std::span<const read_mark> marks, chat::moment now, effects& out);
  void connected(chat::session_id who, std::string_view host, chat::moment now, effects& out) {
    connected(who, host, {}, {}, now, out);
  }
  // It has sent these bytes, cut wherever the network cut them.
  void received(chat::session_id who, std::string_view bytes, chat::moment now, effects& out);
  // It has been silent for a while: ask whether it is still there.
  void silent(chat::session_id who, chat::moment now, effects& out);
  // Send it away, telling it and others why.
  void expel(chat::session_id who, std::string_view reason, chat::moment now, effects& out);
  // It is gone; `reason` is what others read unless they were told before. The id is free again.
  void disconnected(chat::session_id who, std::string_view reason, chat::moment now, effects& out);
  // Put a message into a room from outside; see chat::rules::announce.
  std::expected<void, chat::refusal> announce(std::string_view room, std::string_view source,
                                              std::string_view text, chat::moment now, effects& out);

  // The nick of an owner's user in a room, as the room sees it; empty if the owner has none there.
  std::string nick_in_room(const std::string& owner, std::string_view room) const;

  std::size_t connection_count() const { return connection_count_; }

 private:
  // What a connection has said of itself before it is a user.
  struct registration {
    std::string nick;
    std::string user_name;
    std::string real_name;
    bool negotiating = false;  // CAP END is still to come
  };
  struct client {
    chat::session_id session = chat::nobody;
    std::string host;
    std::string owner;  // empty: a stranger
    std::vector<std::string> monitors;
    line_splitter splitter;
    capability_set offers;
    std::unique_ptr<registration> registering;  // null: a user
    bool closing = false;
  };
  // Up to when what is read, and by which connections.
  struct reader {
    chat::name_map<chat::moment> marks;
    chat::roster connections;
    chat::moment left_at{};  // the last of the connections
  };
  struct verb_entry {
    std::string_view name;
    void (exchange::*run)(client&, const request&);
    std::size_t least_parameters = 0;
    bool before_registration = false;
  };
  static const verb_entry* find_verb(std::string_view name);

  // exchange.cpp: connections, registration
  client* find(chat::session_id who);
  void begin(chat::moment now, effects& out);
  void end();
  bool take_line(client& from, std::string_view line, line_fault fault);
  void take_fault(client& from, std::string_view line, line_fault fault);
  void take_request(client& from, const request& asked);

  // exchange_labels.cpp: answers that say which request they are to (IRCv3 labeled-response)
  void label_answer(const client& from, std::string_view label, std::size_t since);
  std::string labeled(const client& to, std::string_view label, std::vector<std::string> lines,
                      std::string_view batch) const;
  bool labels(const client& who) const { return who.offers.has(capability::labeled_response); }

  // The client's user leaves the chat.
  void leave(client& from, std::string_view reason);
  void part_with(client& from, std::string_view reason_for_others, std::string_view reason_for_client);
  void try_to_register(client& from);
  void welcome(client& from);
  void send_isupport(client& to);
  void on_pass(client& from, const request& asked);
  void on_nick(client& from, const request& asked);
  void on_user(client& from, const request& asked);
  void on_quit(client& from, const request& asked);
  void on_ping(client& from, const request& asked);
  void on_pong(client& from, const request& asked);
  void on_setname(client& from, const request& asked);

  // exchange_cap.cpp: capability negotiation
  void on_cap(client& from, const request& asked);
  void list_capabilities(client& from, std::string_view subcommand, capability_set which);
  void request_capabilities(client& from, std::string_view list);

  // exchange_commands.cpp: what changes the chat
  void on_join(client& from, const request& asked);
  void on_part(client& from, const request& asked);
  void on_privmsg(client& from, const request& asked);
  void on_notice(client& from, const request& asked);
  void on_tagmsg(client& from, const request& asked);
  void say_to_targets(client& from, const request& asked, chat::message_kind kind);
  void on_topic(client& from, const request& asked);
  void on_kick(client& from, const request& asked);
  void on_invite(client& from, const request& asked);
  void on_away(client& from, const request& asked);
  void on_mode(client& from, const request& asked);
  void change_user_modes(client& from, const request& asked);
  void change_room_modes(client& from, const request& asked, const chat::room* where);
  void show_room_modes(client& from, const chat::room& where);
  void show_bans(client& from, const chat::room& where);

  // exchange_queries.cpp: what only looks
  void on_names(client& from, const request& asked);
  void on_who(client& from, const request& asked);
  void on_whois(client& from, const request& asked);
  void on_whowas(client& from, const request& asked);
  void on_list(client& from, const request& asked);
  void on_userhost(client& from, const request& asked);
  void on_ison(client& from, const request& asked);
  void on_lusers(client& from, const request& asked);
  void on_motd(client& from, const request& asked);
  void on_version(client& from, const request& asked);
  void on_time(client& from, const request& asked);
  void on_info(client& from, const request& asked);
  void show_names(client& to, const chat::room& where);
  void show_topic(client& to, const chat::room& where, bool also_none);
  void who_line(client& to, const chat::user& whom, const chat::room* where);
  std::string who_flags(const client& to, const chat::user& whom, const chat::room* where) const;
  std::int64_t idle_seconds(const chat::user& whom) const;
  // Whether the client has been answered so much in this call that it is told to ask again later.
  bool puts_off(client& from, std::string_view verb);
  bool is_other_server(client& from, std::string_view name);
  // The one room of `viewer` and `whom`, or a room of `whom` that `viewer` may see, or null.
  static const chat::room* room_to_show(const chat::user& viewer, const chat::user& whom);
  static std::string rank_prefix(const chat::member& one, bool all);

  // exchange_whox.cpp
  void whox_line(client& to, const chat::user& whom, const chat::room* where, const whox_form& form);

  // exchange_history.cpp: the history, and what of it is read (IRCv3 chathistory, read-marker)
  void on_chathistory(client& from, const request& asked);
  void on_markread(client& from, const request& asked);
  void forget_oldest_mark(const client& from, reader& mine);
  void show_read_mark(const client& to, std::string_view target);
  static std::string reader_name(const client& who);
  reader& reader_of(const client& who) { return readers_[reader_name(who)]; }
  void begin_reading(const client& who, std::span<const read_mark> marks);
  void end_reading(const client& who);
  void forget_readers();

  // exchange_monitor.cpp: who waits for whom (IRCv3 monitor)
  void on_monitor(client& from, const request& asked);
  void monitor(client& from, std::string_view nicks);
  void stop_monitoring(client& from, std::string_view nick);
  void stop_monitoring(client& from);
  void list_monitored(const client& to);
  void show_presence(const client& to, std::span<const std::string> nicks);
  void reply_lists(const client& to, numeric code, std::span<const std::string> items);
  void tell_watchers(numeric code, std::string_view nick, std::string_view shown);

  // exchange_events.cpp: events as lines
  void apply(client& from, const chat::command& what);
  void tell_all();
  void tell(const chat::audience& to, const chat::entered& what);
  void tell(const chat::audience& to, const chat::left& what);
  void tell(const chat::audience& to, const chat::nick_changed& what);
  void tell(const chat::audience& to, const chat::real_name_changed& what);
  void tell(const chat::audience& to, const chat::away_changed& what);
  void tell(const chat::audience& to, const chat::peers_away_changed& what);
  void tell(const chat::audience& to, const chat::invisible_changed& what);
  void tell(const chat::audience& to, const chat::joined& what);
  void tell(const chat::audience& to, const chat::room_entered& what);
  void tell(const chat::audience& to, const chat::parted& what);
  void tell(const chat::audience& to, chat::message_sent& what);
  void tell(const chat::audience& to, const chat::receiver_away& what);
  void tell(const chat::audience& to, const chat::topic_changed& what);
  void tell(const chat::audience& to, const chat::modes_changed& what);
  void tell(const chat::audience& to, const chat::kicked& what);
  void tell(const chat::audience& to, const chat::inviting& what);
  void tell(const chat::audience& to, const chat::invited& what);
  void tell(const chat::audience& to, const chat::peers_invited& what);
  void tell(const chat::audience& to, chat::room_changed& what);
  void tell(const chat::audience& to, chat::room_plain_again& what);
  void tell(const chat::audience& to, const chat::refused& what);

  // Lines to one client are gathered and become one effect; anything else ends the gathering first, so that
  // the order stays.
  std::string& gather(const client& to);
  void add(effect next);
  void broadcast(const chat::audience& to, std::string line, capability_set need = {},
                 capability_set lack = {});
  // An event of a room: into its log, and to those whom it concerns.
  void log(chat::message happened);
  void broadcast_event(const chat::audience& to, const chat::message& happened, capability_set need = {},
                       capability_set lack = {});
  chat::message make_event(chat::message_kind kind, std::uint64_t id, const std::string& source,
                           const std::string& room, std::string text) const;
  void log_and_broadcast(const chat::audience& to, chat::message happened);
  void reply(const client& to, numeric code, std::initializer_list<std::string_view> middle,
             std::string_view text);
  void reply(const client& to, numeric code, std::initializer_list<std::string_view> middle);
  // A standard reply (IRCv3 standard-replies) for what no numeric says.
  void fail(const client& to, std::string_view command, std::string_view code, std::string_view text) {
    fail(to, {command, code}, text);
  }
  void fail(const client& to, std::initializer_list<std::string_view> middle, std::string_view text);
  std::string_view nick_of(const client& of) const;
  const chat::user& user_of(const client& of) const { return *rules_.find(of.session); }

  settings settings_;
  chat::rules& rules_;
  std::vector<std::string> isupport_;  // the tokens of each 005 line
  std::vector<std::unique_ptr<client>> clients_;
  std::size_t connection_count_ = 0;
  std::unordered_map<std::string, reader> readers_;                // by reader_name()
  std::deque<std::pair<chat::moment, std::string>> left_readers_;  // when, and who, in that order
  chat::name_map<chat::roster> watchers_;                          // by the nick that they monitor
  std::uint64_t labeled_batches_ = 0;                              // so far: their names must differ
  std::vector<chat::event> events_;

  // During a call:
  chat::moment now_{};
  chat::moment tag_moment_{};
  std::string tag_;  // time_tag(tag_moment_)
  effects* out_ = nullptr;
  const client* gathering_for_ = nullptr;
  std::string gathered_;
  std::size_t answered_bytes_ = 0;  // to single clients, beside what is gathered
};

// ISUPPORT (005) tokens for these limits, thirteen to a line.
std::vector<std::string> isupport_lines(const settings& chosen, const chat::limits& bounds);

}  // namespace hub::irc
