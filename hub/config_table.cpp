#include <array>
#include <limits>
#include <utility>

#include <hub/config_table.hpp>

namespace hub {
namespace {

using enum value_kind;

constexpr std::uint64_t second = 1'000;
constexpr std::uint64_t day = 86'400 * second;
constexpr std::uint64_t million = 1'000'000;
constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t mib = kib * kib;
constexpr std::uint64_t no_limit = std::numeric_limits<std::int64_t>::max();  // the largest number of TOML

static_assert(std::is_same_v<std::size_t, std::uint64_t>);

constexpr setting table[] = {
    {"server", "listen", addresses, 0, 0,
     "Where to listen: HOST:PORT, [IPv6]:PORT. Port 0 takes a free one. Everyone who reaches\n"
     "these addresses can chat and store files; \"0.0.0.0:8667\" lets in the whole network.",
     [](config& in) -> slot { return &in.server.listen; }},
    {"server", "data", path, 0, 0, "The folder below which everything is kept.",
     [](config& in) -> slot { return &in.server.data; }},
    {"server", "name", word, 0, 0, "The name under which the server speaks.",
     [](config& in) -> slot { return &in.server.name; }},
    {"server", "network", word, 0, 0, "The name that IRC clients show for the connection.",
     [](config& in) -> slot { return &in.server.network; }},
    {"server", "description", line, 0, 0, "What the server is, in one line.",
     [](config& in) -> slot { return &in.server.description; }},
    {"server", "public_url", url, 0, 0,
     "How the links to files that a room is shown start, as in \"https://files.example.org\".\n"
     "Empty: with the address that the uploader connected to.",
     [](config& in) -> slot { return &in.server.public_url; }},
    {"server", "origins", lines, 0, 0,
     "Web pages from elsewhere that may chat here, too, as [\"https://chat.example.org\"]; [\"*\"]: any.",
     [](config& in) -> slot { return &in.server.origins; }},
    {"server", "motd", lines, 0, 0, "The message of the day, a list of lines.",
     [](config& in) -> slot { return &in.server.motd; }},
    {"server", "connections", count, 1, 10 * million, "Most connections at once, of all kinds.",
     [](config& in) -> slot { return &in.server.connections; }},
    {"server", "connections_per_address", count, 0, 10 * million,
     "Most connections at once from one IP address; loopback is exempt. 0: no limit.",
     [](config& in) -> slot { return &in.server.connections_per_address; }},
    {"server", "first_byte_timeout", duration, 100, day,
     "How long a new connection may be silent before it shows whether it speaks IRC or HTTP.",
     [](config& in) -> slot { return &in.server.first_byte_timeout; }},
    {"server", "stop_timeout", duration, 100, 600 * second,
     "How long a stop may take to tell everyone and flush what waits.",
     [](config& in) -> slot { return &in.server.stop_timeout; }},

    {"chat", "nick_bytes", count, 1, 64, "Longest nick.",
     [](config& in) -> slot { return &in.chat.nick_bytes; }},
    {"chat", "user_bytes", count, 1, 32, "Longest user name (between ! and @).",
     [](config& in) -> slot { return &in.chat.user_bytes; }},
    {"chat", "real_name_bytes", count, 1, 256, "Longest real name.",
     [](config& in) -> slot { return &in.chat.real_name_bytes; }},
    {"chat", "room_name_bytes", count, 2, 85, "Longest room name, with its #.",
     [](config& in) -> slot { return &in.chat.room_name_bytes; }},
    {"chat", "topic_bytes", count, 1, 390, "Longest topic.",
     [](config& in) -> slot { return &in.chat.topic_bytes; }},
    {"chat", "kick_bytes", count, 1, 390, "Longest reason of KICK, PART and QUIT.",
     [](config& in) -> slot { return &in.chat.kick_bytes; }},
    {"chat", "away_bytes", count, 1, 390, "Longest away message.",
     [](config& in) -> slot { return &in.chat.away_bytes; }},
    {"chat", "key_bytes", count, 1, 64, "Longest key of a room.",
     [](config& in) -> slot { return &in.chat.key_bytes; }},
    {"chat", "mask_bytes", count, 8, 256, "Longest ban mask.",
     [](config& in) -> slot { return &in.chat.mask_bytes; }},
    {"chat", "message_bytes", count, 256, 65'536, "Longest text of one message, from whatever side it comes.",
     [](config& in) -> slot { return &in.chat.message_bytes; }},
    {"chat", "modes_per_change", count, 1, 20, "Most changes with a parameter in one MODE.",
     [](config& in) -> slot { return &in.chat.modes_per_change; }},
    {"chat", "rooms_per_user", count, 1, 100'000, "Most rooms that one user is in.",
     [](config& in) -> slot { return &in.chat.rooms_per_user; }},
    {"chat", "rooms", count, 1, 10 * million, "Most rooms, remembered empty ones among them.",
     [](config& in) -> slot { return &in.chat.rooms; }},
    {"chat", "bans_per_room", count, 1, 10'000, "Most bans of one room.",
     [](config& in) -> slot { return &in.chat.bans_per_room; }},
    {"chat", "invitations_per_user", count, 1, 10'000,
     "Most open invitations of one user; the oldest gives way.",
     [](config& in) -> slot { return &in.chat.invitations_per_user; }},
    {"chat", "departed_users", count, 0, million, "How many users who left are remembered for WHOWAS.",
     [](config& in) -> slot { return &in.chat.departed_users; }},

    {"irc", "registration_timeout", duration, 100, day, "How long a client may take for NICK and USER.",
     [](config& in) -> slot { return &in.irc.registration_timeout; }},
    {"irc", "ping_interval", duration, 100, day,
     "After so much silence a client is asked whether it is there.",
     [](config& in) -> slot { return &in.irc.ping_interval; }},
    {"irc", "ping_timeout", duration, 100, day, "How long it may take to answer.",
     [](config& in) -> slot { return &in.irc.ping_timeout; }},
    {"irc", "sendq_limit_bytes", size, 4 * kib, 1024 * mib,
     "How much may wait for a client that reads slowly; then it is dropped.",
     [](config& in) -> slot { return &in.irc.sendq_limit_bytes; }},
    {"irc", "flood_burst_lines", count, 1, million, "Lines that a client may send at once ...",
     [](config& in) -> slot { return &in.irc.flood_burst_lines; }},
    {"irc", "flood_lines_per_second", count, 0, million, "... and for longer. 0: no limit.",
     [](config& in) -> slot { return &in.irc.flood_lines_per_second; }},
    {"irc", "flood_burst_bytes", size, 512, 1024 * mib, "Bytes that a client may send at once ...",
     [](config& in) -> slot { return &in.irc.flood_burst_bytes; }},
    {"irc", "flood_bytes_per_second", size, 0, 1024 * mib, "... and for longer. 0: no limit.",
     [](config& in) -> slot { return &in.irc.flood_bytes_per_second; }},
    {"irc", "history_replay", count, 0, 10'000, "How many of a room's last messages are shown on joining.",
     [](config& in) -> slot { return &in.irc.history_replay; }},
    {"irc", "targets_per_message", count, 1, 100, "Most targets of one PRIVMSG, NOTICE or KICK.",
     [](config& in) -> slot { return &in.irc.targets_per_message; }},
    {"irc", "query_rows", count, 1, million, "Most rows of one WHO or LIST.",
     [](config& in) -> slot { return &in.irc.query_rows; }},
    {"irc", "history_lines", count, 1, 10'000, "Most lines of one CHATHISTORY.",
     [](config& in) -> slot { return &in.irc.history_lines; }},
    {"irc", "monitored_nicks", count, 1, 10'000, "Most nicks that one client may MONITOR.",
     [](config& in) -> slot { return &in.irc.monitored_nicks; }},
    {"irc", "read_marks", count, 1, 10'000, "Of how many rooms and nicks one user's MARKREAD is remembered.",
     [](config& in) -> slot { return &in.irc.read_marks; }},

    {"files", "file_bytes", size, 1, no_limit, "Largest file.",
     [](config& in) -> slot { return &in.files.file_bytes; }},
    {"files", "total_bytes", size, 1, no_limit, "Most bytes of all files and unfinished uploads together.",
     [](config& in) -> slot { return &in.files.total_bytes; }},
    {"files", "spare_bytes", size, 0, no_limit,
     "How much of the disk uploads leave free, for messages and other programs.",
     [](config& in) -> slot { return &in.files.spare_bytes; }},
    {"files", "files", count, 1, 10 * million, "Most files in all rooms together.",
     [](config& in) -> slot { return &in.files.files; }},
    {"files", "partials", count, 0, 100'000,
     "Most unfinished uploads that are kept to be resumed; the oldest gives way.",
     [](config& in) -> slot { return &in.files.partials; }},
    {"files", "resumables", count, 0, 100'000,
     "Most unfinished uploads that have an address of their own (tus); more are refused.",
     [](config& in) -> slot { return &in.files.resumables; }},
    {"files", "resumables_per_client", count, 0, 100'000,
     "Most of those from one IP address; loopback is exempt. 0: no limit.",
     [](config& in) -> slot { return &in.files.resumables_per_client; }},
    {"files", "partial_lifetime", duration, second, 365 * day, "How long an unfinished upload is kept.",
     [](config& in) -> slot { return &in.files.partial_lifetime; }},

    {"http", "header_timeout", duration, 100, day, "How long a client may take for a request's header.",
     [](config& in) -> slot { return &in.http.header_timeout; }},
    {"http", "idle_timeout", duration, 100, day, "How long a connection stays open between two requests.",
     [](config& in) -> slot { return &in.http.idle_timeout; }},
    {"http", "body_timeout", duration, 100, day,
     "How long an upload may bring no byte; then it is broken off.",
     [](config& in) -> slot { return &in.http.body_timeout; }},
    {"http", "send_timeout", duration, 100, day, "How long a client may take for each 256 KiB of an answer.",
     [](config& in) -> slot { return &in.http.send_timeout; }},
    {"http", "stop_grace", duration, 100, 600 * second,
     "How long a transfer may go on when the server stops.",
     [](config& in) -> slot { return &in.http.stop_grace; }},
    {"http", "header_bytes", size, kib, mib, "Largest request line and header together.",
     [](config& in) -> slot { return &in.http.header_bytes; }},
    {"http", "requests", count, 1, no_limit, "Most requests of one connection; then it is closed.",
     [](config& in) -> slot { return &in.http.requests; }},
    {"http", "ranges", count, 1, 1'000, "Most ranges of one request; with more, the whole file is sent.",
     [](config& in) -> slot { return &in.http.ranges; }},
    {"http", "listing_files", count, 1, 100'000, "Most files on one page of a listing.",
     [](config& in) -> slot { return &in.http.listing_files; }},
    {"http", "form_parts", count, 1, 100'000, "Most fields and files of one form.",
     [](config& in) -> slot { return &in.http.form_parts; }},

    {"store", "durability", durability, 0, 0,
     "What a message that was shown to anyone survives: \"process\" (the end of the program,\n"
     "also kill -9) or \"power\" (a power cut, too, at the price of a flush for each group).",
     [](config& in) -> slot { return &in.store.durability; }},
    {"store", "max_bytes", size, 0, no_limit,
     "Largest database; then new messages are refused. 0: the disk's size.",
     [](config& in) -> slot { return &in.store.max_bytes; }},
    {"store", "group_messages", count, 1, 100'000,
     "Most messages that are stored together in one transaction.",
     [](config& in) -> slot { return &in.store.group_messages; }},
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> sections{{
    {"server", "The server as a whole."},
    {"chat", "Bounds of names, texts and rooms. Lengths are in bytes of UTF-8."},
    {"irc", "Each IRC connection."},
    {"files", "The file store."},
    {"http", "Each HTTP connection."},
    {"store", "The database of messages and rooms."},
}};

}  // namespace

std::span<const setting> all_settings() {
  return table;
}

std::string_view section_comment(std::string_view section) {
  for (const auto& [name, comment] : sections) {
    if (name == section) return comment;
  }
  return {};
}

}  // namespace hub
