#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include <leat/blocking.hpp>
#include <leat/go.hpp>

#include <hub/delivery.hpp>
#include <hub/irc/history.hpp>

namespace hub {
namespace {

constexpr std::size_t writers_at_once = 64;

// What clients are told. The rest, such as where the database lies, is for the log.
std::string explain(store::failure kind) {
  return kind == store::failure::full ? "the server's disk is full"
                                      : "the server cannot store anything at the moment";
}

// Under whose names a message can be found again.
void file(const irc::keep_message& what, std::vector<store::filed_message>& to) {
  const std::uint64_t id = what.said.id;
  if (!what.sender_owner.empty())
    to.push_back({.owner = what.sender_owner, .other = what.said.target, .message_id = id});
  if (!what.receiver_owner.empty()) {
    const std::string_view source = what.said.source;
    to.push_back({.owner = what.receiver_owner,
                  .other = std::string(source.substr(0, source.find('!'))),
                  .message_id = id});
  }
}

}  // namespace

delivery::delivery(delivery_options options, store::store& messages, history_server& history)
    : options_(std::move(options)),
      store_(messages),
      history_(history),
      log_(options_.history_messages, options_.history_rooms,
           [this](std::string_view room,
                  std::size_t limit) -> std::expected<std::vector<chat::message>, std::string> {
             auto found = leat::blocking([&] { return store_.latest(room, limit); });
             if (!found) return std::unexpected(std::move(found.error().text));
             return *std::move(found);
           }) {}

void delivery::carry_out(group work) {
  const outcome stored = store_all(work);
  for (step& one : work) {
    std::visit([&](auto& what) { run(what, stored); }, one);
    // A large group must not overflow the queue of a client that reads as fast as it can: give writers a
    // turn.
    if (pushed_bytes_ > options_.send_queue_bytes / 4) {
      start_writers();
      leat::yield();
    }
  }
  // Only now, so that all that the group has for a client goes out in one system call.
  start_writers();
}

void delivery::start_writers() {
  // In handfuls: the stacks of those that are done serve the next ones, so that a room of thousands is served
  // with a few, and those still warm.
  std::size_t started = 0;
  for (const auto& session : to_start_) {
    session->start_writer();
    if (++started % writers_at_once == 0) leat::yield();
  }
  to_start_.clear();
  pushed_bytes_ = 0;
}

delivery::outcome delivery::store_all(group& work) {
  messages_.clear();
  filed_.clear();
  read_marks_.clear();
  next_message_ = 0;
  for (step& one : work) {
    auto* what = std::get_if<irc::effect>(&one);
    if (what == nullptr) continue;
    if (auto* said = std::get_if<irc::keep_message>(what)) {
      file(*said, filed_);
      messages_.push_back(std::move(said->said));
    } else if (const auto* read = std::get_if<irc::keep_read_mark>(what)) {
      read_marks_.push_back(
          {.owner = read->owner, .target = read->target, .time_ms = read->until.time_since_epoch().count()});
    } else if (const auto* room = std::get_if<irc::keep_room>(what)) {
      unsaved_rooms_.insert_or_assign(room->record.name, room->record);
    } else if (const auto* dropped = std::get_if<irc::drop_room>(what)) {
      unsaved_rooms_.insert_or_assign(dropped->room, std::nullopt);
    }
  }
  if (messages_.empty() && unsaved_rooms_.empty() && read_marks_.empty()) return {};
  std::vector<chat::room_record> rooms;
  std::vector<std::string> removed;
  for (const auto& [name, record] : unsaved_rooms_) {
    if (record)
      rooms.push_back(*record);
    else
      removed.push_back(name);
  }
  store::result<void> written;
  try {
    written = leat::blocking([&] {
      return store_.write({.messages = messages_,
                           .rooms = rooms,
                           .removed_rooms = removed,
                           .filed = filed_,
                           .read_marks = read_marks_});
    });
  } catch (const std::exception& error) {
    written = std::unexpected(store::store_error{.kind = store::failure::unavailable, .text = error.what()});
  }
  log_change(written);
  if (!written) return std::unexpected(explain(written.error().kind));
  unsaved_rooms_.clear();
  return {};
}

// Says once that the store fails and once that it works again: a line for every group in between would only
// help to fill the disk.
void delivery::log_change(const store::result<void>& written) {
  if (!written) {
    if (failing_ != written.error().kind)
      spdlog::error("messages are not stored, and so not delivered: {}", written.error().text);
    failing_ = written.error().kind;
    undelivered_ += static_cast<std::size_t>(
        std::ranges::count_if(messages_, [](const chat::message& one) { return !chat::is_event(one.kind); }));
  } else if (failing_) {
    spdlog::info("messages are stored again; {} were not, and their senders were told", undelivered_);
    failing_.reset();
    undelivered_ = 0;
  }
}

void delivery::run(attach& what, const outcome&) {
  if (places_.size() <= what.who) places_.resize(what.who + std::size_t{1});
  places_[what.who] = {.session = std::move(what.session), .offers = {}};
}

void delivery::run(detach& what, const outcome&) {
  if (place* one = find(what.who)) *one = {};
}

void delivery::run(answer& what, const outcome& stored) {
  // The channel has room for the one answer that it will ever carry.
  static_cast<void>(what.to.try_send(what.outcome ? stored : what.outcome));
}

void delivery::run(irc::effect& what, const outcome& stored) {
  std::visit([&](auto& one) { run(one, stored); }, what);
}

void delivery::run(irc::deliver& what, const outcome& stored) {
  if (!stored && what.message_id != 0) {
    if (!what.otherwise) return;
    what.line = {.bytes = std::move(what.otherwise), .tag_bytes = what.line.tag_bytes};
  }
  pushed_bytes_ += what.line.bytes->size();
  irc::line_forms forms(what.line);
  if (!what.to.many) {
    push(what.to.one, forms, what.need, what.lack);
    return;
  }
  for (const chat::session_id one : *what.to.many)
    if (one != what.to.except) push(one, forms, what.need, what.lack);
}

void delivery::run(irc::replay& what, const outcome&) {
  const place* to = find(what.to);
  if (to == nullptr) return;
  const auto said = log_.latest(what.room, what.last_id, what.from_ms);
  if (!said) {
    spdlog::error("the history of {} cannot be shown: {}", what.room, said.error());
    tell(what.to, fmt::format("The history of {} cannot be read right now", what.room));
    return;
  }
  const std::string name = fmt::format("h{}", ++batches_);
  std::string lines = irc::history_lines(*said,
                                         {.server = options_.server_name,
                                          .about = what.room,
                                          .name = name,
                                          .receiver_offers = what.receiver_offers},
                                         to->session->room_for_history(), what.now);
  if (!lines.empty()) push(what.to, std::move(lines));
}

void delivery::run(irc::show_history& what, const outcome&) {
  if (const place* to = find(what.to)) history_.take(to->session, std::move(what));
}

void delivery::run(irc::change_capabilities& what, const outcome&) {
  if (place* one = find(what.who)) one->offers = what.to;
}

void delivery::run(irc::registered& what, const outcome&) {
  if (const place* one = find(what.who)) one->session->set_registered();
}

void delivery::run(irc::hang_up& what, const outcome&) {
  if (const place* one = find(what.who); one != nullptr && one->session->finish())
    to_start_.push_back(one->session);
}

void delivery::run(irc::keep_message& what, const outcome& stored) {
  const chat::message& said = messages_[next_message_++];
  if (chat::is_event(said.kind)) return;
  if (stored)
    log_.add(said);
  else
    tell(what.sender, fmt::format("{}: {}", irc::not_stored(said), stored.error()));
}

void delivery::run(irc::keep_read_mark&, const outcome&) {}

void delivery::run(irc::keep_room&, const outcome&) {}

void delivery::run(irc::drop_room&, const outcome&) {}

delivery::place* delivery::find(chat::session_id who) {
  return who < places_.size() && places_[who].session ? &places_[who] : nullptr;
}

void delivery::push(chat::session_id to, irc::line_forms& forms, irc::capability_set need,
                    irc::capability_set lack) {
  const place* one = find(to);
  if (one == nullptr || !one->offers.has_all(need) || one->offers.has_any(lack)) return;
  if (one->session->push(forms.for_receiver(one->offers))) to_start_.push_back(one->session);
}

void delivery::push(chat::session_id to, std::string lines) {
  const irc::wire_line whole{.bytes = std::make_shared<const std::string>(std::move(lines))};
  irc::line_forms forms(whole);
  push(to, forms);
}

void delivery::tell(chat::session_id to, std::string text) {
  std::string line;
  irc::append_line(line, options_.server_name, "FAIL", {"*", "SERVER_ERROR"}, text);
  push(to, std::move(line));
}

}  // namespace hub
