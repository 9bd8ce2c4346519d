#include "storage/sqlite/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "storage/sqlite/statement.h"

namespace rtcroom {
namespace {

// How long a call waits for a lock that another process holds (an operator's sqlite3 shell);
// connections of this process never block each other.
constexpr int kBusyTimeoutMs = 1000;

int FlagsOf(Database::Access access) {
  switch (access) {
    case Database::Access::kReadOnly:
      return SQLITE_OPEN_READONLY;
    case Database::Access::kReadWrite:
      return SQLITE_OPEN_READWRITE;
    case Database::Access::kReadWriteCreate:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  }
  return SQLITE_OPEN_READONLY;
}

}  // namespace

void Database::Closer::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Result<Database> Database::Open(const std::string& path, const std::string& vfs, Access access) {
  // SQLite's memory statistics take one global mutex on each allocation of any connection, and are
  // not used here. A process that has used SQLite before keeps them enabled.
  [[maybe_unused]] static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  const int flags = FlagsOf(access);
  sqlite3* handle = nullptr;
  const int opened =
      sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                      vfs.empty() ? nullptr : vfs.c_str());
  Database database(handle);  // a handle must be closed even when opening fails
  if (opened != SQLITE_OK) {
    return Error{Errc::kStoreBroken,
                 fmt::format("cannot open the store {}: {}", path,
                             handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(opened))};
  }
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  // A plan that needs a partial index for one bound value and not for another would be remade for
  // each value. Where such an index is to be used, the statement has a literal.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
  return database;
}

Status Database::Execute(const std::string& sql) {
  if (sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return LastError(handle(), "execute");
  }
  return {};
}

Result<std::int64_t> Database::QueryInteger(const std::string& sql) {
  Statement statement;
  if (const Status prepared = statement.Prepare(*this, sql); !prepared) return prepared.error();
  StatementRun run(statement);
  if (run.Next()) return run.Integer(0);
  return run.status() ? Error{Errc::kStoreBroken, "no row: " + sql} : run.status().error();
}

Result<std::string> Database::QueryText(const std::string& sql) {
  Statement statement;
  if (const Status prepared = statement.Prepare(*this, sql); !prepared) return prepared.error();
  StatementRun run(statement);
  if (run.Next()) return run.Text(0);
  return run.status() ? Error{Errc::kStoreBroken, "no row: " + sql} : run.status().error();
}

Result<std::uint64_t> Database::SizeInBytes() {
  const Result<std::int64_t> pages = QueryInteger("PRAGMA page_count");
  if (!pages) return pages.error();
  const Result<std::int64_t> page_size = QueryInteger("PRAGMA page_size");
  if (!page_size) return page_size.error();
  return static_cast<std::uint64_t>(*pages) * static_cast<std::uint64_t>(*page_size);
}

Error LastError(sqlite3* handle, std::string_view doing) {
  const int code = sqlite3_extended_errcode(handle);
  const int primary = code & 0xff;
  const bool is_contended = primary == SQLITE_BUSY || primary == SQLITE_LOCKED;
  return Error{is_contended ? Errc::kStoreBusy : Errc::kStoreBroken,
               fmt::format("{}: {} (SQLite {})", doing, sqlite3_errmsg(handle), code)};
}

bool Database::InTransaction() const { return sqlite3_get_autocommit(handle()) == 0; }

}  // namespace rtcroom
