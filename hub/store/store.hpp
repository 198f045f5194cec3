// What the server keeps in a database, behind one small interface: the log of messages and of rooms' events,
// the rooms' settings, and of each owner the private messages and what is read.
//
// Calls are synchronous and may block on the disk, so a goroutine makes them through `leat::blocking`. An
// implementation is thread-safe: writes queue behind writes and reads behind reads, but a read never waits
// for a commit to reach the disk. Text comes back byte for byte as it was given.
//
// Nicks belong to nobody for long, so private messages are found again not by nicks but by an owner: a text
// without spaces that says whose they are, on both sides of a conversation.
//
// Names are compared as IRC's `CASEMAPPING=ascii` does: A-Z equal a-z and every other byte stands for itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hub/chat/message.hpp>
#include <hub/chat/room_record.hpp>

namespace hub::store {

// How much may be lost when the machine, not only the process, stops.
enum class durability : std::uint8_t {
  process,  // a finished write survives the end of the process (kill -9); a power cut may take the last ones
  power,    // a finished write has been flushed to the disk
};

enum class failure : std::uint8_t {
  unavailable,  // cannot be opened or read: missing folder, no permission, I/O error
  in_use,       // another process holds the database
  full,         // no space left on the disk, or the configured size is reached
  corrupt,      // not a database of ours, or a damaged one
  newer,        // written by a newer version of the program
  refused,      // what was asked contradicts what is stored or what can be stored (an id used twice)
};

// Why a call did not do what was asked. A failed write has changed nothing, and may be tried again.
struct store_error {
  failure kind = failure::unavailable;
  std::string text;  // one sentence for people: what was tried, on what, and why it failed

  bool operator==(const store_error&) const = default;
};

template <class T>
using result = std::expected<T, store_error>;

// A private message as one of the two finds it.
struct filed_message {
  std::string owner;
  std::string other;  // the nick at the other end
  std::uint64_t message_id = 0;
};

// Up to which time an owner has read a room, or the conversation with a nick. Written with time 0, it is
// forgotten.
struct read_mark {
  std::string owner;
  std::string target;
  std::int64_t time_ms = 0;

  bool operator==(const read_mark&) const = default;
};

// What one transaction writes: all of it or nothing. Removals are done first.
struct batch {
  std::span<const chat::message> messages = {};     // with new ids; rooms have targets that start with `#`
  std::span<const chat::room_record> rooms = {};    // created, or replaced as a whole
  std::span<const std::string> removed_rooms = {};  // their messages stay; an unknown name is not an error
  std::span<const filed_message> filed = {};        // of `messages`
  std::span<const read_mark> read_marks = {};  // one that is not later than what is stored changes nothing

  bool is_empty() const {
    return messages.empty() && rooms.empty() && removed_rooms.empty() && filed.empty() && read_marks.empty();
  }
};

// Which messages of a conversation: those between two ids, neither of them included.
struct history_range {
  std::uint64_t after_id = 0;
  std::uint64_t before_id = std::numeric_limits<std::int64_t>::max();
  std::size_t limit = 0;
  bool newest = true;        // when there are more than `limit`: the newest of them, else the oldest
  bool with_events = false;  // of the room, besides messages
};

// A conversation of an owner with a nick, by its last message.
struct private_conversation {
  std::string other;
  chat::message last;
};

class store {
 public:
  store() = default;
  store(const store&) = delete;
  store& operator=(const store&) = delete;
  virtual ~store() = default;

  // Writes a group in one transaction; when it returns without error, the group is as safe as the durability
  // that was asked for. An empty batch does nothing.
  virtual result<void> write(const batch& group) = 0;

  // The newest `limit` messages of a room, oldest first, without events. Waits for no other read.
  virtual result<std::vector<chat::message>> latest(std::string_view room, std::size_t limit) = 0;

  // Messages of a room, oldest first. An unknown room has none.
  virtual result<std::vector<chat::message>> find(std::string_view room, const history_range& range) = 0;

  // Private messages of an owner with a nick, in either direction, oldest first.
  virtual result<std::vector<chat::message>> find_private(std::string_view owner, std::string_view other,
                                                          const history_range& range) = 0;

  // With whom an owner has exchanged private messages: those conversations whose last message is in the
  // range, in the order of these.
  virtual result<std::vector<private_conversation>> private_conversations(std::string_view owner,
                                                                          const history_range& range) = 0;

  // What an owner has read: the latest `limit` marks, the latest first. Their targets are folded.
  virtual result<std::vector<read_mark>> read_marks(std::string_view owner, std::size_t limit) = 0;

  // An id from which on all messages and events are of that time or later, and before which none is; one more
  // than the last id if there is none. They are stored in the order of their times, but for steps of the
  // clock.
  virtual result<std::uint64_t> first_id_since(std::int64_t time_ms) = 0;

  // The highest id of any stored message or event, 0 when there is none. The next one takes a higher one.
  virtual result<std::uint64_t> last_message_id() = 0;

  // Every room, ordered by name.
  virtual result<std::vector<chat::room_record>> load_rooms() = 0;

  // `write` with messages only.
  result<void> append(std::span<const chat::message> messages);
  // `write` with one room only.
  result<void> save_room(const chat::room_record& room);
  // `write` with one removal only.
  result<void> remove_room(std::string_view name);
};

// What a message is stored under: the folded room name, or both folded nicks in order.
std::string conversation_of(const chat::message& message);
std::string conversation_of(std::string_view nick, std::string_view other);

}  // namespace hub::store
