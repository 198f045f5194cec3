// What is typed.
#include <fmt/format.h>

#include <algorithm>

#include <cli/chat_client.hpp>

namespace cli {
namespace {

constexpr std::size_t parameter_limit_bytes = 400;  // leaves room for the verb and a target in IRC's 510

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

// Takes the first word off the front.
std::string_view next_word(std::string_view& text) {
  text = trimmed(text);
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text = trimmed(text.substr(end));
  return word;
}

std::string as_room(std::string_view name) {
  return name.starts_with('#') ? std::string(name) : fmt::format("#{}", name);
}

}  // namespace

const std::vector<chat_client::command>& chat_client::commands() {
  static const std::vector<command> all{
      {"/help", "", "this list", &chat_client::do_help},
      {"/join", "ROOM [KEY]", "enter a room, and talk there from now on", &chat_client::do_join},
      {"/me", "TEXT", "say what you do: * ada waves", &chat_client::do_me},
      {"/msg", "NICK TEXT", "say something to one person only", &chat_client::do_msg},
      {"/names", "[ROOM]", "who is in a room", &chat_client::do_names},
      {"/nick", "NAME", "take another name", &chat_client::do_nick},
      {"/part", "[ROOM]", "leave a room", &chat_client::do_part},
      {"/quit", "[REASON]", "leave the chat (so does Ctrl-D)", &chat_client::do_quit},
      {"/topic", "[TEXT]", "show the topic of the room, or set it", &chat_client::do_topic},
      {"/who", "[NICK|ROOM]", "who they are and where they come from", &chat_client::do_who},
  };
  return all;
}

void chat_client::typed(std::string_view text, wall_time now) {
  if (!hub::chat::is_utf8(text)) {
    show_warning("not sent: it is not valid UTF-8");
    lost_something_ = true;
    return;
  }
  std::string line(text);
  // NUL, CR and LF would end the line or the connection.
  std::erase_if(line, [](char letter) { return letter == '\0' || letter == '\r' || letter == '\n'; });
  if (trimmed(line).empty()) return;
  if (line.starts_with("//"))
    line.erase(0, 1);
  else if (line.starts_with('/')) {
    run_command(line, now);
    return;
  }
  if (needs_room()) say(current_, line, false, now);
}

void chat_client::run_command(std::string_view text, wall_time now) {
  const std::string_view name = next_word(text);
  const auto known = std::ranges::find_if(
      commands(), [&](const command& one) { return hub::chat::same_name(one.name, name); });
  if (known != commands().end()) {
    (this->*known->run)(text, now);
    return;
  }
  show_warning(
      fmt::format("there is no command {} (/help lists all; // begins a line with /)", plain_text(name)));
}

bool chat_client::needs_room() {
  if (!current_.empty()) return true;
  show_warning("you are in no room (/join ROOM)");
  lost_something_ = true;
  return false;
}

bool chat_client::needs_connection() {
  if (phase_ == phase::online) return true;
  show_warning("not connected at the moment");
  return false;
}

void chat_client::do_join(std::string_view rest, wall_time) {
  const std::string_view name = next_word(rest);
  if (name.empty()) {
    show_warning("/join needs the name of a room");
    return;
  }
  const std::string room = as_room(name.substr(0, parameter_limit_bytes));
  if (rooms_.contains(room)) {
    current_ = room;
    show_event(fmt::format("you talk in {} now", plain_text(room)));
    return;
  }
  if (!needs_connection()) return;
  const std::string_view key = next_word(rest);
  send(key.empty() ? fmt::format("JOIN {}", room) : fmt::format("JOIN {} {}", room, key.substr(0, 64)));
}

void chat_client::do_msg(std::string_view rest, wall_time now) {
  const std::string_view target = next_word(rest);
  if (target.empty() || rest.empty()) {
    show_warning("/msg needs a nick and a text");
    lost_something_ = true;
    return;
  }
  say(target.substr(0, parameter_limit_bytes / 4), rest, false, now);
}

void chat_client::do_me(std::string_view rest, wall_time now) {
  if (trimmed(rest).empty()) {
    show_warning("/me needs a text");
  } else if (needs_room()) {
    say(current_, trimmed(rest), true, now);
  }
}

void chat_client::do_who(std::string_view rest, wall_time) {
  const std::string_view asked = next_word(rest);
  if (asked.empty() && !needs_room()) return;
  if (needs_connection())
    send(fmt::format("WHO {}", asked.empty() ? current_ : asked.substr(0, parameter_limit_bytes)));
}

void chat_client::do_names(std::string_view rest, wall_time) {
  const std::string_view asked = next_word(rest);
  if (asked.empty() && !needs_room()) return;
  if (needs_connection()) {
    send(fmt::format("NAMES {}", asked.empty() ? current_ : as_room(asked.substr(0, parameter_limit_bytes))));
  }
}

void chat_client::do_topic(std::string_view rest, wall_time) {
  if (!needs_room() || !needs_connection()) return;
  const std::string_view topic = hub::chat::cut(trimmed(rest), parameter_limit_bytes);
  send(topic.empty() ? fmt::format("TOPIC {}", current_) : fmt::format("TOPIC {} :{}", current_, topic));
}

void chat_client::do_nick(std::string_view rest, wall_time) {
  const std::string_view name = next_word(rest);
  if (name.empty()) {
    show_event(fmt::format("you are known as {}", plain_text(nick_)));
    return;
  }
  wanted_nick_ = hub::chat::cut(name, parameter_limit_bytes);
  if (phase_ == phase::offline) {
    show_event(fmt::format("you will be known as {}", plain_text(wanted_nick_)));
  } else {
    send(fmt::format("NICK {}", wanted_nick_));
  }
}

void chat_client::do_part(std::string_view rest, wall_time) {
  const std::string_view asked = next_word(rest);
  if (asked.empty() && !needs_room()) return;
  if (needs_connection()) {
    send(fmt::format("PART {}", asked.empty() ? current_ : as_room(asked.substr(0, parameter_limit_bytes))));
  }
}

void chat_client::do_quit(std::string_view rest, wall_time) {
  last_words_ = hub::chat::cut(trimmed(rest), parameter_limit_bytes);
  if (settings_.interactive) {
    quit(last_words_);
  } else {
    input_ended();  // what a script said before is to be confirmed first
  }
}

void chat_client::do_help(std::string_view, wall_time) {
  for (const command& one : commands())
    show_event(fmt::format("{:<20} {}", fmt::format("{} {}", one.name, one.usage), one.help));
  show_event(
      "anything else    is said in the room; Tab completes names, the arrow keys bring back what you typed");
}

}  // namespace cli
