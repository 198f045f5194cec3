// What is written down about an upload with an address of its own, beside its data, so that it outlives the
// server. Pure: text and values.
//
// The first line has one length whatever it says, so that it can be written anew in its place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hub::files {

struct resumable_record {
  // How much of the data is certainly on the disk.
  std::uint64_t flushed_bytes = 0;
  // How large the file is to become; nothing: its sender does not know yet.
  std::optional<std::uint64_t> total_bytes = std::nullopt;
  // Which boot of the machine (16 characters) has data under way whose length can be believed although it is
  // not flushed; empty: none.
  std::string boot = {};
  bool is_published = false;

  std::string room = {};    // with its #; empty: for everyone
  std::string name = {};    // once published, the final one
  std::string client = {};  // who is charged for it, see resumable_terms
  std::string note = {};    // see resumable_terms

  bool operator==(const resumable_record&) const = default;
};

// "<id>.data", "<id>.info": the entries of the folder that belong to such an upload. An id is 32 hexadecimal
// digits.
std::string data_entry(std::string_view id);
std::string record_entry(std::string_view id);
bool is_resumable_id(std::string_view text);
bool is_resumable_entry(std::string_view entry);

// The first line, with its end.
std::string render_progress(const resumable_record& record);

// All of it. None of the texts may contain a line end.
std::string render(const resumable_record& record);

// Nothing for what `render` cannot have written.
std::optional<resumable_record> parse_resumable_record(std::string_view text);

}  // namespace hub::files
