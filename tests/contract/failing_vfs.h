// SQLite's own file access, with a disk that fails on request of a test.
#pragma once

#include <atomic>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <sqlite3.h>

#include "daemon/base/mutex.h"

namespace rtcroom {

/// Registered with SQLite under its name for its lifetime; close every connection that uses it
/// before destroying it.
///
/// @threads safe from any thread.
class FailingVfs {
 public:
  explicit FailingVfs(std::string name);
  ~FailingVfs();
  FailingVfs(const FailingVfs&) = delete;
  FailingVfs& operator=(const FailingVfs&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }

  /// Result code that reads, writes and syncs return instead of doing their work; SQLITE_OK: they
  /// work.
  std::atomic<int> read_failure{SQLITE_OK};
  std::atomic<int> write_failure{SQLITE_OK};
  /// The same for writes to database files only; writes to their logs succeed.
  std::atomic<int> database_write_failure{SQLITE_OK};
  /// Maximum size of each log.
  std::atomic<sqlite3_int64> most_log_bytes{std::numeric_limits<sqlite3_int64>::max()};
  /// Number of writes that succeed before the disk is full.
  std::atomic<int> writes_left{std::numeric_limits<int>::max()};
  std::atomic<int> sync_failure{SQLITE_OK};
  /// Number of syncs so far.
  std::atomic<int> syncs{0};
  /// Number of write-ahead log locks and unlocks so far.
  std::atomic<int> log_locks{0};

 private:
  /// A file's original methods with some of them replaced.
  struct Methods {
    sqlite3_io_methods table{};  // must be first: SQLite uses only this part
    const sqlite3_io_methods* own = nullptr;
    FailingVfs* vfs = nullptr;
    bool is_database = false;  ///< a database file, not a log
  };
  using Kind = std::pair<const sqlite3_io_methods*, bool>;

  static int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags,
                  int* out_flags);
  static int Read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset);
  static int Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset);
  static int Sync(sqlite3_file* file, int flags);
  static int Lock(sqlite3_file* file, int first, int count, int flags);
  static const Methods& MethodsOf(const sqlite3_file* file);
  const Methods& Replacing(const Kind& kind) EXCLUDES(mutex_);

  const std::string name_;
  sqlite3_vfs* const real_;
  sqlite3_vfs vfs_{};
  Mutex mutex_;
  std::map<Kind, std::unique_ptr<Methods>> methods_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
