#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include <cli/chat_client.hpp>

namespace cli {
namespace {

constexpr std::size_t line_limit_bytes = 510;  // IRC's 512 without the line end
constexpr std::size_t most_pending_interactive = 1000;
// Of what is piped in, so few may be unconfirmed at once that no server takes it for a flood.
constexpr std::size_t most_pending_piped = 8;
constexpr unsigned most_nick_attempts = 9;

constexpr std::string_view token_joined = "leat-joined";
constexpr std::string_view token_end = "leat-end-";

}  // namespace

chat_client::chat_client(chat_settings chosen)
    : settings_(std::move(chosen)),
      view_(settings_.colours),
      most_pending_(settings_.interactive ? most_pending_interactive : most_pending_piped),
      nick_(settings_.nick),
      wanted_nick_(settings_.nick) {
  if (!settings_.room.empty()) wanted_rooms_.push_back(settings_.room);
  current_ = settings_.room;
}

void chat_client::connected() {
  phase_ = phase::registering;
  nick_ = wanted_nick_;
  nick_attempts_ = 0;
  echoes_ = false;
  offered_.clear();
  closing_reason_.clear();
  send("CAP LS 302");
  send(fmt::format("NICK {}", nick_));
  send(fmt::format("USER {} 0 * :{}", hub::chat::clean_user_name(nick_, 16), nick_));
}

void chat_client::disconnected() {
  phase_ = phase::offline;
  rooms_.clear();
  listing_.clear();
  batches_.clear();
  outgoing_.clear();
  asked_for_end_ = false;
}

// The server has welcomed us.
void chat_client::enter_rooms() {
  phase_ = phase::joining;
  if (std::exchange(welcomed_before_, true)) show_event("connected again");
  seen_.begin_replay();
  for (const std::string& room : wanted_rooms_)
    send(fmt::format("JOIN {}", room));
  send(fmt::format("PING {}", token_joined));
}

// The rooms have been joined, and their history has been told.
void chat_client::now_online() {
  phase_ = phase::online;
  if (rooms_.empty() && !settings_.interactive && !settings_.room.empty()) {
    failure_ = fmt::format("cannot join {}", plain_text(settings_.room));
    return;
  }
  std::erase_if(wanted_rooms_, [&](const std::string& room) { return !rooms_.contains(room); });
  if (!rooms_.contains(current_)) current_ = wanted_rooms_.empty() ? std::string() : wanted_rooms_.back();
  for (outgoing& one : pending_)
    transmit(one);
  if (!echoes_) pending_.clear();
  if (input_ended_) confirm_by_ping();
}

void chat_client::try_other_nick() {
  if (++nick_attempts_ > most_nick_attempts) {
    failure_ = fmt::format("the nick {} and others like it are taken; choose one with --nick",
                           plain_text(wanted_nick_));
    return;
  }
  constexpr std::size_t room_for_suffix = 24;
  nick_ = fmt::format("{}{}", hub::chat::cut(wanted_nick_, room_for_suffix),
                      nick_attempts_ == 1 ? std::string("_") : fmt::format("_{}", nick_attempts_));
  send(fmt::format("NICK {}", nick_));
}

std::size_t chat_client::text_limit(std::string_view target) const {
  constexpr std::size_t around = sizeof(": PRIVMSG  :") - 1;
  const std::size_t used = around + mask_bytes_ + target.size();
  return used + 64 < line_limit_bytes ? line_limit_bytes - used : 64;
}

void chat_client::say(std::string_view target, std::string_view text, bool action, wall_time now) {
  constexpr std::string_view action_mark =
      "\x01"
      "ACTION ";
  const std::size_t marks = action ? action_mark.size() + 1 : 0;
  for (std::string& piece : split_text(text, text_limit(target) - marks)) {
    if (action) piece = fmt::format("{}{}\x01", action_mark, piece);
    if (pending_.size() >= most_pending_interactive) {
      show_warning("not sent: too much waits for the connection already");
      lost_something_ = true;
      return;
    }
    outgoing one{
        .target = std::string(target), .text = std::move(piece), .nick = {}, .number = ++last_number_};
    if (phase_ == phase::online) {
      transmit(one);
      if (!echoes_) {
        // Nobody will tell it back: it is shown when it is sent.
        irc_line own;
        own.source = nick_;
        own.verb = "PRIVMSG";
        own.parameters = {one.target, one.text};
        on_message(own, now);
        continue;
      }
    }
    if (phase_ != phase::online && settings_.interactive) {
      show_event(fmt::format("waits for the connection: {}", plain_text(text)));
    }
    pending_.push_back(std::move(one));
  }
  if (!settings_.interactive && !wants_input()) confirm_by_ping();
}

void chat_client::transmit(outgoing& one) {
  one.sent = true;
  one.nick = nick_;
  send(fmt::format("PRIVMSG {} :{}", one.target, one.text));
}

// What was sent before this PING and is not told back before its answer has been refused.
void chat_client::confirm_by_ping() {
  if (phase_ != phase::online || std::exchange(asked_for_end_, true)) return;
  send(fmt::format("PING {}{}", token_end, last_number_));
}

void chat_client::confirmed(std::string_view target, std::string_view text) {
  const auto found = std::ranges::find_if(pending_, [&](const outgoing& one) {
    return one.sent && one.text == text && hub::chat::same_name(one.target, target);
  });
  if (found != pending_.end()) pending_.erase(found);
}

void chat_client::refused(std::string_view target) {
  const auto found = std::ranges::find_if(
      pending_, [&](const outgoing& one) { return one.sent && hub::chat::same_name(one.target, target); });
  if (found == pending_.end()) return;
  pending_.erase(found);
  lost_something_ = true;
}

void chat_client::drop_unconfirmed(std::uint64_t up_to) {
  std::erase_if(pending_, [&](const outgoing& one) {
    if (!one.sent || one.number > up_to) return false;
    show_warning(fmt::format("not delivered to {}: {}", one.target, plain_text(one.text)));
    lost_something_ = true;
    return true;
  });
}

void chat_client::on_pong(const irc_line& line, wall_time) {
  if (line.parameters.empty()) return;
  const std::string_view token = line.parameters.back();
  if (token == token_joined && phase_ == phase::joining) {
    now_online();
    return;
  }
  if (!token.starts_with(token_end) || phase_ != phase::online) return;
  const std::string_view digits = token.substr(token_end.size());
  std::uint64_t number = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc()) return;
  drop_unconfirmed(number);
  asked_for_end_ = false;
  if (input_ended_ && pending_.empty()) {
    quit(last_words_);
  } else if (input_ended_ || !wants_input()) {
    confirm_by_ping();
  }
}

void chat_client::input_ended() {
  if (std::exchange(input_ended_, true)) return;
  confirm_by_ping();
}

void chat_client::quit(std::string_view reason) {
  leaving_ = true;
  if (phase_ == phase::offline) return;
  send(reason.empty() ? std::string("QUIT") : fmt::format("QUIT :{}", reason));
}

void chat_client::probe() {
  if (phase_ != phase::offline) send("PING leat-alive");
}

std::vector<std::string> chat_client::take_outgoing() {
  return std::exchange(outgoing_, {});
}
std::vector<std::string> chat_client::take_shown() {
  return std::exchange(shown_, {});
}

std::string chat_client::prompt() const {
  if (phase_ == phase::offline) return "(not connected) ";
  return current_.empty() ? "(no room) " : fmt::format("{} ", plain_text(current_));
}

std::vector<std::string> chat_client::completions(std::string_view word, bool first) const {
  const std::string wanted = hub::chat::fold(word);
  const auto fits = [&](std::string_view candidate) {
    return hub::chat::fold(candidate).starts_with(wanted);
  };
  std::vector<std::string> found;
  if (first && word.starts_with('/')) {
    for (const command& one : commands()) {
      if (fits(one.name)) found.push_back(fmt::format("{} ", one.name));
    }
  } else if (word.starts_with('#')) {
    for (const auto& [room, who] : rooms_) {
      if (fits(room)) found.push_back(room + ' ');
    }
  } else if (const auto room = rooms_.find(current_); room != rooms_.end() && !word.empty()) {
    for (const auto& [folded, nick] : room->second) {
      if (fits(nick) && !is_me(nick)) found.push_back(nick + (first ? ": " : " "));
    }
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace cli
