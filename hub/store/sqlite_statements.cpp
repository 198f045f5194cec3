#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <hub/store/sqlite_statements.hpp>

namespace hub::store::sqlite {
namespace {

constexpr const char* preparing = "cannot prepare a query";

constexpr const char* newest_messages =
    "SELECT id, time_ms, kind, source, target, text, tags FROM message"
    " WHERE conversation = ? AND id > ? AND id < ? ORDER BY id DESC LIMIT ?";

// Prepares each of `sql`, in order, into the members of `Statements`.
template <class Statements, class... Sql>
result<Statements> prepare_all(database& db, Sql... sql) {
  std::optional<store_error> failed;
  const auto one = [&](std::string_view text) -> std::optional<statement> {
    if (failed) return std::nullopt;
    auto prepared = db.prepare(text, preparing);
    if (prepared) return std::move(*prepared);
    failed = prepared.error();
    return std::nullopt;
  };
  std::array<std::optional<statement>, sizeof...(Sql)> prepared{one(sql)...};
  if (failed) return std::unexpected(*failed);
  return std::apply([](auto&... each) { return Statements{std::move(*each)...}; }, prepared);
}

// SQLite merges the two as it reads, so that a page costs what its lines cost, however long the log is.
std::string messages_and_events(std::string_view order) {
  return fmt::format(
      "SELECT id, time_ms, kind, source, target, text, tags FROM message"
      " WHERE conversation = ?1 AND id > ?2 AND id < ?3"
      " UNION ALL SELECT id, time_ms, kind, source, target, text, '' FROM event"
      " WHERE conversation = ?1 AND id > ?2 AND id < ?3 ORDER BY id {} LIMIT ?4",
      order);
}

std::string private_messages(std::string_view order) {
  return fmt::format(
      "SELECT id, time_ms, kind, source, target, text, tags FROM private_message"
      " CROSS JOIN message ON message.id = message_id"
      " WHERE owner = ?5 AND other = ?1 AND message_id > ?2 AND message_id < ?3 ORDER BY message_id {} LIMIT "
      "?4",
      order);
}

std::string private_conversations(std::string_view order) {
  return fmt::format(
      "SELECT id, time_ms, kind, source, target, text, tags, other FROM private_conversation"
      " CROSS JOIN message ON message.id = last_id"
      " WHERE owner = ?1 AND last_id > ?2 AND last_id < ?3 ORDER BY last_id {} LIMIT ?4",
      order);
}

}  // namespace

result<write_statements> prepare_writes(database& db) {
  return prepare_all<write_statements>(
      db,
      "INSERT INTO message (id, conversation, time_ms, kind, source, target, text, tags)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      "INSERT INTO event (id, conversation, time_ms, kind, source, target, text)"
      " VALUES (?, ?, ?, ?, ?, ?, ?)",
      "INSERT OR IGNORE INTO private_message (owner, other, message_id) VALUES (?, ?, ?)",
      "INSERT INTO private_conversation (owner, other, last_id) VALUES (?, ?, ?)"
      " ON CONFLICT (owner, other) DO UPDATE SET last_id = max(last_id, excluded.last_id)",
      "INSERT INTO read_mark (owner, target, time_ms) VALUES (?, ?, ?)"
      " ON CONFLICT (owner, target) DO UPDATE SET time_ms = max(time_ms, excluded.time_ms)",
      "DELETE FROM read_mark WHERE owner = ? AND target = ?", "DELETE FROM room WHERE folded_name = ?",
      "DELETE FROM room_ban WHERE folded_name = ?",
      "INSERT INTO room (folded_name, name, topic, topic_setter, topic_time_ms, modes, join_key, "
      "member_limit, created_ms, history_from_ms)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      "INSERT INTO room_ban (folded_name, position, mask, setter, time_ms) VALUES (?, ?, ?, ?, ?)");
}

result<read_statements> prepare_reads(database& db) {
  return prepare_all<read_statements>(
      db, newest_messages,
      "SELECT id, time_ms, kind, source, target, text, tags FROM message"
      " WHERE conversation = ? AND id > ? AND id < ? ORDER BY id LIMIT ?",
      messages_and_events("DESC"), messages_and_events("ASC"), private_messages("DESC"),
      private_messages("ASC"), private_conversations("DESC"), private_conversations("ASC"),
      "SELECT target, time_ms FROM read_mark WHERE owner = ? ORDER BY time_ms DESC, target LIMIT ?",
      "SELECT id, time_ms FROM (SELECT * FROM (SELECT id, time_ms FROM message WHERE id >= ?1 ORDER BY id "
      "LIMIT 1)"
      " UNION ALL SELECT * FROM (SELECT id, time_ms FROM event WHERE id >= ?1 ORDER BY id LIMIT 1))"
      " ORDER BY id LIMIT 1",
      "SELECT max((SELECT ifnull(max(id), 0) FROM message), (SELECT ifnull(max(id), 0) FROM event))",
      "SELECT name, topic, topic_setter, topic_time_ms, modes, join_key, member_limit, created_ms, "
      "history_from_ms FROM room"
      " ORDER BY folded_name",
      "SELECT mask, setter, time_ms FROM room_ban WHERE folded_name = ? ORDER BY position");
}

result<statement> prepare_latest(database& db) {
  return db.prepare(newest_messages, preparing);
}

}  // namespace hub::store::sqlite
