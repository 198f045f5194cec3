#include <fmt/format.h>

#include <array>

#include <hub/store/schema.hpp>

namespace hub::store {
namespace {

struct migration {
  const char* name;
  const char* sql;
};

// Migration N leads from version N to N + 1. What has been released is never edited: a change is a new entry.
// Plain types and no triggers, so that the same tables can stand in MySQL (whose tables are without rowids
// anyway).
constexpr std::array migrations{
    migration{"messages and rooms", R"(
      CREATE TABLE message (
        id           INTEGER PRIMARY KEY,  -- given by the rules; the log's order
        conversation TEXT    NOT NULL,     -- folded room name, or both folded nicks in order with a space between
        time_ms      INTEGER NOT NULL,
        kind         INTEGER NOT NULL,
        source       TEXT    NOT NULL,
        target       TEXT    NOT NULL,
        text         TEXT    NOT NULL
      );
      CREATE INDEX message_by_conversation ON message (conversation, id);
      CREATE TABLE room (
        folded_name   TEXT    PRIMARY KEY,
        name          TEXT    NOT NULL,
        topic         TEXT    NOT NULL,
        topic_setter  TEXT    NOT NULL,
        topic_time_ms INTEGER NOT NULL,
        modes         TEXT    NOT NULL,
        join_key      TEXT    NOT NULL,
        member_limit  INTEGER NOT NULL,
        created_ms    INTEGER NOT NULL,
        history_from_ms INTEGER NOT NULL
      );
      CREATE TABLE room_ban (
        folded_name TEXT    NOT NULL,
        position    INTEGER NOT NULL,
        mask        TEXT    NOT NULL,
        setter      TEXT    NOT NULL,
        time_ms     INTEGER NOT NULL,
        PRIMARY KEY (folded_name, position)
      );)"},
    migration{"tags of messages", "ALTER TABLE message ADD COLUMN tags TEXT NOT NULL DEFAULT ''"},
    migration{"events, private conversations and what is read", R"(
      CREATE TABLE event (                 -- of a room; ids are of the same order as those of messages
        id           INTEGER PRIMARY KEY,
        conversation TEXT    NOT NULL,
        time_ms      INTEGER NOT NULL,
        kind         INTEGER NOT NULL,
        source       TEXT    NOT NULL,
        target       TEXT    NOT NULL,
        text         TEXT    NOT NULL
      );
      CREATE INDEX event_by_conversation ON event (conversation, id);
      CREATE TABLE private_message (
        owner      TEXT    NOT NULL,
        other      TEXT    NOT NULL,       -- folded nick
        message_id INTEGER NOT NULL,
        PRIMARY KEY (owner, other, message_id)
      ) WITHOUT ROWID;
      CREATE TABLE private_conversation (
        owner   TEXT    NOT NULL,
        other   TEXT    NOT NULL,          -- folded nick
        last_id INTEGER NOT NULL,          -- of its messages
        PRIMARY KEY (owner, other)
      ) WITHOUT ROWID;
      CREATE INDEX private_conversation_by_last ON private_conversation (owner, last_id);
      CREATE TABLE read_mark (
        owner   TEXT    NOT NULL,
        target  TEXT    NOT NULL,          -- folded
        time_ms INTEGER NOT NULL,
        PRIMARY KEY (owner, target)
      ) WITHOUT ROWID)"},
};

// "leat" in ASCII: lets `file` and us tell our databases from others.
constexpr int application_id = 0x6c656174;

constexpr const char* doing = "cannot prepare the database's tables";

// 0 for an empty database.
result<std::int64_t> stored_version(sqlite::database& db) {
  const auto tables = db.number("SELECT count(*) FROM sqlite_master", doing);
  if (!tables) return std::unexpected(tables.error());
  if (*tables == 0) return 0;
  const auto id = db.number("PRAGMA application_id", doing);
  if (!id) return std::unexpected(id.error());
  if (*id != application_id) {
    return std::unexpected(
        store_error{failure::corrupt, fmt::format("{}: it holds the tables of another program "
                                                  "(choose another data folder)",
                                                  doing)});
  }
  return db.number("SELECT max(version) FROM schema_migration", doing);
}

result<void> apply(sqlite::database& db, std::size_t index) {
  auto change = sqlite::transaction::begin(db, doing);
  if (!change) return std::unexpected(change.error());
  const auto record = fmt::format(
      "CREATE TABLE IF NOT EXISTS schema_migration"
      " (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_ms INTEGER NOT NULL);"
      "INSERT INTO schema_migration VALUES ({}, '{}', CAST(strftime('%s') AS INTEGER) * 1000);"
      "PRAGMA application_id = {}",
      index + 1, migrations[index].name, application_id);
  if (auto done = db.run(migrations[index].sql, doing); !done) return done;
  if (auto done = db.run(record.c_str(), doing); !done) return done;
  return change->commit(doing);
}

}  // namespace

int current_schema_version() {
  return static_cast<int>(migrations.size());
}

result<void> bring_up_to_date(sqlite::database& db) {
  const auto version = stored_version(db);
  if (!version) return std::unexpected(version.error());
  if (*version > current_schema_version()) {
    return std::unexpected(store_error{
        failure::newer,
        fmt::format("cannot open the database: its tables have version {}, and this program knows "
                    "only up to {} (run the newer program that wrote it; nothing was changed)",
                    *version, current_schema_version())});
  }
  for (auto next = static_cast<std::size_t>(*version); next < migrations.size(); ++next) {
    if (auto applied = apply(db, next); !applied) return applied;
  }
  return {};
}

}  // namespace hub::store
