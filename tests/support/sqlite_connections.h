// The connections to SQLite that this program opens, the product's own among them.
#pragma once

#include <vector>

#include <sqlite3.h>

namespace rtcroom {

/// While it lives, it notes every connection as it is opened. One at a time.
///
/// @threads for one thread, and so is the opening of connections meanwhile.
class SqliteConnections {
 public:
  SqliteConnections() {
    opened_.clear();
    sqlite3_auto_extension(Entry());
  }
  ~SqliteConnections() { sqlite3_cancel_auto_extension(Entry()); }
  SqliteConnections(const SqliteConnections&) = delete;
  SqliteConnections& operator=(const SqliteConnections&) = delete;

  /// Those that were closed since are among them.
  [[nodiscard]] static const std::vector<sqlite3*>& opened() { return opened_; }

 private:
  static int Note(sqlite3* handle, const char**, const sqlite3_api_routines*) {
    opened_.push_back(handle);
    return SQLITE_OK;
  }
  /// SQLite takes the entry point of an extension for one without parameters.
  static void (*Entry())() { return reinterpret_cast<void (*)()>(&Note); }

  static inline std::vector<sqlite3*> opened_;
};

}  // namespace rtcroom
