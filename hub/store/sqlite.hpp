// SQLite's C interface with owners and error values. Inside hub/store only.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <hub/store/store.hpp>

struct sqlite3;
struct sqlite3_stmt;

namespace hub::store::sqlite {

class statement;

// One connection. Not thread-safe: its owner holds a lock around it and its statements.
class database {
 public:
  enum class access : std::uint8_t { create, read_only };

  // `busy_timeout`: how long a call waits for another process's lock before it fails as `in_use`.
  static result<database> open(const std::filesystem::path& file, access how,
                               std::chrono::milliseconds busy_timeout);

  // Runs SQL that returns no rows of interest. `doing` begins the error text: "cannot store 3 messages".
  result<void> run(const char* sql, std::string_view doing);

  // Compiles a statement to be used many times.
  result<statement> prepare(std::string_view sql, std::string_view doing);

  // The first column of the first row of `sql` as a number; 0 when there is no row.
  result<std::int64_t> number(std::string_view sql, std::string_view doing);

  // Whether a transaction is open: SQLite ends one by itself on some errors, such as a full disk.
  bool in_transaction() const;

 private:
  struct closer {
    void operator()(sqlite3* handle) const;
  };

  explicit database(sqlite3* handle) : handle_(handle) {}

  std::unique_ptr<sqlite3, closer> handle_;
};

// A prepared statement: bind from 1, step, read columns from 0, reset.
class statement {
 public:
  // The text must outlive the next `step` until the reset.
  void bind(int index, std::string_view text);
  void bind(int index, std::int64_t number);

  // True: a row can be read. False: done. Any bind error shows here, too.
  result<bool> step(std::string_view doing);

  // Ready to be bound and run again; also gives back the read lock that a half-read result holds.
  void reset();

  std::int64_t number(int column) const;
  std::string text(int column) const;

 private:
  friend class database;
  struct finalizer {
    void operator()(sqlite3_stmt* handle) const;
  };

  explicit statement(sqlite3_stmt* handle) : handle_(handle) {}

  std::unique_ptr<sqlite3_stmt, finalizer> handle_;
  int bind_error_ = 0;
};

// Resets a statement when the scope ends, whichever way that is.
class reset_at_end {
 public:
  explicit reset_at_end(statement& used) : used_(used) {}
  reset_at_end(const reset_at_end&) = delete;
  reset_at_end& operator=(const reset_at_end&) = delete;
  ~reset_at_end() { used_.reset(); }

 private:
  statement& used_;
};

// Rolls back at the end of the scope unless committed.
class transaction {
 public:
  // Takes the write lock at once (BEGIN IMMEDIATE), so that nothing fails half-way for want of it.
  static result<transaction> begin(database& in, std::string_view doing);
  transaction(transaction&& other) noexcept : in_(std::exchange(other.in_, nullptr)) {}
  transaction& operator=(transaction&&) = delete;
  ~transaction();

  result<void> commit(std::string_view doing);

 private:
  explicit transaction(database& in) : in_(&in) {}

  database* in_;
};

}  // namespace hub::store::sqlite
