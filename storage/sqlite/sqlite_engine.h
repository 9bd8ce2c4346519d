// How the kinds of rows of a store in SQLite are read and written.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/store_observer.h"
#include "storage/shared/write_job.h"
#include "storage/sqlite/aux_rows.h"
#include "storage/sqlite/reader_pool.h"

namespace rtcroom {

template <typename Writer>
class GroupCommitter;
class SqliteWriter;

/// The classes of the kinds run their statements through it.
///
/// @threads safe from any thread.
class SqliteEngine {
 public:
  /// All must outlive it. @param observer  receives failed reads; may be null.
  SqliteEngine(ReaderPool& readers, GroupCommitter<SqliteWriter>& committer,
               StoreObserver* observer)
      : readers_(readers), committer_(committer), observer_(observer) {}

  /// @param read  is called once with a connection that sees all commits before this call, and
  ///              returns a `Result`.
  template <typename Function>
  auto Read(Function read) {
    return Reported(read(readers_.Take()->aux()));
  }

  /// As `Read`; all statements of `read` see one snapshot.
  template <typename Function>
  auto ReadSnapshot(Function read) {
    ReaderPool::Lease reader = readers_.Take();
    return Reported(reader->InSnapshot([&] { return read(reader->aux()); }));
  }

  /// Returns `outcome`, and reports a failure to the observer.
  template <typename Outcome>
  Outcome Reported(Outcome outcome) const {
    const std::optional<Error> failure = StoreFailureOf(outcome);
    if (failure && observer_ != nullptr) {
      observer_->OnStoreError(StoreOperation::kRead, failure->code);
    }
    return outcome;
  }

  /// Returns after the commit. @param write  may be called again; after its error, or that of the
  /// commit, it has left no change.
  Status Write(const std::function<Status(AuxWriter&)>& write);

  /// Removes what is old: the mark of removals goes with it.
  /// @param remove  as `write`; returns how many it removed.
  Result<std::size_t> Remove(TimePoint as_of,
                             const std::function<Result<std::size_t>(AuxWriter&)>& remove);

  /// Any other call of the writer in a transaction.
  Status Call(std::function<Status(SqliteWriter&)> call);

 private:
  ReaderPool& readers_;
  GroupCommitter<SqliteWriter>& committer_;
  StoreObserver* const observer_;
};

}  // namespace rtcroom
