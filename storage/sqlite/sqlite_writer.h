// The writing half of the store: one transaction for a group of changes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/store.h"
#include "storage/sqlite/checkpointer.h"
#include "storage/sqlite/commit_count.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/room_index.h"
#include "storage/sqlite/room_rows.h"
#include "storage/sqlite/savepoint.h"
#include "storage/sqlite/side_rows.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {

/// Begin, then any number of Apply, Trim and Ping, then Commit or Rollback.
///
/// @threads for one thread: the writer thread of `GroupCommitter`.
class SqliteWriter {
 public:
  /// @param database  the only connection that writes, with the newest schema.
  /// @errors kStoreBusy; kStoreBroken.
  static Result<std::unique_ptr<SqliteWriter>> Open(Database database, StoreLimits limits);

  /// Tells `index` of every stored room, and learns how many there are.
  /// @errors kStoreBusy; kStoreBroken.
  Status FillIndex(RoomIndex& index);

  /// @errors kStoreBusy while another process writes; kStoreBroken.
  Status Begin();

  /// One update of `Store::UpdateAll`; it sees the earlier ones of the same transaction. An
  /// error means that this update has left nothing.
  Result<RoomChange> Apply(const RoomUpdate& update);
  /// `Store::TrimEvents`.
  Result<std::size_t> Trim(const EventRetention& retention);
  /// Runs one write of what is not a room; an error means that it has left nothing.
  Status WriteSide(const std::function<Status(SideWriter&)>& write);
  /// Writes at least as much as a pusher who comes. An error means that it has left nothing.
  Status Ping();

  /// False when SQLite itself gave the transaction up after a failed write: nothing of the
  /// group may be acknowledged.
  [[nodiscard]] bool InTransaction() const { return database_.InTransaction(); }

  /// Returns when everything since Begin is on disk.
  /// @errors kStoreBusy; kStoreBroken. Roll back then.
  Status Commit();
  /// Undoes everything since Begin.
  void Rollback();

  /// The rooms that came and went in the last transaction.
  [[nodiscard]] std::span<const RoomIndexChange> index_changes() const { return index_changes_; }

  /// Makes room in the write-ahead log, if it can, after a transaction that was rolled back.
  void MakeRoom() { checkpointer_.RunAfterFailure(); }
  /// Events in the history, as of the last commit.
  [[nodiscard]] std::uint64_t retained_events() const {
    return committed_marks_.last_position - committed_marks_.trimmed_position;
  }

  /// Of this writer, which outlives whoever looks at it.
  [[nodiscard]] const CommitCount& commits() const { return commits_; }
  /// `Checkpointer::set_before_checkpoint`.
  void set_before_checkpoint(std::function<void()> before) {
    checkpointer_.set_before_checkpoint(std::move(before));
  }

  /// Keeps the write-ahead log short; call it between transactions, when nobody waits.
  void Checkpoint() { checkpointer_.RunWhenDue(); }

 private:
  /// Counters that go on over restarts (table `meta`), and the number of rooms.
  struct Marks {
    std::uint64_t last_sequence = 0;
    std::uint64_t last_position = 0;
    std::uint64_t trimmed_position = 0;
    std::uint64_t event_bytes = 0;
    std::uint64_t pings = 0;
    std::uint64_t rooms = 0;
    bool operator==(const Marks&) const = default;
  };

  /// An event of a custom field that this transaction has written.
  struct CustomEvent {
    std::string field{};
    std::uint64_t position = 0;
    std::uint64_t room_sequence = 0;
    std::size_t value_bytes = 0;
  };
  /// The newest events of a room, while they are of nothing but custom fields: the order of those
  /// of different fields does not matter. One for each field at most.
  struct CustomEvents {
    std::uint64_t last_event = 0;  ///< `Room::last_event` after them
    std::vector<CustomEvent> events{};
  };

  SqliteWriter(Database database, StoreLimits limits);
  Status Prepare();
  Status ReadMarks();
  Status FillIndex(RoomIndex& index, const char* sql);
  Status Write(const Room* stored, RoomChange& change);
  /// Where the newest event of a stored room stands.
  Result<std::uint64_t> LastPosition(const Room& stored);
  /// @param last_position  where the newest event of the change is going to stand.
  Status WriteRoom(const Room* stored, RoomChange& change, std::uint64_t last_position);
  /// Adds the entry that the update asked for.
  Status LoadAudience(const UserId& user_id, Room& room);
  /// The event that may tell of this change too, or null.
  [[nodiscard]] CustomEvent* FindMerged(const Room* stored, const RoomChange& change);
  /// Notes the newest event as one that later changes may be told with.
  void NoteCustomEvent(const Room* stored, const RoomChange& change);
  /// @param merged_with  told instead of an event of the change's own, when not null.
  /// @param previous     where the room's event before them stands; 0 when they are its first.
  Status WriteEvents(const RoomChange& change, const CustomEvent* merged_with,
                     std::uint64_t previous);
  void NoteIndexChange(const Room* stored, const RoomChange& change);

  const StoreLimits limits_;
  Database database_;  // before the statements, which must end first
  CommitCount commits_;
  Checkpointer checkpointer_;
  SavepointStatements savepoints_;
  RoomReader rooms_;
  RoomWriter room_writer_;
  SideWriter side_writer_;
  Statement begin_;
  Statement commit_;
  Statement load_;
  Statement load_audience_;
  Statement last_position_;
  Statement insert_event_;
  Statement replace_custom_event_;
  Statement oldest_events_;
  Statement delete_events_;
  Statement write_probe_;
  Statement write_marks_;
  /// More pages than the change of a room with the longest texts touches.
  std::array<std::byte, std::size_t{64} << 10> probe_{};
  Marks marks_;
  Marks committed_marks_;
  std::vector<RoomIndexChange> index_changes_;
  std::unordered_map<std::uint64_t, CustomEvents> custom_events_;  ///< by `Room::sequence`
};

}  // namespace rtcroom
