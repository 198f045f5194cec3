#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include <leat/blocking.hpp>
#include <leat/go.hpp>
#include <leat/select.hpp>

#include <hub/chat_service.hpp>

namespace hub {
namespace {

// News that wait for the rules; then connections wait to tell theirs, and their clients' sockets fill.
constexpr std::size_t inbox_capacity = 1024;

// What the system may hold for one client beyond our own queue. Left to itself it would let the buffer of a
// client that does not read grow to megabytes.
constexpr std::size_t socket_buffer_bytes = 64 * 1024;

// A group that has grown so long waits for delivery instead of growing further.
constexpr std::size_t most_steps = 2048;
constexpr std::size_t most_bytes = std::size_t{4} << 20;  // of lines

delivery_options for_delivery(const chat_options& options) {
  return {.server_name = options.irc.server_name,
          .history_messages = options.history_messages,
          .history_rooms = options.history_rooms,
          .send_queue_bytes = options.session.send_queue_bytes};
}

// As others see it: never starting with ':', which would end the parameters of a line.
std::string host_of(const leat::net::endpoint& remote) {
  std::string host = remote.address().unmapped().to_string();
  return host.starts_with(':') ? '0' + host : host;
}

std::string_view explain(chat::refusal why) {
  switch (why) {
    case chat::refusal::room_name_invalid:
      return "a room name starts with '#' and has no spaces, commas, colons or unseen characters";
    case chat::refusal::no_text:
      return "there is no text to send";
    default:
      return "the text is too long, or has a NUL, CR or LF, or is not valid UTF-8";
  }
}

}  // namespace

chat_service::chat_service(chat_options options, store::store& messages)
    : options_(std::move(options)),
      store_(messages),
      history_(options_.irc.server_name, messages),
      delivery_(for_delivery(options_), messages, history_),
      inbox_(inbox_capacity),
      groups_(1),
      delivery_free_(1) {}

std::expected<void, std::string> chat_service::start() {
  const auto last_id = leat::blocking([this] { return store_.last_message_id(); });
  if (!last_id) return std::unexpected(last_id.error().text);
  const auto rooms = leat::blocking([this] { return store_.load_rooms(); });
  if (!rooms) return std::unexpected(rooms.error().text);
  rules_ = std::make_unique<chat::rules>(options_.bounds, *last_id);
  for (const chat::room_record& one : *rooms)
    rules_->restore(one);
  exchange_ = std::make_unique<irc::exchange>(options_.irc, *rules_);
  delivery_free_.send({});
  goroutines_.go([this] { run_rules(); });
  goroutines_.go([this] { run_delivery(); });
  goroutines_.go([this] { history_.run(); });
  return {};
}

void chat_service::serve(leat::net::tcp_conn conn) {
  static_cast<void>(conn.set_write_buffer(socket_buffer_bytes));
  const leat::net::endpoint remote = conn.remote_address();
  serve(std::make_unique<leat::net::tcp_conn>(std::move(conn)), remote);
}

void chat_service::serve(std::unique_ptr<leat::net::stream> conn, const leat::net::endpoint& remote,
                         std::string_view owner) {
  // Counted before looking at stopping_, so that stop() either waits for us or is seen.
  sessions_.add();
  if (!stopping_.load()) {
    connections_.fetch_add(1, std::memory_order_relaxed);
    auto session = std::make_shared<irc::session>(std::move(conn), remote, options_.session);
    inbox_.send(arrival{.session = session, .owner = std::string(owner), .marks = read_marks(owner)});
    session->read(tell_);
    connections_.fetch_sub(1, std::memory_order_relaxed);
  }
  sessions_.done();
}

// Here and not where they are needed: whoever decides what happens next must not wait for the disk.
std::vector<irc::read_mark> chat_service::read_marks(std::string_view owner) {
  std::vector<irc::read_mark> marks;
  if (owner.empty()) return marks;
  const auto stored = leat::blocking([&] { return store_.read_marks(owner, options_.irc.read_marks); });
  if (!stored) {
    spdlog::error("what is read cannot be told: {}", stored.error().text);
    return marks;
  }
  for (const auto& [whose, target, time_ms] : *stored)
    marks.push_back({.target = target, .until = chat::moment(std::chrono::milliseconds(time_ms))});
  return marks;
}

std::expected<void, std::string> chat_service::announce(std::string_view room, std::string_view source,
                                                        std::string_view owner, std::string_view deed) {
  sessions_.add();
  std::expected<void, std::string> outcome = std::unexpected("the server is stopping");
  if (!stopping_.load()) {
    leat::chan<std::expected<void, std::string>> answer(1);
    inbox_.send(announcement{.room = std::string(room),
                             .source = std::string(source),
                             .owner = std::string(owner),
                             .deed = std::string(deed),
                             .answer = answer});
    if (auto got = answer.receive()) outcome = *std::move(got);
  }
  sessions_.done();
  return outcome;
}

void chat_service::stop(std::string_view reason, std::chrono::milliseconds patience) {
  if (stopping_.exchange(true)) return;
  inbox_.send(farewell{std::string(reason)});
  if (!sessions_.wait_for(patience)) {
    inbox_.send(cut{});
    sessions_.wait();
  }
  inbox_.close();
  goroutines_.wait();
}

void chat_service::run_rules() {
  for (;;) {
    if (gathered_.empty()) {
      auto first = inbox_.receive();
      if (!first) break;
      take_next(*first);
    }
    drain_inbox();
    if (gathered_.empty()) continue;
    if (is_group_full() || inbox_.is_drained()) {
      delivery_free_.receive();
      hand_over();
      continue;
    }
    leat::select(delivery_free_.on_receive([this](auto) { hand_over(); }),
                 inbox_.on_receive([this](std::optional<news> one) {
                   if (one) take_next(*one);
                 }));
  }
  groups_.close();
}

bool chat_service::is_group_full() const {
  return gathered_.size() >= most_steps || gathered_bytes_ >= most_bytes ||
         gathered_messages_ >= options_.group_messages;
}

void chat_service::drain_inbox() {
  while (!is_group_full()) {
    auto next = inbox_.try_receive();
    if (!next) return;
    take_next(*next);
  }
}

void chat_service::hand_over() {
  gathered_messages_ = 0;
  gathered_bytes_ = 0;
  groups_.send(std::exchange(gathered_, {}));
}

void chat_service::run_delivery() {
  for (group& one : groups_) {
    delivery_.carry_out(std::move(one));
    delivery_free_.send({});
  }
  history_.close();
}

void chat_service::take_next(news& one) {
  const chat::moment now = next_moment();
  std::visit([&](auto& what) { take(what, now); }, one);
}

void chat_service::take(arrival& one, chat::moment now) {
  chat::session_id id = static_cast<chat::session_id>(sessions_by_id_.size());
  if (free_ids_.empty()) {
    sessions_by_id_.emplace_back();
  } else {
    id = free_ids_.back();
    free_ids_.pop_back();
  }
  one.session->id = id;
  sessions_by_id_[id] = one.session;
  gathered_.emplace_back(attach{.who = id, .session = one.session});
  exchange_->connected(id, host_of(one.session->remote_address()), one.owner, one.marks, now, effects_);
  if (!farewell_.empty()) exchange_->expel(id, farewell_, now, effects_);
  collect();
}

void chat_service::take(session_news& one, chat::moment now) {
  const chat::session_id id = one.from->id;
  switch (one.what) {
    case irc::session::news::bytes:
      exchange_->received(id, one.text, now, effects_);
      break;
    case irc::session::news::silent:
      exchange_->silent(id, now, effects_);
      break;
    case irc::session::news::expelled:
      exchange_->expel(id, one.text, now, effects_);
      break;
    case irc::session::news::gone:
      exchange_->disconnected(id, one.text, now, effects_);
      collect();
      gathered_.emplace_back(detach{id});
      sessions_by_id_[id].reset();
      free_ids_.push_back(id);
      break;
  }
  collect();
}

void chat_service::take(announcement& one, chat::moment now) {
  const std::string nick = exchange_->nick_in_room(one.owner, one.room);
  const std::string text = fmt::format("{} {}", nick.empty() ? "someone" : nick, one.deed);
  const auto said = exchange_->announce(one.room, one.source, text, now, effects_);
  collect();
  std::expected<void, std::string> outcome;
  if (!said) outcome = std::unexpected(std::string(explain(said.error())));
  gathered_.emplace_back(answer{.to = std::move(one.answer), .outcome = std::move(outcome)});
}

void chat_service::take(farewell& one, chat::moment now) {
  farewell_ = one.reason;
  for (const auto& session : sessions_by_id_)
    if (session) exchange_->expel(session->id, farewell_, now, effects_);
  collect();
}

void chat_service::take(cut&, chat::moment) {
  for (const auto& session : sessions_by_id_)
    if (session) session->abort();
}

void chat_service::collect() {
  for (irc::effect& one : effects_) {
    if (std::holds_alternative<irc::keep_message>(one)) ++gathered_messages_;
    if (const auto* told = std::get_if<irc::deliver>(&one)) gathered_bytes_ += told->line.bytes->size();
    gathered_.emplace_back(std::move(one));
  }
  effects_.clear();
}

chat::moment chat_service::next_moment() {
  return clock_.moment_at(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
}

}  // namespace hub
