#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <hub/files/resumables.hpp>
#include <hub/files/store_state.hpp>

namespace hub::files {

addition::addition(resumables& owner, std::string id, resumables::entry&& claimed, upload&& data,
                   std::optional<sha256> before)
    : owner_(&owner),
      id_(std::move(id)),
      entry_(std::move(claimed)),
      upload_(std::move(data)),
      before_(std::move(before)) {}

addition::addition(addition&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)),
      id_(std::move(other.id_)),
      entry_(std::move(other.entry_)),
      upload_(std::move(other.upload_)),
      before_(std::move(other.before_)),
      is_hash_good_(other.is_hash_good_) {}

addition::~addition() {
  if (owner_ == nullptr) return;
  if (before_) {
    undo();
  } else {
    static_cast<void>(keep());
  }
}

result<void> addition::write(std::span<const std::byte> bytes) {
  auto written = upload_.write(bytes);
  // It may have been fed what was not written.
  if (!written) is_hash_good_ = false;
  return written;
}

// Gives the upload back to the table with so much held.
void addition::end_at(std::uint64_t bytes, std::optional<sha256> hash) {
  entry_.held_bytes = bytes;
  entry_.hash = std::move(hash);
  upload_.space_.keep(bytes);
  upload_.store_ = nullptr;  // its file stays
  std::exchange(owner_, nullptr)->release(id_, std::move(entry_));
}

result<std::uint64_t> addition::keep() {
  const int fd = upload_.file_.fd.get();
  const auto here = held_bytes();
  // Who sends no more could never finish a whole upload that is not published.
  const auto held = is_whole() && here > 0 ? here - 1 : here;
  auto& record = entry_.record;
  // Shortening gives back what was allocated ahead.
  bool kept = ::ftruncate(fd, static_cast<off_t>(held)) == 0 && ::fdatasync(fd) == 0;
  if (kept) {
    record.flushed_bytes = held;
    record.boot.clear();
    kept = owner_->write_progress(id_, record);
  }
  if (!kept) {
    auto error = from_errno("cannot keep the upload", errno);
    undo();
    return std::unexpected(std::move(error));
  }
  const bool is_hashed = is_hash_good_ && held == here;
  end_at(held, is_hashed ? std::optional(std::move(upload_.hash_)) : std::nullopt);
  return held;
}

void addition::undo() {
  const auto start = entry_.held_bytes;
  // What lies behind is ignored all the same, and cut off again at the next start.
  static_cast<void>(::ftruncate(upload_.file_.fd.get(), static_cast<off_t>(start)));
  auto& record = entry_.record;
  record.flushed_bytes = std::min(record.flushed_bytes, start);
  record.boot.clear();
  static_cast<void>(owner_->write_progress(id_, record));
  end_at(start, std::exchange(before_, std::nullopt));
}

result<published> addition::publish() {
  auto& record = entry_.record;
  const auto total = held_bytes();
  auto done = upload_.publish({.other = namesake::kept});
  struct stat status{};
  const bool is_gone =
      ::fstatat(owner_->store_.waiting.folder(), data_entry(id_).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0;
  if (!done && !is_gone) {
    is_hash_good_ = false;
    static_cast<void>(keep());
    return done;
  }
  record.is_published = true;
  record.flushed_bytes = total;
  record.boot.clear();
  if (done) record.name = done->name;
  // If this fails, the missing data tells as much after the next start.
  static_cast<void>(owner_->write_record(id_, record));
  upload_.space_.keep(total);
  end_at(total, std::nullopt);
  return done;
}

}  // namespace hub::files
