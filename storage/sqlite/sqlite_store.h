// Rooms in one SQLite file: the store of a single machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/store_observer.h"
#include "storage/storage.h"

namespace rtcroom {

class GroupCommitter;
class ReaderPool;
class RoomIndex;
class SideWriter;
class SqliteWriter;

/// When a commit counts as done.
enum class Durability : std::uint8_t {
  kFull,  ///< when the disk has it (PRAGMA synchronous = FULL)
  /// When the kernel has it: a power cut may lose what was acknowledged. Here only so that the
  /// test of power cuts can show that it would notice; no configuration reaches it.
  kOff,
};

struct SqliteOptions {
  /// Of the database file, in a directory that can be written to.
  std::string path = {};
  /// 16 hex digits for a store that is made new; one that exists keeps its own.
  std::string new_epoch = {};
  Durability durability = Durability::kFull;
  StoreLimits limits = {};
  /// How many reads can run at the same time, at least 1; each holds a connection, further
  /// ones wait for it.
  std::size_t readers = 8;
  /// Name of a registered SQLite VFS, for tests; empty for the default one.
  std::string vfs = {};
  /// Hears of commits and errors; null: nobody does. Outlives the store.
  StoreObserver* observer = nullptr;
};

/// Keeps rooms in a SQLite database in WAL mode. All writes go through one thread, which
/// commits those that wait together; reads have connections of their own and never wait for it.
///
/// An update is acknowledged when its commit is on disk. When the disk is full or fails, writes
/// answer kStoreBroken and change nothing, reads go on, and writes work again once the disk
/// does. One process at a time may have a file open.
///
/// @threads safe from any thread.
class SqliteStore : public Storage {
 public:
  /// Opens the store, making or migrating the file as needed. Takes time in proportion to the
  /// number of rooms: under 5 s for a million.
  ///
  /// @param listener  hears of commits; must outlive the store.
  /// @errors kStoreBroken, kStoreBusy: one sentence that names the path. Damage is looked for
  ///         as `CheckStoreFile` describes.
  static Result<std::unique_ptr<SqliteStore>> Open(const SqliteOptions& options,
                                                   CommitListener& listener);
  /// No call may be under way. Moves the write-ahead log into the database file.
  ~SqliteStore() override;

  Result<Room> Load(const RoomKey& key) override;
  std::vector<Result<RoomChange>> UpdateAll(std::span<const RoomUpdate> updates) override;
  Result<std::vector<Room>> List(const RoomListQuery& query) override;
  Result<AudiencePage> LoadAudiences(const RoomKey& key) override;
  Result<RoomPage> Scan(std::uint64_t after, std::size_t limit) override;
  Result<EventPage> ReadEvents(const Cursor& cursor, std::size_t limit) override;
  Result<std::vector<StoredEvent>> ReadRoomEvents(const RoomKey& key,
                                                  std::optional<std::uint64_t> before,
                                                  std::size_t limit) override;
  Result<Cursor> Newest() override;
  Result<std::size_t> TrimEvents(const EventRetention& retention) override;
  Status Ping() override;
  [[nodiscard]] std::uint64_t CountRooms(RoomKind kind) const override;

  Result<std::vector<Ban>> LoadBans(TimePoint now) override;
  Status PutBan(const Ban& ban) override;
  Status RemoveEndedBans(TimePoint now) override;
  Result<std::vector<GroupTask>> LoadGroupTasks() override;
  Status PutGroupTask(const GroupTask& task) override;
  Status RemoveGroupTask(const RoomId& group) override;
  Result<std::optional<Cursor>> LoadPosition(std::string_view reader) override;
  Status SavePosition(std::string_view reader, const Cursor& position) override;
  Result<StoredSessions> LoadSessions(TimePoint unused_until, std::size_t limit) override;
  Status PutSession(const Session& session) override;
  Status RemoveSessions(std::span<const Session> sessions) override;
  Status NoteSessionUses(std::span<const Session> sessions) override;
  Status MoveSessionUses(std::chrono::milliseconds by, TimePoint latest) override;
  Result<std::size_t> RemoveUnusedSessions(TimePoint unused_until, std::size_t limit) override;

 private:
  SqliteStore(std::unique_ptr<SqliteWriter> writer, std::unique_ptr<RoomIndex> index,
              std::unique_ptr<ReaderPool> readers, std::unique_ptr<GroupCommitter> committer,
              StoreObserver* observer);
  /// What a read came to, told to the observer where it failed.
  template <typename T>
  Result<T> Read(Result<T> outcome) const;
  Status WriteSide(std::function<Status(SideWriter&)> write);

  // Ended in reverse: first the thread, which uses all the others; the readers before the writer,
  // so that its connection is the last and leaves a checkpointed file behind.
  const std::unique_ptr<SqliteWriter> writer_;
  const std::unique_ptr<RoomIndex> index_;
  const std::unique_ptr<ReaderPool> readers_;
  const std::unique_ptr<GroupCommitter> committer_;
  StoreObserver* const observer_;
};

}  // namespace rtcroom
