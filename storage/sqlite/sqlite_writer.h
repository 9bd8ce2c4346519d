// The writing half of the store: the calls that write, in groups, each in one transaction.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/commit_listener.h"
#include "daemon/core/message_store.h"
#include "daemon/core/store.h"
#include "storage/shared/custom_events.h"
#include "storage/shared/room_index.h"
#include "storage/shared/write_job.h"
#include "storage/sqlite/checkpointer.h"
#include "storage/sqlite/commit_count.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/room_rows.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/store_files.h"

namespace rtcroom {

class SqliteWriter;

/// A call that writes.
class SqliteJob : public WriteJob {
 public:
  /// Does the work, inside the group's transaction.
  virtual void Run(SqliteWriter& writer) = 0;
  /// Nothing of the group was committed: `why` is the outcome, whatever the result of `Run`.
  virtual void Abort(const Error& why) = 0;
  /// Called after the transaction has ended in any way.
  virtual void AfterTransaction(SqliteWriter& /*writer*/) {}
};

/// Changes of rooms.
class UpdateJob : public SqliteJob {
 public:
  explicit UpdateJob(std::span<const RoomUpdate> updates) : updates_(updates) {}

  [[nodiscard]] std::size_t size() const override { return updates_.size(); }
  void Run(SqliteWriter& writer) override;
  void Abort(const Error& why) override;
  [[nodiscard]] std::optional<Error> StoreFailure() const override;

  /// One per update, in order.
  std::vector<Result<RoomChange>>& outcomes() { return outcomes_; }

 private:
  const std::span<const RoomUpdate> updates_;
  std::vector<Result<RoomChange>> outcomes_;
};

/// Any other write, given as a function.
class CallJob : public SqliteJob {
 public:
  explicit CallJob(std::function<Status(SqliteWriter&)> call) : call_(std::move(call)) {}

  [[nodiscard]] std::size_t size() const override { return 1; }
  void Run(SqliteWriter& writer) override { status_ = call_(writer); }
  void Abort(const Error& why) override { status_ = why; }
  [[nodiscard]] std::optional<Error> StoreFailure() const override {
    return StoreFailureOf(status_);
  }

  [[nodiscard]] const Status& status() const { return status_; }

 private:
  const std::function<Status(SqliteWriter&)> call_;
  Status status_;
};

/// A job that cannot run in a transaction. It runs also when the store takes no writes.
class MaintenanceJob : public SqliteJob {
 public:
  explicit MaintenanceJob(std::function<void(SqliteWriter&)> call) : call_(std::move(call)) {}

  [[nodiscard]] std::size_t size() const override { return 1; }
  void Run(SqliteWriter& /*writer*/) override {}
  void Abort(const Error& /*why*/) override {}
  void AfterTransaction(SqliteWriter& writer) override { call_(writer); }
  [[nodiscard]] std::optional<Error> StoreFailure() const override { return std::nullopt; }

 private:
  const std::function<void(SqliteWriter&)> call_;
};

/// The writer of a `GroupCommitter`; its jobs write by it.
///
/// @threads one thread: the writer thread of `GroupCommitter`.
class SqliteWriter {
 public:
  using Job = SqliteJob;

  /// Adds every stored room to `index`.
  /// @param database  the only writing connection, with the newest schema.
  /// @param files     of the database; nullopt: of a VFS without files.
  /// @param index     follows the commits, as does `listener`; both outlive the writer.
  /// @errors kStoreBusy; kStoreBroken.
  static Result<std::unique_ptr<SqliteWriter>> Open(Database database,
                                                    std::optional<StoreFiles> files,
                                                    StoreLimits limits, RoomIndex& index,
                                                    CommitListener& listener);

  /// `StoreFiles::Check`. Safe from any thread.
  [[nodiscard]] Status CheckFiles() const { return files_ ? files_->Check() : Status(); }

  /// Runs the jobs in one transaction; those that it acknowledges are on disk.
  /// @errors kStoreBusy while another process writes; kStoreBroken.
  Status Run(const std::vector<Job*>& group);
  /// Frees space in the write-ahead log, if possible, after a group that failed; keeps it short.
  /// Call it between transactions.
  void Rest(const Status& committed);

  /// One update of `Store::UpdateAll`; it sees the earlier ones of the same transaction. After an
  /// error this update has left no change.
  Result<RoomChange> Apply(const RoomUpdate& update);
  /// Appends a message to its room, or to its receiver if it has one, and assigns its position and
  /// seq; or sets it to the stored one that it repeats. After an error it has left no change.
  /// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
  Status Append(AppendedMessage& message, const RepeatsAfter& repeats);
  /// `EventLog::TrimEvents`.
  Result<std::size_t> Trim(const EventRetention& retention);
  /// `Storage::BeginRemovals`.
  void BeginRemovals(TimePoint time) { marks_.removal = marks_.removal.value_or(time); }
  /// Something was removed for its age.
  void MarkRemoval(TimePoint as_of) { marks_.removal = as_of; }
  /// Runs one write of data other than rooms; after an error it has left no change.
  Status WriteRows(const std::function<Status(WriterStatements&)>& write);
  /// Writes at least as much as a joining pusher. After an error it has left no change.
  Status Ping();

  /// False when SQLite itself rolled the transaction back after a failed write: nothing of the
  /// group may be acknowledged.
  [[nodiscard]] bool InTransaction() const { return database_.InTransaction(); }

  /// Events in the history, as of the last commit.
  [[nodiscard]] std::uint64_t retained_events() const {
    return committed_marks_.last_position - committed_marks_.trimmed_position;
  }

  /// Whether the last commit has changed something.
  [[nodiscard]] bool has_confirmed() const { return has_written_; }

  /// Owned by this writer, which outlives the users of the count.
  [[nodiscard]] const CommitCount& commits() const { return commits_; }
  /// `Checkpointer::set_before_checkpoint`.
  void set_before_checkpoint(std::function<void()> before) {
    checkpointer_.set_before_checkpoint(std::move(before));
  }

  /// The connection, for use between transactions.
  [[nodiscard]] Database& database() { return database_; }

 private:
  /// Persistent counters (table `meta`), and the number of rooms.
  struct Marks {
    std::uint64_t last_sequence = 0;
    std::uint64_t last_position = 0;
    std::uint64_t trimmed_position = 0;
    std::uint64_t event_bytes = 0;
    std::uint64_t pings = 0;
    std::uint64_t last_message = 0;
    std::optional<TimePoint> removal{};  ///< `StoredRemovalTime::mark`
    std::uint64_t rooms = 0;
    bool operator==(const Marks&) const = default;
  };

  SqliteWriter(Database database, std::optional<StoreFiles> files, StoreLimits limits,
               RoomIndex& index, CommitListener& listener);
  Status Prepare();
  Status ReadMarks();
  /// Adds the stored rooms to the index, and counts them.
  Status FillIndex();
  Status RunInTransaction(const std::vector<Job*>& group);
  Status Begin();
  Status Commit();
  /// Undoes everything since `Begin`.
  void Rollback();
  void ForgetTransaction();
  /// The changes that the last transaction has committed; valid until the next `Begin`.
  [[nodiscard]] Committed committed() const;
  Status Write(const Room* stored, RoomChange& change);
  /// Position of the newest event of a stored room.
  Result<std::uint64_t> LastPosition(const Room& stored);
  /// @param last_position  position that the change's newest event will have.
  Status WriteRoom(const Room* stored, RoomChange& change, std::uint64_t last_position);
  Status DeleteRoom(const Room& stored, TimePoint now);
  /// Adds the entry that the update requested.
  Status LoadAudience(const UserId& user_id, Room& room);
  /// The event that this change may be merged into, or null.
  [[nodiscard]] const CustomEvents::Event* FindMerged(const Room* stored,
                                                      const RoomChange& change) const;
  /// @param merged_with  if not null, updated instead of adding an event.
  /// @param previous     position of the room's previous event; 0 when there is none.
  Status WriteEvents(const RoomChange& change, const CustomEvents::Event* merged_with,
                     std::uint64_t previous);
  void RecordIndexChange(const Room* stored, const RoomChange& change);
  /// Adds what listeners receive of a change, besides its events.
  void RecordForListener(const RoomChange& change);

  const StoreLimits limits_;
  const std::optional<StoreFiles> files_;
  RoomIndex& index_;
  CommitListener& listener_;
  Database database_;  // before the statements, which must end first
  CommitCount commits_;
  Checkpointer checkpointer_;
  bool has_written_ = false;
  SavepointStatements savepoints_;
  RoomWriter room_writer_;
  WriterStatements statements_;
  Statement begin_;
  Statement commit_;
  Statement load_;
  Statement load_pushers_;
  Statement load_audience_;
  Statement last_position_;
  Statement insert_event_;
  Statement replace_custom_event_;
  Statement oldest_events_;
  Statement delete_events_;
  Statement write_probe_;
  Statement write_marks_;
  /// More pages than a change of a room with the longest texts touches.
  std::array<std::byte, std::size_t{64} << 10> probe_{};
  Marks marks_;
  Marks committed_marks_;
  // The changes of the transaction, for listener and index:
  std::vector<StoredEvent> events_;
  std::vector<MixChanged> mixes_;
  std::vector<Revocation> revocations_;
  Committed flags_;  ///< without its lists
  std::vector<RoomIndexChange> index_changes_;
  std::unordered_map<std::uint64_t, CustomEvents> custom_events_;  ///< by `Room::sequence`
};

}  // namespace rtcroom
