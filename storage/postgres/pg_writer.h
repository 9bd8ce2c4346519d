// Writes groups of jobs, each in one transaction.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/room_store.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_events.h"
#include "storage/postgres/pg_follower.h"
#include "storage/postgres/pg_history.h"
#include "storage/postgres/pg_job.h"
#include "storage/postgres/pg_log.h"
#include "storage/postgres/pg_new_types.h"
#include "storage/postgres/pg_reconnector.h"
#include "storage/postgres/pg_room_group.h"

namespace rtcroom {

/// The writer of a `GroupCommitter`.
///
/// The rooms of a group are loaded without a lock, and their versions are checked when the results
/// are written, by the transaction that has the turn: a node that stops never holds anything that
/// others need. If a room was written meanwhile, the group is run again with the turn taken first.
///
/// A commit waits only for the disk of the primary, so the turn is short however far away the
/// standby is. The outcome of a job is certain once its `commit` is confirmed; the next group does
/// not wait for that, unless a commit has been pending for too long.
///
/// @threads one thread: that of the committer.
class PgWriter {
 public:
  using Job = PgJob;

  struct Options {
    std::uint64_t node = 0;  ///< number of this process, unique; at most 2^31 - 1
    StoreLimits limits{};
    PgPace pace{};                         ///< its observer receives groups, too
    std::chrono::milliseconds patience{};  ///< bounds a group; the end of a lost one likewise
    std::span<const PgNewType> new_types{};
  };

  /// The arguments must outlive this.
  PgWriter(const PgAddress& address, const Options& options, PgLog& log, PgHistory& history,
           PgFollower& follower, const Clock& clock);

  ~PgWriter();
  PgWriter(const PgWriter&) = delete;
  PgWriter& operator=(const PgWriter&) = delete;

  /// @errors kStoreBusy; kStoreBroken.
  Status Open();

  Status Run(const std::vector<Job*>& group);
  [[nodiscard]] std::uint64_t retained_events() const { return log_.retained_events(); }
  /// Confirmations come later.
  [[nodiscard]] static bool has_confirmed() { return false; }
  void Rest(const Status& /*committed*/) {}

 private:
  enum class Turn : std::uint8_t { kAtTheWrite, kFirst };

  /// The work of one try, until it is committed.
  struct Try {
    PgRoomGroup rooms;
    std::vector<PgWrite> writes{};
    std::vector<PgJob*> jobs{};  ///< jobs of the last of `writes`, in order
    std::uint64_t before = 0;    ///< a position before its records
    std::int64_t tag = 0;
    PgPendingCommits::Handle commit{};  ///< null: it writes nothing
  };

  /// `failed_` is the meaning after an error; kLost: it is unknown whether it was committed.
  Status TryGroup(const std::vector<Job*>& group, Turn turn, MonotonicTime deadline);
  Status Load(const std::vector<Job*>& group, Turn turn, Try& made, MonotonicTime deadline);
  static void ApplyRules(const std::vector<Job*>& group, Try& made);
  /// Adds what a job records, unless a node could not read it.
  static void AddRecords(Job& job, PgRoomGroup& rooms);
  Status Write(const std::vector<Job*>& group, Turn turn, Try& made, MonotonicTime deadline);
  /// Gives the jobs their outcomes.
  /// @param base     the newest position before it.
  /// @param results  of the writes; none when they are not known.
  static void Publish(const std::vector<Job*>& group, Try& made, std::uint64_t base,
                      std::span<PgRows> results);
  static void FinishWrites(Try& made, std::span<PgRows> results);
  /// Holds the next commit back while earlier ones have been pending for too long.
  Status AwaitConfirmation(MonotonicTime deadline);
  void ReportFenced() const;
  /// It reports the turn from the result of `kCheckLink`.
  void ReportTurn(PgRows& checked) const;
  /// Finds out whether a commit without a reply was made.
  Status Verify(const std::vector<Job*>& group, Try& made);
  Status RunAlone(const std::vector<Job*>& group, MonotonicTime deadline);
  /// `failed_` is the meaning after an error.
  Status Connect(MonotonicTime deadline);
  /// The error of calls that were run.
  Error Failed(const Error& error);
  /// The error for callers.
  [[nodiscard]] Error Outcome(const Error& error) const;

  const Options options_;
  PgLog& log_;
  PgHistory& history_;
  PgFollower& follower_;
  const Clock& clock_;
  PgConnection connection_;
  PgReconnector reconnector_;
  std::uint64_t link_ = 0;
  bool is_linked_ = false;  ///< whether the connection has the link and the history
  std::uint64_t groups_ = 0;
  PgMeaning failed_ = PgMeaning::kBroken;
};

}  // namespace rtcroom
