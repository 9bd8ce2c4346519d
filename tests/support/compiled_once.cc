#include "tests/support/compiled_once.h"

#include <set>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "daemon/base/mutex.h"
#include "storage/sqlite/database.h"

namespace rtcroom {
namespace {

/// @threads safe from any thread.
class CompiledAgain {
 public:
  void Note(std::string sql) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (!is_allowed_) statements_.insert(std::move(sql));
  }
  void Allow() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    is_allowed_ = true;
  }
  /// Returns and clears the statements recorded since the last call.
  std::set<std::string> Take() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    is_allowed_ = false;
    return std::exchange(statements_, {});
  }

 private:
  Mutex mutex_;
  std::set<std::string> statements_ GUARDED_BY(mutex_);
  bool is_allowed_ GUARDED_BY(mutex_) = false;
};

CompiledAgain& Noted() {
  static CompiledAgain noted;
  return noted;
}

int OnRunEnded(unsigned, void*, void* statement, void*) {
  auto* const ended = static_cast<sqlite3_stmt*>(statement);
  if (sqlite3_stmt_status(ended, SQLITE_STMTSTATUS_REPREPARE, 0) > 0) {
    Noted().Note(sqlite3_sql(ended));
  }
  return 0;
}

int OnOpened(sqlite3* handle, const char**, const sqlite3_api_routines*) {
  return sqlite3_trace_v2(handle, SQLITE_TRACE_PROFILE, &OnRunEnded, nullptr);
}

class CompiledOnce : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo&) override { (void)Noted().Take(); }
  void OnTestEnd(const testing::TestInfo&) override {
    for (const std::string& sql : Noted().Take()) ADD_FAILURE() << "compiled again: " << sql;
  }
};

[[maybe_unused]] const bool kWatched = [] {
  // As in the server, the store is the first user of SQLite.
  (void)Database::Open({}, {}, Database::Access::kReadWriteCreate);
  // SQLite declares the entry point of an extension without parameters.
  sqlite3_auto_extension(reinterpret_cast<void (*)()>(&OnOpened));
  testing::UnitTest::GetInstance()->listeners().Append(new CompiledOnce);
  return true;
}();

}  // namespace

void AllowCompilingAgain() { Noted().Allow(); }

}  // namespace rtcroom
