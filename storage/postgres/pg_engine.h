// How the kinds of rows of a store in PostgreSQL are read and written.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/store_observer.h"
#include "storage/postgres/pg_address.h"
#include "storage/postgres/pg_job.h"
#include "storage/postgres/pg_read.h"
#include "storage/postgres/pg_reader_pool.h"
#include "storage/postgres/pg_write.h"
#include "storage/shared/write_job.h"

namespace rtcroom {

template <typename Writer>
class GroupCommitter;
class PgLog;
class PgWriter;

/// The classes of the kinds run their statements through it.
///
/// @threads safe from any thread.
class PgEngine {
 public:
  /// Rows that a step of a removal takes: all nodes wait for the turn meanwhile.
  static constexpr std::size_t kRemovedPerStep = 5000;

  /// All must outlive it.
  struct Parts {
    const PgAddress& address;
    PgLog& log;
    PgReaderPool& readers;
    GroupCommitter<PgWriter>& committer;
    const Clock& clock;
    StoreObserver* observer = nullptr;     ///< may be null
    std::chrono::milliseconds patience{};  ///< bounds the wait for the standby
  };
  explicit PgEngine(const Parts& parts) : parts_(parts) {}

  /// `PgReaderPool::Run`; reports a failure to the observer.
  /// @param read  gets the connection, `arguments` and the deadline.
  template <typename Read, typename... Arguments>
  auto Run(Read read, const Arguments&... arguments) {
    return Reported(parts_.readers.Run([&](PgConnection& connection, MonotonicTime deadline) {
      return read(connection, arguments..., deadline);
    }));
  }
  template <typename Read, typename... Arguments>
  auto RunConfirmed(Read read, const Arguments&... arguments) {
    return Reported(
        parts_.readers.RunConfirmed([&](PgConnection& connection, MonotonicTime deadline) {
          return read(connection, arguments..., deadline);
        }));
  }
  /// All rows of a call, as of `ReadPgRows`.
  template <typename Read>
  auto ReadRows(const PgCall& call, Read read) {
    return Run([&](PgConnection& connection, MonotonicTime deadline) {
      return ReadPgRows(connection, call, deadline, read);
    });
  }
  template <typename Outcome>
  Outcome Reported(Outcome outcome) const {
    const std::optional<Error> failure = StoreFailureOf(outcome);
    if (failure && parts_.observer != nullptr) {
      parts_.observer->OnStoreError(StoreOperation::kRead, failure->code);
    }
    return outcome;
  }

  /// Returns when the outcome of the job is certain.
  void Commit(PgJob& job);
  Status Write(const std::function<PgWrite()>& write);
  /// It does not wait for the standby: the write is repeated when it is lost.
  Status WriteLightly(const std::function<PgWrite()>& write);
  /// Removes at most `most` rows, in steps that hold the turn for a short time each.
  /// @param write  of a step, with the most rows that it removes; sets the number removed.
  Result<std::size_t> RemoveInSteps(
      std::size_t most,
      const std::function<PgWrite(std::size_t limit, std::size_t& removed)>& write);
  /// Removes all that have ended. @param write  as of `RemoveInSteps`.
  Status RemoveEnded(TimePoint now,
                     PgWrite (*write)(TimePoint now, std::size_t limit, std::size_t& removed));
  /// Commits records that other nodes read from the log.
  Status Record(std::vector<PgRecorded> records);

 private:
  const Parts parts_;
};

}  // namespace rtcroom
