// Three connections: one writes, two read. In write-ahead-log mode a reader sees the last commit and waits
// for nobody, so replaying history to someone who joins is not delayed by a group that is being flushed; and
// as the second reader does that alone, neither by those who read far back.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <mutex>
#include <utility>

#include <hub/chat/text.hpp>
#include <hub/store/schema.hpp>
#include <hub/store/sqlite.hpp>
#include <hub/store/sqlite_statements.hpp>
#include <hub/store/sqlite_store.hpp>

namespace hub::store {
namespace {

using sqlite::database;
using sqlite::read_statements;
using sqlite::reset_at_end;
using sqlite::statement;
using sqlite::write_statements;

// Ids are unsigned in the rules and signed in SQL.
constexpr std::uint64_t highest_id = std::numeric_limits<std::int64_t>::max();

// Holds a folder for one process. The lock goes with the descriptor, also at kill -9.
class folder_lock {
 public:
  static result<folder_lock> take(const std::filesystem::path& folder) {
    folder_lock lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (lock.fd_ < 0) {
      return std::unexpected(store_error{
          failure::unavailable,
          fmt::format("cannot open the data folder {}: {}", folder.native(), std::strerror(errno))});
    }
    // A file system without locks (some network ones) is not refused: it only loses this protection.
    if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      return std::unexpected(store_error{
          failure::in_use,
          fmt::format("cannot use the data folder {}: another server is using it (stop that one first, "
                      "or choose another folder)",
                      folder.native())});
    }
    return lock;
  }

  folder_lock(folder_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  folder_lock& operator=(folder_lock&&) = delete;
  ~folder_lock() {
    if (fd_ >= 0) ::close(fd_);
  }

 private:
  explicit folder_lock(int fd) : fd_(fd) {}

  int fd_;
};

chat::message_kind kind_of(std::int64_t stored) {
  const bool is_known = stored >= 0 && stored <= std::to_underlying(chat::message_kind::mode);
  return is_known ? static_cast<chat::message_kind>(stored) : chat::message_kind::text;
}

chat::message read_message(const statement& row) {
  return {.id = static_cast<std::uint64_t>(row.number(0)),
          .time_ms = row.number(1),
          .kind = kind_of(row.number(2)),
          .source = row.text(3),
          .target = row.text(4),
          .tags = row.text(6),
          .text = row.text(5)};
}

chat::room_record read_room(const statement& row) {
  return {.name = row.text(0),
          .topic = row.text(1),
          .topic_setter = row.text(2),
          .topic_time_ms = row.number(3),
          .modes = row.text(4),
          .key = row.text(5),
          .limit = static_cast<std::uint32_t>(row.number(6)),
          .bans = {},
          .created_ms = row.number(7),
          .history_from_ms = row.number(8)};
}

// The first four parameters of a query for a range.
void bind_range(statement& query, std::string_view whose, const history_range& range) {
  const auto bounded = [](std::uint64_t value) {
    return static_cast<std::int64_t>(std::min(value, highest_id));
  };
  query.bind(1, whose);
  query.bind(2, bounded(range.after_id));
  query.bind(3, bounded(range.before_id));
  query.bind(4, bounded(range.limit));
}

class sqlite_store final : public store {
 public:
  sqlite_store(folder_lock lock, database writer, write_statements writes, database reader,
               read_statements reads, database latest_reader, statement latest)
      : lock_(std::move(lock)),
        writer_(std::move(writer)),
        writes_(std::move(writes)),
        reader_(std::move(reader)),
        reads_(std::move(reads)),
        latest_reader_(std::move(latest_reader)),
        latest_(std::move(latest)) {}

  result<void> write(const batch& group) override;
  result<std::uint64_t> last_message_id() override;
  result<std::vector<chat::message>> latest(std::string_view room, std::size_t limit) override;
  result<std::vector<chat::message>> find(std::string_view room, const history_range& range) override;
  result<std::vector<chat::message>> find_private(std::string_view owner, std::string_view other,
                                                  const history_range& range) override;
  result<std::vector<private_conversation>> private_conversations(std::string_view owner,
                                                                  const history_range& range) override;
  result<std::vector<read_mark>> read_marks(std::string_view owner, std::size_t limit) override;
  result<std::uint64_t> first_id_since(std::int64_t time_ms) override;
  result<std::vector<chat::room_record>> load_rooms() override;

 private:
  // Called with write_mutex_ held:
  result<void> insert(const chat::message& message, std::string_view doing);
  result<void> insert(const filed_message& filed, std::string_view doing);
  result<void> insert(const read_mark& mark, std::string_view doing);
  result<void> insert(const chat::room_record& room, std::string_view doing);
  result<void> remove(std::string_view folded_name, std::string_view doing);
  // And these with the mutex of the connection that they read:
  static result<std::vector<chat::message>> read_range(statement& query, std::string_view name,
                                                       const history_range& range);
  result<void> load_bans(chat::room_record& room);

  // Declared first, so that it is released only after both connections are closed.
  folder_lock lock_;

  std::mutex write_mutex_;
  database writer_;          // guarded by write_mutex_
  write_statements writes_;  // guarded by write_mutex_

  std::mutex read_mutex_;
  database reader_;        // guarded by read_mutex_
  read_statements reads_;  // guarded by read_mutex_

  std::mutex latest_mutex_;
  database latest_reader_;  // guarded by latest_mutex_
  statement latest_;        // guarded by latest_mutex_
};

result<void> sqlite_store::write(const batch& group) {
  if (group.is_empty()) return {};
  const auto doing = fmt::format("cannot store {} messages and {} rooms", group.messages.size(),
                                 group.rooms.size() + group.removed_rooms.size());
  const std::lock_guard lock(write_mutex_);
  auto change = sqlite::transaction::begin(writer_, doing);
  if (!change) return std::unexpected(change.error());
  for (const auto& name : group.removed_rooms) {
    if (auto done = remove(chat::fold(name), doing); !done) return done;
  }
  for (const auto& room : group.rooms) {
    if (auto done = insert(room, doing); !done) return done;
  }
  for (const auto& message : group.messages) {
    if (auto done = insert(message, doing); !done) return done;
  }
  for (const auto& filed : group.filed) {
    if (auto done = insert(filed, doing); !done) return done;
  }
  for (const auto& mark : group.read_marks) {
    if (auto done = insert(mark, doing); !done) return done;
  }
  return change->commit(doing);
}

result<void> sqlite_store::insert(const chat::message& message, std::string_view doing) {
  if (message.id == 0 || message.id > highest_id) {
    return std::unexpected(
        store_error{failure::refused,
                    fmt::format("{}: message id {} is not between 1 and {}", doing, message.id, highest_id)});
  }
  const std::string conversation = conversation_of(message);
  const bool is_event = chat::is_event(message.kind);
  statement& row = is_event ? writes_.insert_event : writes_.insert_message;
  const reset_at_end done(row);
  row.bind(1, static_cast<std::int64_t>(message.id));
  row.bind(2, conversation);
  row.bind(3, message.time_ms);
  row.bind(4, static_cast<std::int64_t>(message.kind));
  row.bind(5, message.source);
  row.bind(6, message.target);
  row.bind(7, message.text);
  if (!is_event) row.bind(8, message.tags);
  auto stepped = row.step(doing);
  if (!stepped && stepped.error().kind == failure::refused) {
    stepped.error().text += fmt::format(" (message id {})", message.id);
  }
  if (!stepped) return std::unexpected(std::move(stepped.error()));
  return {};
}

result<void> sqlite_store::insert(const filed_message& filed, std::string_view doing) {
  const std::string other = chat::fold(filed.other);
  for (statement* row : {&writes_.file_message, &writes_.note_conversation}) {
    const reset_at_end done(*row);
    row->bind(1, filed.owner);
    row->bind(2, other);
    row->bind(3, static_cast<std::int64_t>(filed.message_id));
    if (auto stepped = row->step(doing); !stepped) return std::unexpected(stepped.error());
  }
  return {};
}

result<void> sqlite_store::insert(const read_mark& mark, std::string_view doing) {
  const std::string target = chat::fold(mark.target);
  statement& row = mark.time_ms == 0 ? writes_.forget_read_mark : writes_.set_read_mark;
  const reset_at_end done(row);
  row.bind(1, mark.owner);
  row.bind(2, target);
  if (mark.time_ms != 0) row.bind(3, mark.time_ms);
  if (auto stepped = row.step(doing); !stepped) return std::unexpected(stepped.error());
  return {};
}

result<void> sqlite_store::insert(const chat::room_record& room, std::string_view doing) {
  const std::string folded = chat::fold(room.name);
  if (auto done = remove(folded, doing); !done) return done;
  {
    statement& row = writes_.insert_room;
    const reset_at_end done(row);
    row.bind(1, folded);
    row.bind(2, room.name);
    row.bind(3, room.topic);
    row.bind(4, room.topic_setter);
    row.bind(5, room.topic_time_ms);
    row.bind(6, room.modes);
    row.bind(7, room.key);
    row.bind(8, static_cast<std::int64_t>(room.limit));
    row.bind(9, room.created_ms);
    row.bind(10, room.history_from_ms);
    if (auto stepped = row.step(doing); !stepped) return std::unexpected(stepped.error());
  }
  std::int64_t position = 0;
  for (const auto& ban : room.bans) {
    statement& row = writes_.insert_ban;
    const reset_at_end done(row);
    row.bind(1, folded);
    row.bind(2, position++);
    row.bind(3, ban.mask);
    row.bind(4, ban.setter);
    row.bind(5, ban.time_ms);
    if (auto stepped = row.step(doing); !stepped) return std::unexpected(stepped.error());
  }
  return {};
}

result<void> sqlite_store::remove(std::string_view folded_name, std::string_view doing) {
  for (statement* removal : {&writes_.remove_room, &writes_.remove_bans}) {
    const reset_at_end done(*removal);
    removal->bind(1, folded_name);
    if (auto stepped = removal->step(doing); !stepped) return std::unexpected(stepped.error());
  }
  return {};
}

// Waits for the other reads neither: whoever delivers messages asks for it.
result<std::vector<chat::message>> sqlite_store::latest(std::string_view room, std::size_t limit) {
  const std::string folded = chat::fold(room);
  const std::lock_guard lock(latest_mutex_);
  return read_range(latest_, folded, {.limit = limit});
}

result<std::vector<chat::message>> sqlite_store::find(std::string_view room, const history_range& range) {
  const std::string folded = chat::fold(room);
  const std::lock_guard lock(read_mutex_);
  if (range.with_events)
    return read_range(range.newest ? reads_.newest_with_events : reads_.oldest_with_events, folded, range);
  return read_range(range.newest ? reads_.newest : reads_.oldest, folded, range);
}

result<std::vector<chat::message>> sqlite_store::find_private(std::string_view owner, std::string_view other,
                                                              const history_range& range) {
  const std::string folded = chat::fold(other);
  const std::lock_guard lock(read_mutex_);
  statement& query = range.newest ? reads_.newest_private : reads_.oldest_private;
  query.bind(5, owner);
  return read_range(query, folded, range);
}

result<std::vector<chat::message>> sqlite_store::read_range(statement& query, std::string_view name,
                                                            const history_range& range) {
  const reset_at_end done(query);
  bind_range(query, name, range);
  std::vector<chat::message> messages;
  for (;;) {
    const auto row = query.step("cannot read the history");
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    messages.push_back(read_message(query));
  }
  if (range.newest) std::ranges::reverse(messages);
  return messages;
}

result<std::vector<private_conversation>> sqlite_store::private_conversations(std::string_view owner,
                                                                              const history_range& range) {
  const std::lock_guard lock(read_mutex_);
  statement& query = range.newest ? reads_.newest_conversations : reads_.oldest_conversations;
  const reset_at_end done(query);
  bind_range(query, owner, range);
  std::vector<private_conversation> found;
  for (;;) {
    const auto row = query.step("cannot list private conversations");
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    found.push_back({.other = query.text(7), .last = read_message(query)});
  }
  if (range.newest) std::ranges::reverse(found);
  return found;
}

result<std::vector<read_mark>> sqlite_store::read_marks(std::string_view owner, std::size_t limit) {
  const std::lock_guard lock(read_mutex_);
  statement& query = reads_.read_marks;
  const reset_at_end done(query);
  query.bind(1, owner);
  query.bind(2, static_cast<std::int64_t>(limit));
  std::vector<read_mark> found;
  for (;;) {
    const auto row = query.step("cannot find out what is read");
    if (!row) return std::unexpected(row.error());
    if (!*row) return found;
    found.push_back({.owner = std::string(owner), .target = query.text(0), .time_ms = query.number(1)});
  }
}

// Halves the ids until one is left: each look is one step down the table's tree, and no index of times is
// kept up to date for it.
result<std::uint64_t> sqlite_store::first_id_since(std::int64_t time_ms) {
  const auto last = last_message_id();
  if (!last) return last;
  std::uint64_t low = 1;
  std::uint64_t high = *last + 1;
  const std::lock_guard lock(read_mutex_);
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    statement& query = reads_.from_id;
    const reset_at_end done(query);
    query.bind(1, static_cast<std::int64_t>(middle));
    const auto row = query.step("cannot find a time in the history");
    if (!row) return std::unexpected(row.error());
    const bool is_there = *row && static_cast<std::uint64_t>(query.number(0)) < high;
    if (!is_there || query.number(1) >= time_ms)
      high = middle;
    else
      low = static_cast<std::uint64_t>(query.number(0)) + 1;
  }
  return low;
}

result<std::uint64_t> sqlite_store::last_message_id() {
  const std::lock_guard lock(read_mutex_);
  const reset_at_end done(reads_.last_id);
  const auto row = reads_.last_id.step("cannot read the last message's id");
  if (!row) return std::unexpected(row.error());
  return *row ? static_cast<std::uint64_t>(reads_.last_id.number(0)) : 0;
}

result<std::vector<chat::room_record>> sqlite_store::load_rooms() {
  constexpr const char* doing = "cannot read the rooms";
  const std::lock_guard lock(read_mutex_);
  const reset_at_end done(reads_.rooms);
  std::vector<chat::room_record> rooms;
  for (;;) {
    const auto row = reads_.rooms.step(doing);
    if (!row) return std::unexpected(row.error());
    if (!*row) return rooms;
    rooms.push_back(read_room(reads_.rooms));
    if (auto loaded = load_bans(rooms.back()); !loaded) return std::unexpected(loaded.error());
  }
}

result<void> sqlite_store::load_bans(chat::room_record& room) {
  const std::string folded = chat::fold(room.name);
  statement& query = reads_.bans;
  const reset_at_end done(query);
  query.bind(1, folded);
  for (;;) {
    const auto row = query.step("cannot read a room's bans");
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    room.bans.push_back({.mask = query.text(0), .setter = query.text(1), .time_ms = query.number(2)});
  }
}

result<void> configure_writer(database& db, const sqlite_options& options) {
  constexpr const char* doing = "cannot configure the database";
  if (auto done = db.run("PRAGMA journal_mode = WAL", doing); !done) return done;
  const char* synchronous =
      options.durable == durability::power ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL";
  if (auto done = db.run(synchronous, doing); !done) return done;
  // After a burst the log file shrinks back to 64 MiB at the next checkpoint, instead of keeping its largest
  // size.
  if (auto done = db.run("PRAGMA journal_size_limit = 67108864", doing); !done) return done;
  if (options.max_bytes == 0) return {};
  const auto page = db.number("PRAGMA page_size", doing);
  if (!page) return std::unexpected(page.error());
  const auto pages =
      std::clamp<std::uint64_t>(options.max_bytes / static_cast<std::uint64_t>(*page), 1, 0xfffffffe);
  return db.run(fmt::format("PRAGMA max_page_count = {}", pages).c_str(), doing);
}

}  // namespace

result<std::unique_ptr<store>> open_sqlite(const std::filesystem::path& file, const sqlite_options& options) {
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  auto lock = folder_lock::take(folder);
  if (!lock) return std::unexpected(lock.error());
  auto writer = database::open(file, database::access::create, options.busy_timeout);
  if (!writer) return std::unexpected(writer.error());
  // The tables first: a database that is refused for them has not been switched to another journal.
  if (auto done = bring_up_to_date(*writer); !done) return std::unexpected(done.error());
  if (auto done = configure_writer(*writer, options); !done) return std::unexpected(done.error());
  auto writes = sqlite::prepare_writes(*writer);
  if (!writes) return std::unexpected(writes.error());
  auto reader = database::open(file, database::access::read_only, options.busy_timeout);
  if (!reader) return std::unexpected(reader.error());
  auto reads = sqlite::prepare_reads(*reader);
  if (!reads) return std::unexpected(reads.error());
  auto latest_reader = database::open(file, database::access::read_only, options.busy_timeout);
  if (!latest_reader) return std::unexpected(latest_reader.error());
  auto latest = sqlite::prepare_latest(*latest_reader);
  if (!latest) return std::unexpected(latest.error());
  return std::make_unique<sqlite_store>(std::move(*lock), std::move(*writer), std::move(*writes),
                                        std::move(*reader), std::move(*reads), std::move(*latest_reader),
                                        std::move(*latest));
}

}  // namespace hub::store
