// A fixed number of read-only connections, leased one call at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "storage/sqlite/commit_count.h"
#include "storage/sqlite/sqlite_reader.h"

namespace rtcroom {

/// @threads safe from any thread.
class ReaderPool {
 public:
  /// The right to use a reader until the end of the scope. Its first read sees every commit that
  /// was over before.
  class Lease {
   public:
    Lease(ReaderPool& pool, std::unique_ptr<SqliteReader> reader)
        : pool_(pool), reader_(std::move(reader)) {
      reader_->AdvanceTo(pool_.commits_.Now());
    }
    ~Lease() { pool_.Return(std::move(reader_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    SqliteReader* operator->() { return reader_.get(); }

   private:
    ReaderPool& pool_;
    std::unique_ptr<SqliteReader> reader_;
  };

  /// Opens `size` readers at once, so that a later `Take` cannot fail.
  /// @param commits  of the only writer; outlives the pool.
  /// @errors kStoreBusy; kStoreBroken.
  static Result<std::unique_ptr<ReaderPool>> Open(const std::string& path, const std::string& vfs,
                                                  std::size_t size, const CommitCount& commits);

  /// Waits while all are in use: for reads, which are bounded, never for a writer.
  Lease Take() EXCLUDES(mutex_);

  /// Call it at an odd count of commits: idle readers drop their snapshots, and those in use keep
  /// none.
  void ReleaseSnapshots() EXCLUDES(mutex_);

 private:
  explicit ReaderPool(const CommitCount& commits) : commits_(commits) {}
  std::unique_ptr<SqliteReader> TakeIdle() EXCLUDES(mutex_);
  void Return(std::unique_ptr<SqliteReader> reader) EXCLUDES(mutex_);
  void PutIdleLocked(std::unique_ptr<SqliteReader> reader) REQUIRES(mutex_);

  const CommitCount& commits_;
  Mutex mutex_;
  CondVar returned_;
  /// Last in, first out: the most recently used one has the warmest pages.
  std::vector<std::unique_ptr<SqliteReader>> idle_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
