// One read-only connection, with its statements.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "daemon/base/result.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {

/// A read sees a whole commit or none of it: it is one statement, or runs in `InSnapshot`.
/// Successive reads share a snapshot until `AdvanceTo` receives a different count of commits:
/// beginning a snapshot takes the locks shared with other processes, and costs as much as a
/// look-up. In WAL mode it never waits for the writer.
///
/// @threads one thread at a time: leased by `ReaderPool`.
class SqliteReader {
 public:
  /// @errors kStoreBusy; kStoreBroken.
  static Result<std::unique_ptr<SqliteReader>> Open(const std::string& path,
                                                    const std::string& vfs);

  /// Later reads see at least the commits up to the time when `CommitCount` was at `commits`.
  void AdvanceTo(std::uint64_t commits);
  /// Whether it has no snapshot, or its snapshot is still the newest.
  [[nodiscard]] bool MayKeepSnapshot(std::uint64_t commits) const {
    return seen_ == commits || !database_.InTransaction();
  }
  /// Ends the snapshot.
  void EndSnapshot();

  /// Runs `read` in a transaction, opening one if needed: all its reads see one snapshot.
  template <typename Read>
  auto InSnapshot(Read read) -> decltype(read()) {
    if (database_.InTransaction()) return read();
    if (const Status begun = Run(begin_); !begun) return begun.error();
    auto outcome = read();
    EndSnapshot();
    return outcome;
  }

  ReaderStatements& statements() { return statements_; }

 private:
  explicit SqliteReader(Database database) : database_(std::move(database)) {}
  Status Prepare();

  Database database_;       // before the statements, which must end first
  std::uint64_t seen_ = 0;  ///< argument of `AdvanceTo` when the open transaction was begun
  Statement begin_;
  Statement end_;
  ReaderStatements statements_;
};

}  // namespace rtcroom
