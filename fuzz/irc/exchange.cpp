// The rules and the exchange together, driven by bytes: eight connections come, speak and go.
//
// Input is read as steps. The first byte of a step chooses a connection (low three bits) and what happens to
// it (the rest); a step in which it speaks goes on to the next 0xFE byte. Whatever comes, every line that
// goes out is whole and within limits, nothing is delivered to a connection that is not there, and the rooms
// stay consistent.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include <hub/chat/text.hpp>
#include <hub/irc/exchange.hpp>

namespace {

using namespace hub;

void require(bool what) {
  if (!what) std::abort();
}

// Small enough that a few steps reach them.
constexpr chat::limits small_limits{.nick_bytes = 12,
                                    .room_name_bytes = 16,
                                    .topic_bytes = 40,
                                    .rooms_per_user = 4,
                                    .rooms = 8,
                                    .bans_per_room = 3,
                                    .invitations_per_user = 2,
                                    .departed_users = 4};

class world {
 public:
  void step(std::string_view& input) {
    const auto choice = static_cast<unsigned char>(input.front());
    input.remove_prefix(1);
    const chat::session_id who = choice & 7;
    now_ += std::chrono::milliseconds(choice);
    irc::effects out;
    switch (choice >> 3) {
      case 0:
        disconnect(who, out);
        break;
      case 1:
        server_.silent(who, now_, out);
        break;
      case 2:
        server_.expel(who, "expelled", now_, out);
        break;
      case 3:
        (void)server_.announce("#a", "x!y@z", take(input), now_, out);
        break;
      default:
        connect(who, out);
        server_.received(who, take(input), now_, out);
    }
    for (const irc::effect& one : out)
      std::visit([&](const auto& what) { check(what); }, one);
    check_rooms();
  }

 private:
  struct place {
    bool connected = false;
    bool hung_up = false;
    irc::capability_set offers;
  };

  static std::string_view take(std::string_view& input) {
    const std::size_t end = std::min(input.find('\xFE'), input.size());
    const std::string_view taken = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    return taken;
  }

  void connect(chat::session_id who, irc::effects& out) {
    if (places_[who].connected) return;
    places_[who] = {.connected = true, .hung_up = false, .offers = {}};
    server_.connected(who, "127.0.0.1", who % 2 == 0 ? "owner" : "", {}, now_, out);
  }

  void disconnect(chat::session_id who, irc::effects& out) {
    server_.disconnected(who, "gone", now_, out);
    places_[who] = {};
  }

  void check(const irc::deliver& what) {
    const chat::roster receivers = what.to.many ? *what.to.many : chat::roster{what.to.one};
    for (const chat::session_id one : receivers) {
      if (one == what.to.except) continue;
      require(one < places_.size() && places_[one].connected && !places_[one].hung_up);
    }
    require(what.line.tag_bytes <= what.line.bytes->size());
    irc::line_forms forms(what.line);
    check_lines(forms.for_receiver({}).text());
    irc::capability_set all;
    for (const auto& [name, one] : irc::capabilities)
      all.set(one, true);
    check_lines(forms.for_receiver(all).text());
  }

  static void check_lines(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = text.find("\r\n");
      require(end != std::string_view::npos);
      std::string_view line = text.substr(0, end);
      text.remove_prefix(end + 2);
      if (line.starts_with('@')) line.remove_prefix(line.find(' ') + 1);
      require(!line.empty() && line.size() + 2 <= irc::line_limit_bytes && chat::is_line_text(line));
    }
  }
  void check(const irc::replay& what) { require(places_[what.to].connected); }
  void check(const irc::show_history& what) {
    require(places_[what.to].connected && what.asked.limit > 0 && what.label.size() <= 64);
    require(!what.of.empty() || what.asked.which == irc::history_part::targets || !what.owner.empty());
  }
  void check(const irc::keep_read_mark& what) { require(!what.owner.empty() && what.until <= now_); }
  void check(const irc::change_capabilities& what) { places_[what.who].offers = what.to; }
  // It may have left again in the same step.
  void check(const irc::registered& what) { require(places_[what.who].connected); }
  void check(const irc::hang_up& what) { places_[what.who].hung_up = true; }
  void check(const irc::keep_message& what) {
    require(what.said.id > last_kept_ && chat::is_line_text(what.said.text));
    require(chat::is_event(what.said.kind) || !what.said.text.empty());
    last_kept_ = what.said.id;
  }
  void check(const irc::keep_room& what) {
    require(chat::is_room_name(what.record.name, small_limits.room_name_bytes));
  }
  void check(const irc::drop_room&) {}

  void check_rooms() const {
    require(rules_.rooms().size() <= small_limits.rooms);
    for (const auto& [name, one] : rules_.rooms()) {
      require(name == one->name() && (!one->members().empty() || one->worth_keeping()));
      require(one->share_roster()->size() == one->members().size());
      for (std::size_t index = 0; index < one->members().size(); ++index) {
        const chat::user* whom = rules_.find(one->members()[index].session);
        require(whom != nullptr && whom->in(*one) != nullptr && whom->in(*one)->place == index);
      }
    }
    for (const auto& [nick, session] : rules_.nicks())
      require(rules_.find(session)->nick == nick);
  }

  chat::rules rules_{small_limits};
  irc::exchange server_{irc::settings{}, rules_};
  chat::moment now_{std::chrono::seconds(1'700'000'000)};
  std::array<place, 8> places_;
  std::uint64_t last_kept_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(data, data + size);
  std::string_view input = bytes;
  world one;
  while (!input.empty())
    one.step(input);
  return 0;
}
