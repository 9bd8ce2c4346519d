// How the kinds of rows of a store in SQLite are read and written.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/store_observer.h"
#include "storage/shared/write_job.h"
#include "storage/sqlite/reader_pool.h"
#include "storage/sqlite/statement.h"

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
  ///              `arguments`; returns a `Result`.
  template <typename Function, typename... Arguments>
  auto Read(Function read, const Arguments&... arguments) {
    return Reported(read(readers_.Take()->statements(), arguments...));
  }

  /// It does what `Read` does, and all statements of `read` see one snapshot.
  template <typename Function>
  auto ReadSnapshot(Function read) {
    ReaderPool::Lease reader = readers_.Take();
    return Reported(reader->InSnapshot([&] { return read(reader->statements()); }));
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
  Status Write(const std::function<Status(WriterStatements&)>& write);

  /// It does what `Write` does, for a write that has a result.
  template <typename Value>
  Result<Value> WriteFor(const std::function<Result<Value>(WriterStatements&)>& write) {
    Result<Value> outcome = Value();
    const Status written = Write([&](WriterStatements& sql) {
      outcome = write(sql);
      return outcome ? Status() : outcome.error();
    });
    if (!written) return written.error();
    return outcome;
  }

  /// It does what `Write` does, and calls `write` with each of the rows.
  template <typename Row, typename Function>
  Status WriteEach(std::span<const Row> rows, Function write) {
    return Write([&](WriterStatements& sql) -> Status {
      for (const Row& row : rows) {
        if (const Status written = write(sql, row); !written) return written;
      }
      return {};
    });
  }

  /// Removes what is old: the mark of removals goes with it.
  /// @param remove  as `write`; returns how many it removed.
  Result<std::size_t> Remove(TimePoint as_of,
                             const std::function<Result<std::size_t>(WriterStatements&)>& remove);

  /// Removes all that have ended. @param remove  returns a row for each; its parameter is the time.
  Status RemoveEnded(TimePoint now, const WriterSql& remove);

  /// Any other call of the writer in a transaction.
  Status Call(std::function<Status(SqliteWriter&)> call);

 private:
  ReaderPool& readers_;
  GroupCommitter<SqliteWriter>& committer_;
  StoreObserver* const observer_;
};

}  // namespace rtcroom
