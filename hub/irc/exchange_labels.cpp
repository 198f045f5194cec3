// Answers that say which request they are to (IRCv3 labeled-response).
//
// What a request leads to is looked at afterwards, for what of it reaches the one who asked: lines for nobody
// else, and its copy of what a room is told. A message to whom it is for is no answer, even if that is its
// sender: its echo is.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <hub/irc/exchange.hpp>
#include <hub/irc/tags.hpp>

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

// Labels of more than 64 bytes are none.
std::string_view label_of(const request& asked) {
  constexpr std::size_t label_bytes = 64;
  const std::string_view label = tag_value(asked.tags, "label").value_or("");
  return label.size() <= label_bytes ? label : std::string_view();
}

void add_tag(std::string& line, std::string_view tag) {
  if (line.starts_with('@'))
    line.replace(0, 1, fmt::format("@{};", tag));
  else
    line.insert(0, fmt::format("@{} ", tag));
}

}  // namespace

bool exchange::take_line(client& from, std::string_view line, line_fault fault) {
  const auto asked = parse_request(line);
  const std::string_view label = asked && labels(from) ? label_of(*asked) : std::string_view();
  const auto take = [&] {
    if (fault != line_fault::none)
      take_fault(from, line, fault);
    else if (asked)
      take_request(from, *asked);
  };
  if (label.empty()) {
    take();
  } else {
    end();  // what was gathered before belongs to an earlier request
    const std::size_t since = out_->size();
    take();
    end();
    label_answer(from, label, since);
  }
  return !from.closing;
}

// There are two answers where something has to be stored first: one for when it is, and one for when it
// cannot be.
void exchange::label_answer(const client& from, std::string_view label, std::size_t since) {
  const chat::session_id who = from.session;
  std::vector<std::string> lines;
  std::vector<std::string> lines_otherwise;
  std::uint64_t message_id = 0;
  std::size_t place = out_->size();
  const auto append = [&](std::vector<std::string>& to, const wire_line& line) {
    append_lines(line_forms(line).for_receiver(from.offers).text(), to);
  };
  for (std::size_t index = since; index < out_->size();) {
    effect& one = (*out_)[index];
    if (auto* history = std::get_if<show_history>(&one)) {  // is all of the answer
      history->label = label;
      return;
    }
    if (auto* kept = std::get_if<keep_message>(&one); kept != nullptr && kept->sender == who) {
      message_id = std::max(message_id, kept->said.id);
      append_line(lines_otherwise.emplace_back(), settings_.server_name, "FAIL", {"*", "SERVER_ERROR"},
                  not_stored(kept->said));
      kept->sender = chat::nobody;  // is told here
    }
    auto* told = std::get_if<deliver>(&one);
    const bool is_answer = told != nullptr && !told->is_for_receiver && reaches(*told, who, from.offers);
    if (!is_answer) {
      ++index;
      continue;
    }
    append(lines, told->line);
    if (told->message_id == 0) append(lines_otherwise, told->line);
    if (told->otherwise)
      append(lines_otherwise, {.bytes = told->otherwise, .tag_bytes = told->line.tag_bytes});
    message_id = std::max(message_id, told->message_id);
    place = std::min(place, index);
    if (told->to.many) {
      told->to.except = who;
      ++index;
    } else {
      out_->erase(out_->begin() + static_cast<std::ptrdiff_t>(index));
    }
  }
  const std::string batch = fmt::format("l{}", ++labeled_batches_);
  deliver answer{.to = chat::only(who), .need = {}, .line = {}, .message_id = message_id};
  answer.line.bytes = std::make_shared<const std::string>(labeled(from, label, std::move(lines), batch));
  if (message_id != 0)
    answer.otherwise =
        std::make_shared<const std::string>(labeled(from, label, std::move(lines_otherwise), batch));
  const std::size_t at = std::min(place, out_->size());
  out_->insert(out_->begin() + static_cast<std::ptrdiff_t>(at), std::move(answer));
}

// The lines as one answer: the one line with the label, several in a batch that has it, or ACK for none.
std::string exchange::labeled(const client& to, std::string_view label, std::vector<std::string> lines,
                              std::string_view batch) const {
  const bool is_batch = lines.size() > 1 && to.offers.has(capability::batch);
  if (lines.empty()) append_line(lines.emplace_back(), settings_.server_name, "ACK", {});
  if (is_batch) {
    for (std::string& one : lines)
      add_tag(one, fmt::format("batch={}", batch));
    std::string first;
    append_line(first, settings_.server_name, "BATCH", {fmt::format("+{}", batch), "labeled-response"});
    lines.insert(lines.begin(), std::move(first));
    append_line(lines.emplace_back(), settings_.server_name, "BATCH", {fmt::format("-{}", batch)});
  }
  add_tag(lines.front(), fmt::format("label={}", label));
  std::string text;
  for (const std::string& one : lines)
    text += one;
  return text;
}

}  // namespace hub::irc
