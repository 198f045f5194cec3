// What the tests of the exchange share: effects carried out in memory, and what each client would have read.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <hub/irc/exchange.hpp>
#include <hub/irc/history.hpp>

namespace hub::irc {

class exchange_test : public testing::Test {
 protected:
  static constexpr chat::session_id alice = 0, bob = 1, carol = 2;

  explicit exchange_test(const chat::limits& bounds = {}, settings chosen = {})
      : rules(bounds), chosen_(std::move(chosen)), server(chosen_, rules) {}

  void connects(chat::session_id who, std::string_view host = "127.0.0.1", std::string_view owner = {},
                std::span<const read_mark> marks = {}) {
    run([&](effects& out) { server.connected(who, host, owner, marks, now, out); });
  }

  // Sends a line (or several) and returns what the same client reads because of it.
  std::string says(chat::session_id who, std::string_view lines) {
    screens.clear();
    run([&](effects& out) { server.received(who, std::string(lines) + "\r\n", now, out); });
    return screens[who];
  }

  void enters(chat::session_id who, std::string_view nick, std::string_view owner = {},
              std::span<const read_mark> marks = {}) {
    connects(who, "127.0.0.1", owner, marks);
    says(who, "NICK " + std::string(nick) + "\r\nUSER " + std::string(nick) + " 0 * :A Person");
  }

  void alice_and_bob_meet() {
    enters(alice, "alice");
    enters(bob, "bob");
    says(alice, "JOIN #mill");
    says(bob, "JOIN #mill");
  }

  template <typename Call>
  void run(Call&& call) {
    effects out;
    now += std::chrono::milliseconds(1);
    call(out);
    for (effect& one : out)
      std::visit([&](auto& what) { carry_out(what); }, one);
  }

  // What a client has read since the last `says`, by anyone.
  const std::string& reads(chat::session_id who) { return screens[who]; }

  chat::rules rules;
  settings chosen_;
  exchange server;
  chat::moment now{std::chrono::seconds(1'700'000'000)};  // 2023-11-14T22:13:20Z
  std::map<chat::session_id, std::string> screens;
  std::map<chat::session_id, capability_set> offers;
  std::set<chat::session_id> registered_sessions;
  std::set<chat::session_id> hung_up;
  bool stores = true;  // false: what is to be kept cannot be
  std::vector<chat::message> kept;
  std::vector<chat::message> events;  // of rooms' logs
  std::vector<std::pair<std::string, std::string>>
      owners;  // of all that was kept: the sender's and the receiver's
  std::vector<show_history> asked_for;
  std::vector<keep_read_mark> read_marks;
  std::vector<chat::room_record> kept_rooms;
  std::vector<std::string> dropped_rooms;

 private:
  void carry_out(const deliver& what) {
    const chat::roster receivers = what.to.many ? *what.to.many : chat::roster{what.to.one};
    const bool is_lost = what.message_id != 0 && !stores;
    if (is_lost && !what.otherwise) return;
    const wire_line otherwise{.bytes = what.otherwise, .tag_bytes = what.line.tag_bytes};
    line_forms forms(is_lost ? otherwise : what.line);
    for (const chat::session_id one : receivers) {
      if (one == what.to.except || !offers[one].has_all(what.need) || offers[one].has_any(what.lack))
        continue;
      EXPECT_FALSE(hung_up.contains(one)) << "delivered after hanging up";
      screens[one] += forms.for_receiver(offers[one]).text();
    }
  }
  void carry_out(const replay& what) {
    std::vector<chat::message> said;
    for (const chat::message& one : kept)
      if (chat::same_name(one.target, what.room) && one.id <= what.last_id && one.time_ms >= what.from_ms)
        said.push_back(one);
    screens[what.to] += history_lines(said,
                                      {.server = chosen_.server_name,
                                       .about = what.room,
                                       .name = "h1",
                                       .receiver_offers = what.receiver_offers},
                                      100'000, what.now);
  }
  void carry_out(const show_history& what) { asked_for.push_back(what); }
  void carry_out(const keep_read_mark& what) { read_marks.push_back(what); }
  void carry_out(const change_capabilities& what) { offers[what.who] = what.to; }
  void carry_out(const registered& what) { registered_sessions.insert(what.who); }
  void carry_out(const hang_up& what) { hung_up.insert(what.who); }
  void carry_out(const keep_message& what) {
    if (chat::is_event(what.said.kind))
      events.push_back(what.said);
    else
      kept.push_back(what.said);
    owners.emplace_back(what.sender_owner, what.receiver_owner);
  }
  void carry_out(const keep_room& what) { kept_rooms.push_back(what.record); }
  void carry_out(const drop_room& what) { dropped_rooms.push_back(what.room); }
};

inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace hub::irc
