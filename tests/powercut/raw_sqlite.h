// A plain SQLite connection, for tests that inspect a database independently of the store.
#pragma once

#include <memory>
#include <string>

#include <sqlite3.h>

namespace rtcroom {

/// @threads for one thread at a time.
class RawSqlite {
 public:
  /// Opens `path` for writing, creating it if missing. `Query` reports a failure.
  RawSqlite(const std::string& path, const std::string& vfs_name) {
    sqlite3* opened = nullptr;
    open_outcome_ = sqlite3_open_v2(path.c_str(), &opened,
                                    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs_name.c_str());
    connection_.reset(opened);
  }

  /// Runs `sql` and returns the first column of its last row, "" without rows. On failure returns
  /// "error " and SQLite's primary result code.
  std::string Query(const std::string& sql) {
    std::string last;
    int outcome = open_outcome_;
    if (outcome == SQLITE_OK) {
      outcome = sqlite3_exec(connection_.get(), sql.c_str(), &KeepFirstColumn, &last, nullptr);
    }
    return outcome == SQLITE_OK ? last : "error " + std::to_string(outcome & 0xFF);
  }

 private:
  struct Close {
    void operator()(sqlite3* connection) const { sqlite3_close(connection); }
  };

  static int KeepFirstColumn(void* into, int columns, char** values, char** /*names*/) {
    if (columns > 0 && values[0] != nullptr) *static_cast<std::string*>(into) = values[0];
    return 0;
  }

  int open_outcome_ = SQLITE_OK;
  std::unique_ptr<sqlite3, Close> connection_;
};

}  // namespace rtcroom
