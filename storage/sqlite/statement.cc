#include "storage/sqlite/statement.h"

#include <sqlite3.h>

#include "storage/sqlite/database.h"

namespace rtcroom {

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Status Statement::Prepare(Database& database, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return LastError(database.handle(), "prepare");
  }
  handle_.reset(statement);
  return {};
}

Status PrepareAll(Database& database, std::initializer_list<StatementSource> sources) {
  for (const auto& [statement, sql] : sources) {
    if (const Status prepared = statement.Prepare(database, sql); !prepared) return prepared;
  }
  return {};
}

StatementRun::~StatementRun() {
  // The error of a failed step was recorded when it failed: reset only repeats it.
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool StatementRun::Next() {
  if (!status_) return false;
  const int outcome = sqlite3_step(statement_);
  if (outcome == SQLITE_ROW) return true;
  if (outcome != SQLITE_DONE) status_ = LastError(sqlite3_db_handle(statement_), "step");
  return false;
}

bool StatementRun::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t StatementRun::Integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::uint64_t StatementRun::Unsigned(int column) const {
  return static_cast<std::uint64_t>(Integer(column));
}

TimePoint StatementRun::Time(int column) const {
  return TimePoint(std::chrono::milliseconds(Integer(column)));
}

std::string StatementRun::Text(int column) const {
  const unsigned char* const text = sqlite3_column_text(statement_, column);
  if (text == nullptr) return {};
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return {reinterpret_cast<const char*>(text), size};
}

std::span<const std::byte> StatementRun::Bytes(int column) const {
  const void* const bytes = sqlite3_column_blob(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return {static_cast<const std::byte*>(bytes), size};
}

void StatementRun::Bind(std::int64_t value) {
  Check(sqlite3_bind_int64(statement_, ++bound_, value));
}

void StatementRun::Bind(std::string_view value) {
  // An empty view may have a null address, which SQLite would take for NULL.
  const char* const text = value.data() != nullptr ? value.data() : "";
  Check(sqlite3_bind_text64(statement_, ++bound_, text, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void StatementRun::Bind(std::span<const std::byte> value) {
  Check(sqlite3_bind_blob64(statement_, ++bound_, value.data(), value.size(), SQLITE_STATIC));
}

void StatementRun::BindNull() { Check(sqlite3_bind_null(statement_, ++bound_)); }

void StatementRun::Check(int outcome) {
  if (outcome != SQLITE_OK && status_) status_ = LastError(sqlite3_db_handle(statement_), "bind");
}

Status SavepointStatements::Prepare(Database& database) {
  return PrepareAll(database, {{make, "SAVEPOINT change"}, {release, "RELEASE change"}});
}

Savepoint::Savepoint(Database& database, SavepointStatements& statements)
    : database_(database),
      statements_(statements),
      status_(Run(statements.make)),
      open_(status_.ok()) {}

Savepoint::~Savepoint() {
  if (!open_ || !database_.InTransaction()) return;
  if (!database_.Execute("ROLLBACK TO change; RELEASE change").ok()) {
    // ROLLBACK discards changes in memory; it needs no disk, so it cannot fail.
    (void)database_.Execute("ROLLBACK");
  }
}

Status Savepoint::Release() {
  Status released = Run(statements_.release);
  open_ = !released.ok();
  return released;
}

}  // namespace rtcroom
