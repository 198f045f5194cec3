// All that is ever asked of the database, prepared once.
#pragma once

#include <hub/store/sqlite.hpp>

namespace hub::store::sqlite {

struct write_statements {
  statement insert_message;
  statement insert_event;
  statement file_message;
  statement note_conversation;
  statement set_read_mark;
  statement forget_read_mark;
  statement remove_room;
  statement remove_bans;
  statement insert_room;
  statement insert_ban;
};

struct read_statements {
  statement newest;
  statement oldest;
  statement newest_with_events;
  statement oldest_with_events;
  statement newest_private;
  statement oldest_private;
  statement newest_conversations;
  statement oldest_conversations;
  statement read_marks;
  statement from_id;
  statement last_id;
  statement rooms;
  statement bans;
};

result<write_statements> prepare_writes(database& db);
result<read_statements> prepare_reads(database& db);
// read_statements::newest, for a connection that asks nothing else.
result<statement> prepare_latest(database& db);

}  // namespace hub::store::sqlite
