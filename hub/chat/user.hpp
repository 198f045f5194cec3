// A user as the rules and those who look at them see one.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <hub/chat/event.hpp>

namespace hub::chat {

class room;

// A point in time as the caller of the rules gives it.
using moment = std::chrono::sys_time<std::chrono::milliseconds>;

struct user {
  // Where the user stands: the room, and the place among its members.
  struct standing {
    room* in = nullptr;
    std::size_t place = 0;
  };

  session_id session = nobody;
  std::string nick;
  std::string user_name;
  std::string host;
  std::string real_name;
  std::string away;  // empty: here
  bool invisible = false;
  moment entered_at{};
  moment spoke_at{};
  std::vector<standing> rooms;
  std::vector<std::uint64_t> invitations;  // numbers of rooms; each lets the user past +i once

  std::string mask() const { return nick + '!' + user_name + '@' + host; }

  const standing* in(const room& one) const {
    const auto found = std::ranges::find(rooms, &one, &standing::in);
    return found == rooms.end() ? nullptr : &*found;
  }
};

// What is remembered of a user who left or changed nick.
struct departed_user {
  std::string nick;
  std::string user_name;
  std::string host;
  std::string real_name;
  moment at{};
};

}  // namespace hub::chat
