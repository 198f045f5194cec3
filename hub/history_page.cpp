#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <hub/chat/text.hpp>
#include <hub/history_page.hpp>
#include <hub/irc/line_writer.hpp>

namespace hub {
namespace {

using irc::history_line;
using irc::history_part;
using irc::log_position;

// Lines between two positions, neither of them included.
struct stretch {
  log_position after{.id = 0, .line = log_position::last_line};
  log_position before{.id = std::numeric_limits<std::int64_t>::max(), .line = 0};
};

std::int64_t milliseconds_of(chat::moment when) {
  return when.time_since_epoch().count();
}

class page {
 public:
  page(store::store& from, const irc::show_history& asked, const irc::history_batch& batch,
       std::size_t limit_bytes)
      : from_(from), asked_(asked), batch_(batch), limit_bytes_(limit_bytes) {}

  store::result<std::vector<history_line>> lines();
  store::result<std::vector<history_line>> targets();

 private:
  struct target {
    std::string name;
    std::uint64_t id = 0;  // of the last message
    std::int64_t time_ms = 0;
  };

  store::result<stretch> all_that_may_be_seen();
  // The position just before all that was said at a point or later, or just before all that was said later.
  store::result<log_position> start_of(const irc::history_request::point& at);
  store::result<log_position> end_of(const irc::history_request::point& at);
  store::result<std::vector<history_line>> read(const stretch& where, bool newest, std::size_t limit,
                                                std::size_t limit_bytes);
  store::result<std::vector<history_line>> read_around(const stretch& all);
  store::result<void> add_rooms(std::vector<target>& to, const store::history_range& range);
  store::result<void> add_private(std::vector<target>& to, const store::history_range& range);

  const irc::history_request& request() const { return asked_.asked; }

  store::store& from_;
  const irc::show_history& asked_;
  const irc::history_batch& batch_;
  const std::size_t limit_bytes_;
};

store::result<log_position> page::start_of(const irc::history_request::point& at) {
  if (const auto* position = std::get_if<log_position>(&at)) return *position;
  const auto first = from_.first_id_since(milliseconds_of(std::get<chat::moment>(at)));
  if (!first) return std::unexpected(first.error());
  return log_position{.id = *first, .line = 0};
}

store::result<log_position> page::end_of(const irc::history_request::point& at) {
  if (const auto* position = std::get_if<log_position>(&at)) return *position;
  const auto first = from_.first_id_since(milliseconds_of(std::get<chat::moment>(at)) + 1);
  if (!first) return std::unexpected(first.error());
  return log_position{.id = *first - 1, .line = log_position::last_line};
}

store::result<stretch> page::all_that_may_be_seen() {
  stretch all{.before = {.id = asked_.last_id + 1, .line = 0}};
  if (asked_.of.empty() || asked_.of.front().from_ms == 0) return all;
  const auto first = from_.first_id_since(asked_.of.front().from_ms);
  if (!first) return std::unexpected(first.error());
  all.after = {.id = *first - 1, .line = log_position::last_line};
  return all;
}

store::result<std::vector<history_line>> page::read(const stretch& where, bool newest, std::size_t limit,
                                                    std::size_t limit_bytes) {
  const auto& [after, before] = where;
  const bool is_after_whole = after.line == log_position::last_line;
  const store::history_range range{
      .after_id = is_after_whole || after.id == 0 ? after.id : after.id - 1,
      .before_id = before.line == 0 ? before.id : before.id + 1,
      .limit = limit + 2,  // those at the edges may have no line between them
      .newest = newest,
      .with_events = batch_.receiver_offers.has(irc::capability::event_playback)};
  auto found = asked_.of.empty() ? from_.find_private(asked_.owner, request().target, range)
                                 : from_.find(asked_.of.front().room, range);
  if (!found) return std::unexpected(found.error());
  if (!asked_.of.empty())  // ids tell the order, and the clock may have been set
    std::erase_if(*found, [&](const chat::message& one) { return one.time_ms < asked_.of.front().from_ms; });
  std::vector<history_line> lines = irc::lines_of(*found, batch_, asked_.now);
  std::erase_if(lines, [&](const history_line& one) { return one.at <= after || one.at >= before; });
  keep(lines, limit, limit_bytes, newest);
  return lines;
}

// The point itself belongs to the later half, which gets what the earlier one leaves.
store::result<std::vector<history_line>> page::read_around(const stretch& all) {
  const auto middle = start_of(*request().first);
  if (!middle) return std::unexpected(middle.error());
  auto lines = read({.after = all.after, .before = std::min(*middle, all.before)}, true, request().limit / 2,
                    limit_bytes_ / 2);
  if (!lines) return lines;
  const log_position just_before = middle->line == 0
                                       ? log_position{.id = middle->id - 1, .line = log_position::last_line}
                                       : log_position{.id = middle->id, .line = middle->line - 1};
  auto later = read({.after = std::max(just_before, all.after), .before = all.before}, false,
                    request().limit - lines->size(), limit_bytes_ / 2);
  if (!later) return later;
  lines->insert(lines->end(), std::make_move_iterator(later->begin()), std::make_move_iterator(later->end()));
  return lines;
}

store::result<std::vector<history_line>> page::lines() {
  const auto all = all_that_may_be_seen();
  if (!all) return std::unexpected(all.error());
  stretch where = *all;
  bool newest = true;
  using point = irc::history_request::point;
  const auto begin_after = [&](const point& at) -> store::result<void> {
    const auto found = end_of(at);
    if (!found) return std::unexpected(found.error());
    where.after = std::max(where.after, *found);
    return {};
  };
  const auto end_before = [&](const point& at) -> store::result<void> {
    const auto found = start_of(at);
    if (!found) return std::unexpected(found.error());
    where.before = std::min(where.before, *found);
    return {};
  };
  store::result<void> done;
  switch (request().which) {
    case history_part::latest:
      if (request().first) done = begin_after(*request().first);
      break;
    case history_part::before:
      done = end_before(*request().first);
      break;
    case history_part::after:
      newest = false;
      done = begin_after(*request().first);
      break;
    case history_part::around:
      return read_around(*all);
    case history_part::between: {
      // From the first to the second, whichever is earlier.
      const auto first = start_of(*request().first);
      const auto second = start_of(*request().second);
      newest = first && second && *second < *first;
      done = begin_after(newest ? *request().second : *request().first);
      if (done) done = end_before(newest ? *request().first : *request().second);
      break;
    }
    case history_part::targets:
      break;
  }
  if (!done) return std::unexpected(done.error());
  return read(where, newest, request().limit, limit_bytes_);
}

store::result<void> page::add_rooms(std::vector<target>& to, const store::history_range& range) {
  for (const irc::room_part& one : asked_.of) {
    const auto last = from_.find(one.room, {.limit = 1});
    if (!last) return std::unexpected(last.error());
    if (last->empty() || last->back().time_ms < one.from_ms) continue;
    const chat::message& said = last->back();
    if (said.id > range.after_id && said.id < range.before_id)
      to.push_back({.name = one.room, .id = said.id, .time_ms = said.time_ms});
  }
  return {};
}

store::result<void> page::add_private(std::vector<target>& to, const store::history_range& range) {
  if (asked_.owner.empty()) return {};
  const auto found = from_.private_conversations(asked_.owner, range);
  if (!found) return std::unexpected(found.error());
  for (const auto& [other, last] : *found) {
    // As the nick was last written.
    const std::string source = last.source.substr(0, last.source.find('!'));
    to.push_back({.name = chat::same_name(source, other) ? source : last.target,
                  .id = last.id,
                  .time_ms = last.time_ms});
  }
  return {};
}

// Between two times, and those nearest to the first.
store::result<std::vector<history_line>> page::targets() {
  const bool newest = std::get<chat::moment>(*request().second) < std::get<chat::moment>(*request().first);
  const auto after = end_of(newest ? *request().second : *request().first);
  if (!after) return std::unexpected(after.error());
  const auto before = start_of(newest ? *request().first : *request().second);
  if (!before) return std::unexpected(before.error());
  const store::history_range range{.after_id = after->id,
                                   .before_id = std::min(before->id, asked_.last_id + 1),
                                   .limit = request().limit,
                                   .newest = newest};
  std::vector<target> found;
  if (auto done = add_rooms(found, range); !done) return std::unexpected(done.error());
  if (auto done = add_private(found, range); !done) return std::unexpected(done.error());
  std::ranges::sort(found, {}, &target::id);
  std::vector<history_line> lines;
  for (const target& one : found) {
    std::string line;
    if (batch_.receiver_offers.has(irc::capability::batch)) line = fmt::format("@batch={} ", batch_.name);
    const std::string time = irc::timestamp(chat::moment(std::chrono::milliseconds(one.time_ms)));
    irc::append_line(line, batch_.server, "CHATHISTORY", {"TARGETS", one.name, time});
    lines.push_back({.at = {}, .text = std::move(line)});
  }
  keep(lines, request().limit, limit_bytes_, newest);
  return lines;
}

}  // namespace

store::result<std::string> history_page(store::store& from, const irc::show_history& asked,
                                        const irc::history_batch& batch, std::size_t limit_bytes) {
  page made(from, asked, batch, limit_bytes);
  const auto lines = asked.asked.which == history_part::targets ? made.targets() : made.lines();
  if (!lines) return std::unexpected(lines.error());
  return irc::in_batch(*lines, batch);
}

}  // namespace hub
