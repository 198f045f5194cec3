#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

#include <leat/blocking.hpp>

#include <hub/history_page.hpp>
#include <hub/history_server.hpp>
#include <hub/irc/line_writer.hpp>

namespace hub {
namespace {

constexpr std::size_t most_waiting = 1024;
constexpr unsigned most_waiting_of_one = 32;

}  // namespace

history_server::history_server(std::string server_name, store::store& messages)
    : server_name_(std::move(server_name)), store_(messages), waiting_(most_waiting) {}

void history_server::take(std::shared_ptr<irc::session> from, irc::show_history asked) {
  visitor who{.session = std::move(from), .asked = std::move(asked)};
  const bool may_wait =
      waiting_.size() < most_waiting && who.session->history_requests.load() < most_waiting_of_one;
  if (!may_wait) return refuse(who, "Too much history is asked for at once; try again");
  who.session->history_requests.fetch_add(1);
  waiting_.send(std::move(who));  // there is room, for nobody else sends
}

void history_server::run() {
  for (const visitor& who : waiting_) {
    if (!who.session->has_gone()) answer(who);
    who.session->history_requests.fetch_sub(1);
  }
}

void history_server::answer(const visitor& who) {
  const bool lists_targets = who.asked.asked.which == irc::history_part::targets;
  const std::string name = fmt::format("c{}", ++batches_);
  const irc::history_batch batch{.server = server_name_,
                                 .type = lists_targets ? "draft/chathistory-targets" : "chathistory",
                                 .about = who.asked.asked.target,
                                 .name = name,
                                 .label = who.asked.label,
                                 .receiver_offers = who.asked.receiver_offers};
  const std::size_t limit_bytes = who.session->room_for_history();
  store::result<std::string> page;
  try {
    page = leat::blocking([&] { return history_page(store_, who.asked, batch, limit_bytes); });
  } catch (const std::exception& error) {
    page = std::unexpected(store::store_error{.kind = store::failure::unavailable, .text = error.what()});
  }
  if (page && page->empty() && !who.asked.label.empty())
    irc::append_line(*page = fmt::format("@label={} ", who.asked.label), server_name_, "ACK", {});
  if (page) return send(who, *std::move(page));
  spdlog::error("history cannot be shown: {}", page.error().text);
  refuse(who, "Messages cannot be read right now");
}

void history_server::refuse(const visitor& who, std::string_view why) const {
  std::string line = who.asked.label.empty() ? std::string() : fmt::format("@label={} ", who.asked.label);
  irc::append_line(
      line, server_name_, "FAIL",
      {"CHATHISTORY", "MESSAGE_ERROR", irc::name_of(who.asked.asked.which), who.asked.asked.target}, why);
  send(who, std::move(line));
}

void history_server::send(const visitor& who, std::string lines) {
  if (lines.empty()) return;
  const irc::outgoing_line whole{.bytes = std::make_shared<const std::string>(std::move(lines)), .offset = 0};
  if (who.session->push(whole)) who.session->start_writer();
}

}  // namespace hub
