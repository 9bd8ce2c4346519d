// Prepared statements, one run of one, and parts of a transaction that can be undone separately.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "storage/shared/listed.h"

struct sqlite3_stmt;

namespace rtcroom {

class Database;

/// Prepared once, run often. Must be destroyed before its connection.
///
/// @threads one thread at a time, with its connection.
class Statement {
 public:
  /// @errors kStoreBusy; kStoreBroken.
  Status Prepare(Database& database, std::string_view sql);

 private:
  friend class StatementRun;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalizer> handle_;
};

/// A statement and its SQL, for `PrepareAll`.
struct StatementSource {
  Statement& statement;
  std::string_view sql;
};

/// Prepares them in order, up to the first failure.
/// @errors as `Statement::Prepare`.
Status PrepareAll(Database& database, std::initializer_list<StatementSource> sources);

/// SQL that all connections for reading prepare when they are opened.
struct ReaderSql : Listed<ReaderSql> {
  explicit ReaderSql(std::string constant) : text(std::move(constant)) {}
  const std::string text;
};

/// A statement that the connection for writing prepares.
struct WriterSql : Listed<WriterSql> {
  explicit WriterSql(const char* constant) : text(constant) {}
  const char* const text;
};

/// The statements of one connection.
///
/// @tparam Sql  which of them: `ReaderSql` or `WriterSql`.
/// @threads as `Statement`.
template <typename Sql>
class StatementSet {
 public:
  /// Prepares all, up to the first failure.
  /// @errors as `Statement::Prepare`.
  Status Prepare(Database& database) {
    for (const Sql* const sql : Sql::All()) {
      const Status prepared = statements_[sql].Prepare(database, sql->text);
      if (!prepared) return prepared;
    }
    return {};
  }

  Statement& operator[](const Sql& sql) { return statements_.at(&sql); }

 private:
  std::unordered_map<const Sql*, Statement> statements_;
};

/// The statements that a connection for reading has prepared.
class ReaderStatements : public StatementSet<ReaderSql> {};
/// The statements that the connection for writing has prepared.
class WriterStatements : public StatementSet<WriterSql> {};

/// One run of a statement: binds the values in order, steps from row to row, and leaves the
/// statement ready for the next run. Bound texts must outlive it.
class StatementRun {
 public:
  template <typename... Values>
  explicit StatementRun(Statement& statement, const Values&... values)
      : statement_(statement.handle_.get()) {
    (Bind(values), ...);
  }
  ~StatementRun();
  StatementRun(const StatementRun&) = delete;
  StatementRun& operator=(const StatementRun&) = delete;

  /// Moves to the next row. False after the last one, and when the run failed: check `status`.
  bool Next();
  [[nodiscard]] const Status& status() const { return status_; }

  // Columns of the current row, from 0.
  [[nodiscard]] bool IsNull(int column) const;
  [[nodiscard]] std::int64_t Integer(int column) const;
  [[nodiscard]] std::uint64_t Unsigned(int column) const;
  [[nodiscard]] TimePoint Time(int column) const;
  [[nodiscard]] std::string Text(int column) const;
  /// Valid until the next row or the end of the run.
  [[nodiscard]] std::span<const std::byte> Bytes(int column) const;

 private:
  void Bind(std::int64_t value);
  void Bind(std::uint64_t value) { Bind(static_cast<std::int64_t>(value)); }
  void Bind(int value) { Bind(std::int64_t{value}); }
  void Bind(TimePoint value) { Bind(std::int64_t{value.time_since_epoch().count()}); }
  void Bind(std::string_view value);
  void Bind(std::span<const std::byte> value);
  template <typename T>
  void Bind(const std::optional<T>& value) {
    value ? Bind(*value) : BindNull();
  }
  template <typename Enum>
    requires std::is_enum_v<Enum>
  void Bind(Enum value) {
    Bind(static_cast<std::int64_t>(value));
  }
  void BindNull();
  void Check(int outcome);

  sqlite3_stmt* const statement_;
  int bound_ = 0;
  Status status_;
};

/// Runs a statement that yields no rows.
template <typename... Values>
Status Run(Statement& statement, const Values&... values) {
  StatementRun run(statement, values...);
  while (run.Next()) {
  }
  return run.status();
}

/// Runs a statement, and counts its rows.
template <typename... Values>
Result<std::size_t> RunCounting(Statement& statement, const Values&... values) {
  std::size_t rows = 0;
  StatementRun run(statement, values...);
  while (run.Next()) ++rows;
  if (!run.status()) return run.status().error();
  return rows;
}

/// Runs a statement, and collects its rows.
/// @param read  returns the value of the current row.
template <typename Read, typename... Values>
auto ReadRows(Statement& statement, Read read, const Values&... values)
    -> Result<std::vector<std::invoke_result_t<Read, const StatementRun&>>> {
  std::vector<std::invoke_result_t<Read, const StatementRun&>> rows;
  StatementRun run(statement, values...);
  while (run.Next()) rows.push_back(read(run));
  if (!run.status()) return run.status().error();
  return rows;
}

/// `Run` for SQL that is run only once.
/// @errors as `Statement::Prepare`.
template <typename... Values>
Status RunOnce(Database& database, std::string_view sql, const Values&... values) {
  Statement statement;
  if (const Status prepared = statement.Prepare(database, sql); !prepared) return prepared;
  return Run(statement, values...);
}

/// The statements that create and release savepoints, prepared once because each write runs them.
struct SavepointStatements {
  Status Prepare(Database& database);

  Statement make;
  Statement release;
};

/// Undoes all writes since its creation, unless it is released.
///
/// If the undo itself fails, the whole transaction is rolled back, so that no partial write is ever
/// committed; `Database::InTransaction` is false then.
class Savepoint {
 public:
  Savepoint(Database& database, SavepointStatements& statements);
  ~Savepoint();
  Savepoint(const Savepoint&) = delete;
  Savepoint& operator=(const Savepoint&) = delete;

  /// Whether it was created.
  [[nodiscard]] const Status& status() const { return status_; }
  /// Keeps its writes as a part of the transaction.
  Status Release();

 private:
  Database& database_;
  SavepointStatements& statements_;
  Status status_;
  bool open_ = false;
};

}  // namespace rtcroom
