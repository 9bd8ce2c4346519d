// Reading rooms and events through one read-only connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/cursor.h"
#include "daemon/core/room.h"
#include "daemon/core/store.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/room_rows.h"
#include "storage/sqlite/side_rows.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {

/// Every method is one SQL statement or one transaction, so it sees one snapshot: a whole commit or
/// none of it. Those that follow see the same one until `See` is told of another count of commits:
/// to begin a snapshot takes the locks that other processes see, and costs as much as a look-up.
/// In WAL mode it never waits for the writer.
///
/// @threads for one thread at a time: `ReaderPool` hands them out.
class SqliteReader {
 public:
  /// @errors kStoreBusy; kStoreBroken.
  static Result<std::unique_ptr<SqliteReader>> Open(const std::string& path,
                                                    const std::string& vfs);

  /// From here on reads see at least what was committed when `CommitCount` was at `commits`.
  void See(std::uint64_t commits);
  /// Whether it has no snapshot, or the one that it has is still the newest.
  [[nodiscard]] bool MayKeepSnapshot(std::uint64_t commits) const {
    return seen_ == commits || !database_.InTransaction();
  }
  /// Ends the snapshot.
  void LetGo();

  /// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
  Result<Room> Load(const RoomKey& key);

  /// At most `query.count` rooms of that list, from `first_place` on.
  Result<std::vector<Room>> List(const RoomListQuery& query, std::uint64_t first_place);

  /// `Store::LoadAudiences`.
  Result<AudiencePage> LoadAudiences(const RoomKey& key);

  /// `Store::Scan`.
  Result<RoomPage> Scan(std::uint64_t after, std::size_t limit);

  /// `Store::ReadEvents`.
  Result<EventPage> ReadEvents(const Cursor& cursor, std::size_t limit);

  /// `Store::ReadRoomEvents`.
  Result<std::vector<StoredEvent>> ReadRoomEvents(const RoomKey& key,
                                                  std::optional<std::uint64_t> before,
                                                  std::size_t limit);

  /// `Store::Newest`.
  Result<Cursor> Newest();

  /// What is not a room.
  SideReader& side() { return side_; }

 private:
  explicit SqliteReader(Database database) : database_(std::move(database)) {}
  Status Prepare();
  /// Runs `read` in a transaction, its own where there is none: all it does sees one snapshot.
  template <typename Read>
  auto InSnapshot(Read read) -> decltype(read());
  /// An event and where the one before it stands, as `Store::ReadRoomEvents` has them.
  struct Link {
    StoredEvent stored{};
    std::uint64_t previous = 0;
  };
  /// Nothing when there is no event of that room at that position.
  Result<std::optional<Link>> ReadLink(const RoomKey& key, std::uint64_t position);
  /// Where the newest event of those rooms stands; 0 when there is none.
  Result<std::uint64_t> NewestOf(const RoomKey& key);
  /// Where the last one of those rooms ended that had ended before `position`; 0 when none had.
  Result<std::uint64_t> EndBefore(const RoomKey& key, std::uint64_t position);
  Result<std::vector<Room>> ListBoth(const RoomListQuery& query, std::uint64_t first_place);

  Database database_;       // before the statements, which must end first
  std::uint64_t seen_ = 0;  ///< what `See` was told when the transaction was begun, if there is one
  Statement begin_;
  Statement end_;
  Statement load_;
  Statement list_;
  Statement list_type_;
  Statement audiences_;
  Statement scan_;
  Statement read_events_;
  Statement newest_;
  Statement last_of_room_;
  Statement end_of_room_;
  Statement event_;
  RoomReader rooms_;
  SideReader side_;
};

}  // namespace rtcroom
