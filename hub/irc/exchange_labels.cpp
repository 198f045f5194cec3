// Answers that say which request they are to (IRCv3 labeled-response): a line with the label, a batch with it
// if there are several, or ACK if there is none.
//
// What a request leads to is looked at afterwards, for what of it reaches the one who asked: lines for nobody
// else, and its copy of what a room is told.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <hub/irc/exchange.hpp>

namespace hub::irc {
namespace {

bool reaches(const deliver& what, chat::session_id who, capability_set offers) {
  if (!offers.has_all(what.need) || offers.has_any(what.lack) || what.to.except == who) return false;
  return what.to.many ? std::ranges::find(*what.to.many, who) != what.to.many->end() : what.to.one == who;
}

// Whole lines, each with its end.
void append_lines(std::string_view text, std::vector<std::string>& to) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    to.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

void add_tag(std::string& line, std::string_view tag) {
  if (line.starts_with('@'))
    line.replace(0, 1, fmt::format("@{};", tag));
  else
    line.insert(0, fmt::format("@{} ", tag));
}

}  // namespace

void exchange::take_labeled(client& from, const request& asked, std::string_view label) {
  end();  // what was gathered before belongs to an earlier request
  const std::size_t since = out_->size();
  take_request(from, asked);
  end();
  label_answer(from, label, since);
}

void exchange::label_answer(const client& from, std::string_view label, std::size_t since) {
  const chat::session_id who = from.session;
  std::vector<std::string> lines;
  std::uint64_t message_id = 0;
  std::size_t place = out_->size();
  for (std::size_t index = since; index < out_->size();) {
    if (auto* history = std::get_if<show_history>(&(*out_)[index])) {  // is all of the answer
      history->label = label;
      return;
    }
    auto* told = std::get_if<deliver>(&(*out_)[index]);
    // Nobody else is left out of what tells a room of its own doing; if somebody were, the copy is as
    // others'.
    const bool is_answer = told != nullptr && reaches(*told, who, from.offers) &&
                           (!told->to.many || told->to.except == chat::nobody);
    if (!is_answer) {
      ++index;
      continue;
    }
    append_lines(line_forms(told->line).for_receiver(from.offers).text(), lines);
    message_id = std::max(message_id, told->message_id);
    place = std::min(place, index);
    if (told->to.many) {
      told->to.except = who;
      ++index;
    } else {
      out_->erase(out_->begin() + static_cast<std::ptrdiff_t>(index));
    }
  }
  const std::string tag = fmt::format("label={}", label);
  const bool is_batch = lines.size() > 1 && from.offers.has(capability::batch);
  if (lines.empty()) append_line(lines.emplace_back(), settings_.server_name, "ACK", {});
  if (is_batch) {
    const std::string name = fmt::format("l{}", ++labeled_batches_);
    for (std::string& one : lines)
      add_tag(one, fmt::format("batch={}", name));
    std::string first;
    append_line(first, settings_.server_name, "BATCH", {fmt::format("+{}", name), "labeled-response"});
    lines.insert(lines.begin(), std::move(first));
    append_line(lines.emplace_back(), settings_.server_name, "BATCH", {fmt::format("-{}", name)});
  }
  add_tag(lines.front(), tag);
  std::string text;
  for (const std::string& one : lines)
    text += one;
  out_->insert(out_->begin() + static_cast<std::ptrdiff_t>(place),
               deliver{.to = chat::only(who),
                       .need = {},
                       .lack = {},
                       .line = {.bytes = std::make_shared<const std::string>(std::move(text))},
                       .message_id = message_id});
}

}  // namespace hub::irc
