// What the tests of the rules share: a chat with a clock of its own and a way to look at what happened.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <span>
#include <string_view>
#include <vector>

#include <hub/chat/rules.hpp>

namespace hub::chat {

class rules_test : public testing::Test {
 protected:
  static constexpr session_id alice = 0, bob = 1, carol = 2, dave = 3;

  explicit rules_test(const limits& bounds = {}) : chat(bounds, 100) {}

  void enters(session_id who, std::string_view nick) {
    does(who, enter{.nick = nick, .user = nick, .host = "127.0.0.1", .real_name = "A Person"});
  }

  // alice (operator) and bob in #mill.
  void alice_and_bob_meet() {
    enters(alice, "alice");
    enters(bob, "bob");
    does(alice, join{.room = "#mill", .key = {}});
    does(bob, join{.room = "#mill", .key = {}});
  }

  // Carries out one command and remembers only what it caused.
  void does(session_id who, const command& what) {
    events.clear();
    now += std::chrono::milliseconds(1);
    chat.apply(who, what, now, events);
  }

  void changes_mode(session_id who, bool add, room_mode mode, std::string_view parameter = {}) {
    const mode_change change{.add = add, .mode = mode, .parameter = parameter};
    does(who, change_modes{.room = "#mill", .changes = std::span(&change, 1)});
  }

  // The first event of a kind that the last command caused; a fresh one and a failure if there was none.
  template <typename Event>
  Event caused() const {
    for (const event& one : events)
      if (const auto* found = std::get_if<Event>(&one.what)) return *found;
    ADD_FAILURE() << "no such event";
    return {};
  }

  template <typename Event>
  bool happened() const {
    for (const event& one : events)
      if (std::holds_alternative<Event>(one.what)) return true;
    return false;
  }

  // Everyone who is told of the first event of a kind, in roster order.
  template <typename Event>
  roster told() const {
    for (const event& one : events) {
      if (!std::holds_alternative<Event>(one.what)) continue;
      if (!one.to.many) return {one.to.one};
      roster receivers = *one.to.many;
      std::erase(receivers, one.to.except);
      return receivers;
    }
    ADD_FAILURE() << "no such event";
    return {};
  }

  bool is_refused(refusal why) const {
    return events.size() == 1 && happened<refused>() && caused<refused>().why == why;
  }

  rules chat;
  moment now{std::chrono::seconds(1'700'000'000)};
  std::vector<event> events;
};

}  // namespace hub::chat
