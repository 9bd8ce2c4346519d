// Copies the pages of an open database to another one, some at a time.
#pragma once

#include <memory>

#include "daemon/base/result.h"
#include "storage/sqlite/database.h"

struct sqlite3_backup;

namespace rtcroom {

/// Between two steps nothing is locked: the database is written to, and its log moved into it. What
/// its own connection writes meanwhile is written to the copy, too, which at the end is the
/// database as of the last step. Pages that another connection writes make the copy begin again.
///
/// @threads one thread at a time, with both connections.
/// @source https://www.sqlite.org/backup.html
class PageCopy {
 public:
  /// @param from  of a running server, its writing connection; between transactions.
  /// @param to    what it holds is replaced. Both outlive the copy.
  PageCopy(Database& from, Database& to);

  /// Copies two megabytes.
  /// @return whether all is copied.
  /// @errors kStoreBroken; kStoreBusy.
  Result<bool> Step();

 private:
  struct Finisher {
    void operator()(sqlite3_backup* copy) const;
  };

  Database& to_;
  std::unique_ptr<sqlite3_backup, Finisher> copy_;
};

}  // namespace rtcroom
