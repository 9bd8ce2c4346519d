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
#include "storage/sqlite/statement.h"

namespace rtcroom {

/// Every method is one SQL statement or one transaction, so it sees one snapshot: a whole commit or
/// none of it. Successive calls share a snapshot until `AdvanceTo` receives a different count of
/// commits: beginning a snapshot takes the locks shared with other processes, and costs as much as
/// a look-up. In WAL mode it never waits for the writer.
///
/// @threads one thread at a time: leased by `ReaderPool`.
class SqliteReader {
 public:
  /// @errors kStoreBusy; kStoreBroken.
  static Result<std::unique_ptr<SqliteReader>> Open(const std::string& path,
                                                    const std::string& vfs);

  /// Later reads see at least the commits up to the time when `CommitCount` was at `commits`.
  void AdvanceTo(std::uint64_t commits);
  /// Whether it has no snapshot, or its snapshot is still the newest.
  [[nodiscard]] bool MayKeepSnapshot(std::uint64_t commits) const {
    return seen_ == commits || !database_.InTransaction();
  }
  /// Ends the snapshot.
  void EndSnapshot();

  /// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
  Result<Room> Load(const RoomKey& key);

  /// At most `query.count` rooms of that list, from `first_place` on.
  Result<std::vector<Room>> List(const RoomListQuery& query, std::uint64_t first_place);

  // As the calls of `Store`.
  Result<AudiencePage> LoadAudiences(const RoomKey& key);
  Result<std::vector<Audience>> FindAudiences(const RoomKey& key, std::span<const UserId> users);
  Result<std::vector<StoredViewer>> ScanViewers(std::uint64_t room_number, const UserId& user_id,
                                                std::size_t limit);
  Result<RoomPage> Scan(std::uint64_t after, std::size_t limit);
  Result<EventPage> ReadEvents(const Cursor& cursor, std::size_t limit);
  Result<std::vector<StoredEvent>> ReadRoomEvents(const RoomKey& key,
                                                  std::optional<std::uint64_t> before,
                                                  std::size_t limit);
  Result<std::vector<StoredEvent>> ReadSeatLosses(const RoomKey& key, const UserId& user);
  Result<Cursor> Newest();

  /// Runs `read` in a transaction, opening one if needed: all its reads see one snapshot.
  template <typename Read>
  auto InSnapshot(Read read) -> decltype(read()) {
    if (database_.InTransaction()) return read();
    if (const Status begun = Run(begin_); !begun) return begun.error();
    auto outcome = read();
    EndSnapshot();
    return outcome;
  }

  /// Data other than rooms.
  AuxReader& aux() { return aux_; }

 private:
  explicit SqliteReader(Database database) : database_(std::move(database)) {}
  Status Prepare();
  /// An event and the position of the previous one, as returned by `Store::ReadRoomEvents`.
  struct Link {
    StoredEvent stored{};
    std::uint64_t previous = 0;
  };
  /// nullopt when there is no event of that room at that position.
  Result<std::optional<Link>> ReadLink(const RoomKey& key, std::uint64_t position);
  /// Position of the newest event of those rooms; 0 when there is none.
  Result<std::uint64_t> NewestOf(const RoomKey& key);
  /// Position of the last end of one of those rooms before `position`; 0 when there is none.
  Result<std::uint64_t> EndBefore(const RoomKey& key, std::uint64_t position);
  Result<std::vector<Room>> ListBoth(const RoomListQuery& query, std::uint64_t first_place);

  Database database_;       // before the statements, which must end first
  std::uint64_t seen_ = 0;  ///< argument of `AdvanceTo` when the open transaction was begun
  Statement begin_;
  Statement end_;
  Statement load_;
  Statement list_;
  Statement list_type_;
  Statement audiences_;
  Statement audience_;
  Statement scan_viewers_;
  Statement scan_;
  Statement read_events_;
  Statement newest_;
  Statement last_of_room_;
  Statement end_of_room_;
  Statement evicted_;
  Statement event_;
  RoomRowReader rooms_;
  AuxReader aux_;
};

}  // namespace rtcroom
