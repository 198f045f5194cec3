#include <fmt/format.h>
#include <sqlite3.h>

#include <utility>

#include <hub/store/sqlite.hpp>

namespace hub::store::sqlite {
namespace {

failure kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return failure::in_use;
    case SQLITE_FULL:
      return failure::full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return failure::corrupt;
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
    case SQLITE_RANGE:
      return failure::refused;
    default:
      return failure::unavailable;
  }
}

// What to do about it, where SQLite's own words leave that open.
std::string_view advice(failure kind) {
  switch (kind) {
    case failure::in_use:
      return " (another program is using it; stop that one first)";
    case failure::full:
      return " (free some space on the disk or raise store.max_bytes; nothing stored was lost)";
    case failure::corrupt:
      return " (move the file away to start with an empty one, or restore a copy)";
    default:
      return "";
  }
}

// `code` is what the last call on `handle` returned.
store_error make_error(sqlite3* handle, std::string_view file, int code, std::string_view doing) {
  const failure kind = kind_of(code);
  const bool kept = handle != nullptr && (sqlite3_errcode(handle) & 0xff) == (code & 0xff);
  const char* why = kept ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  return {kind, fmt::format("{} ({}): {}{}", doing, file, why, advice(kind))};
}

store_error make_error(sqlite3* handle, int code, std::string_view doing) {
  const char* file = sqlite3_db_filename(handle, "main");
  return make_error(handle, file == nullptr ? "no file" : file, code, doing);
}

}  // namespace

void database::closer::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

void statement::finalizer::operator()(sqlite3_stmt* handle) const {
  sqlite3_finalize(handle);
}

result<database> database::open(const std::filesystem::path& file, access how,
                                std::chrono::milliseconds busy_timeout) {
  sqlite3* handle = nullptr;
  const int mode = how == access::create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  // The database's users hold a lock of their own, so SQLite's per-connection mutex would only cost time.
  const int code = sqlite3_open_v2(file.c_str(), &handle, mode | SQLITE_OPEN_NOMUTEX, nullptr);
  database opened(handle);
  if (code != SQLITE_OK)
    return std::unexpected(make_error(handle, file.native(), code, "cannot open the database"));
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
  return opened;
}

result<void> database::run(const char* sql, std::string_view doing) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(make_error(handle_.get(), code, doing));
  return {};
}

result<statement> database::prepare(std::string_view sql, std::string_view doing) {
  sqlite3_stmt* compiled = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &compiled, nullptr);
  if (code != SQLITE_OK) return std::unexpected(make_error(handle_.get(), code, doing));
  return statement(compiled);
}

result<std::int64_t> database::number(std::string_view sql, std::string_view doing) {
  auto query = prepare(sql, doing);
  if (!query) return std::unexpected(query.error());
  const auto row = query->step(doing);
  if (!row) return std::unexpected(row.error());
  return *row ? query->number(0) : 0;
}

bool database::in_transaction() const {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

void statement::bind(int index, std::string_view text) {
  const int code = sqlite3_bind_text64(handle_.get(), index, text.data() == nullptr ? "" : text.data(),
                                       text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) bind_error_ = code;
}

void statement::bind(int index, std::int64_t number) {
  const int code = sqlite3_bind_int64(handle_.get(), index, number);
  if (code != SQLITE_OK) bind_error_ = code;
}

result<bool> statement::step(std::string_view doing) {
  if (bind_error_ != 0)
    return std::unexpected(make_error(sqlite3_db_handle(handle_.get()), bind_error_, doing));
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return std::unexpected(make_error(sqlite3_db_handle(handle_.get()), code, doing));
}

void statement::reset() {
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
  bind_error_ = 0;
}

std::int64_t statement::number(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string statement::text(int column) const {
  // The pointer first: it may convert, and only then is the length that of the text.
  const auto* bytes = sqlite3_column_blob(handle_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

result<transaction> transaction::begin(database& in, std::string_view doing) {
  if (auto begun = in.run("BEGIN IMMEDIATE", doing); !begun) return std::unexpected(begun.error());
  return transaction(in);
}

transaction::~transaction() {
  // A failed rollback leaves nothing to be done: the next BEGIN reports whatever is wrong.
  if (in_ != nullptr && in_->in_transaction()) (void)in_->run("ROLLBACK", "cannot roll back");
}

result<void> transaction::commit(std::string_view doing) {
  auto committed = in_->run("COMMIT", doing);
  if (committed) in_ = nullptr;
  return committed;
}

}  // namespace hub::store::sqlite
