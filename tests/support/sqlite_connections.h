// The SQLite connections that this program opens, including the product's own.
#pragma once

#include <vector>

#include <sqlite3.h>

namespace rtcroom {

/// Records every connection opened during its lifetime. At most one instance at a time.
///
/// @threads for one thread, which must also open the connections.
class SqliteConnections {
 public:
  SqliteConnections() {
    opened_.clear();
    sqlite3_auto_extension(Entry());
  }
  ~SqliteConnections() { sqlite3_cancel_auto_extension(Entry()); }
  SqliteConnections(const SqliteConnections&) = delete;
  SqliteConnections& operator=(const SqliteConnections&) = delete;

  /// Includes connections that are closed by now.
  [[nodiscard]] static const std::vector<sqlite3*>& opened() { return opened_; }

 private:
  static int Note(sqlite3* handle, const char**, const sqlite3_api_routines*) {
    opened_.push_back(handle);
    return SQLITE_OK;
  }
  /// SQLite declares the entry point of an extension without parameters.
  static void (*Entry())() { return reinterpret_cast<void (*)()>(&Note); }

  static inline std::vector<sqlite3*> opened_;
};

}  // namespace rtcroom
