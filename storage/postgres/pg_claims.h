// Claims of groups by one of the nodes that share a database.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_reader_pool.h"
#include "storage/shared/group_committer.h"
#include "storage/shared/write_job.h"

namespace rtcroom {

/// Claims and releases that are asked for while others are written are written together: each waits
/// for the standby, and one connection has to do.
///
/// @threads safe from any thread. Owns two, which write, and connect.
class PgClaims {
 public:
  struct Options {
    std::uint64_t node = 0;
    std::chrono::milliseconds patience{};  ///< bounds a group of calls: twice as long for one call
    PgPace pace{};
  };

  /// `clock` must outlive this.
  PgClaims(const PgAddress& address, const Options& options, const Clock& clock);

  /// All that it runs.
  static std::span<const PgStatement> Statements();

  /// They do what those of `Cluster` do.
  Result<bool> Claim(const RoomId& group, std::chrono::milliseconds lasting);
  Status Release(const RoomId& group);

 private:
  class Job : public WriteJob {
   public:
    /// @param lasting  nullopt: it is released.
    Job(const RoomId& group, std::optional<std::chrono::milliseconds> lasting)
        : group_(group), lasting_(lasting) {}

    [[nodiscard]] std::size_t size() const override { return 1; }
    [[nodiscard]] std::optional<Error> StoreFailure() const override {
      return StoreFailureOf(outcome_);
    }

    [[nodiscard]] const RoomId& group() const { return group_; }
    [[nodiscard]] std::optional<std::chrono::milliseconds> lasting() const { return lasting_; }
    /// Whether the group is claimed now.
    [[nodiscard]] Result<bool>& outcome() { return outcome_; }

   private:
    const RoomId& group_;
    const std::optional<std::chrono::milliseconds> lasting_;
    Result<bool> outcome_ = false;
  };

  /// The writer of a `GroupCommitter`.
  class Writer {
   public:
    using Job = PgClaims::Job;

    Writer(const PgAddress& address, const Options& options, const Clock& clock);

    Status Run(const std::vector<Job*>& jobs);
    [[nodiscard]] static std::uint64_t retained_events() { return 0; }
    [[nodiscard]] static bool has_confirmed() { return false; }
    void Rest(const Status& /*written*/) {}

   private:
    const std::uint64_t node_;
    PgReaderPool connection_;
  };

  Writer writer_;
  GroupCommitter<Writer> committer_;  // last: its thread uses the writer
};

}  // namespace rtcroom
