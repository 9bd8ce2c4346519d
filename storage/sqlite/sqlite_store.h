// A store in one SQLite file, for a single machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "daemon/core/commit_listener.h"
#include "daemon/core/store_observer.h"
#include "storage/sqlite/sqlite_accounts.h"
#include "storage/sqlite/sqlite_bans.h"
#include "storage/sqlite/sqlite_deliveries.h"
#include "storage/sqlite/sqlite_ended_logins.h"
#include "storage/sqlite/sqlite_messages.h"
#include "storage/sqlite/sqlite_recordings.h"
#include "storage/sqlite/sqlite_rooms.h"
#include "storage/sqlite/sqlite_sessions.h"
#include "storage/sqlite/store_copy.h"
#include "storage/storage.h"

namespace rtcroom {

class Database;
template <typename Writer>
class GroupCommitter;
class ReaderPool;
class RoomIndex;
class SqliteEngine;
class SqliteWriter;

/// The moment at which a commit is complete.
enum class Durability : std::uint8_t {
  kFull,  ///< when it is on the disk (PRAGMA synchronous = FULL)
  /// When the kernel has it: a power cut may lose acknowledged changes. For a store that is lost at
  /// each stop, and so that the power-cut test can prove that it detects losses.
  kOff,
};

struct SqliteOptions {
  /// Path of the database file, in a writable directory.
  std::string path = {};
  /// 16 hex digits for a new store; an existing one keeps its own.
  std::string new_epoch = {};
  Durability durability = Durability::kFull;
  StoreLimits limits = {};
  /// Number of concurrent reads, at least 1; each holds a connection, further ones wait for one.
  std::size_t readers = 8;
  /// Name of a registered SQLite VFS, for tests; empty for the default one.
  std::string vfs = {};
  /// Receives commits and errors; may be null. Must outlive the store.
  StoreObserver* observer = nullptr;
};

/// A SQLite database in WAL mode. All writes go through one thread, which commits waiting ones
/// together; reads have connections of their own and never wait for it.
///
/// An update is acknowledged when its commit is on disk. When the disk is full or fails, writes
/// return kStoreBroken and change nothing, reads continue, and writes work again once the disk
/// does. The same holds while its files are not at their paths. Only one process at a time may open
/// a file.
///
/// @threads safe from any thread.
class SqliteStore : public Storage {
 public:
  /// Opens the store, creating or migrating the file as needed. Takes time proportional to the
  /// number of rooms: under 5 s for a million.
  ///
  /// @param listener  receives commits; must outlive the store.
  /// @errors kStoreBroken, kStoreBusy: one sentence that names the path. Damage is checked as
  ///         `CheckStoreFile` describes.
  static Result<std::unique_ptr<SqliteStore>> Open(const SqliteOptions& options,
                                                   CommitListener& listener);
  /// No call may be in progress. Checkpoints the write-ahead log.
  ~SqliteStore() override;

  /// Whether the open files are still those at their paths. Otherwise writes are refused, until
  /// they are there again. Waits for the file system.
  /// @errors kStoreBroken, with the file.
  [[nodiscard]] Status CheckFiles() const;

  /// Writes a copy of the store to a new file, which is on disk and has been checked page by page
  /// when this returns. The copy has a history of its own (`RestartHistory`). It is made in steps,
  /// between which writes are made and the write-ahead log is moved; it contains all that was
  /// acknowledged before the call, and what is committed before the last step.
  /// @errors kStoreBroken: the copy could not be written, or is damaged. kStoreBusy. kUnavailable
  ///         when a stop was requested. A partial copy may remain: the caller removes it, and the
  ///         file with its name and `-journal`.
  Status CopyTo(const StoreCopyOptions& options, const std::stop_token& stop = {});
  /// The size of a copy that is made now, in bytes.
  /// @errors kStoreBroken; kStoreBusy.
  Result<std::uint64_t> SizeOfCopy();

  Result<StoredRemovalTime> LoadRemovalTime() override;
  Status BeginRemovals(TimePoint time) override;
  Status Ping() override;

  Store& rooms() override { return rooms_; }
  BanStore& bans() override { return bans_; }
  SessionStore& sessions() override { return sessions_; }
  RecordingStore& recordings() override { return recordings_; }
  DeliveryStore& deliveries() override { return deliveries_; }
  MessageStore& messages() override { return messages_; }
  AccountStore& accounts() override { return accounts_; }
  EndedLoginStore& ended_logins() override { return ended_logins_; }

 private:
  SqliteStore(std::unique_ptr<RoomIndex> index, std::unique_ptr<SqliteWriter> writer,
              std::unique_ptr<ReaderPool> readers,
              std::unique_ptr<GroupCommitter<SqliteWriter>> committer, const SqliteOptions& options,
              std::int64_t last_session);
  Status CopyPages(Database& to, const std::stop_token& stop);

  // Destroyed in reverse: first the thread, which uses all the others; the readers before the
  // writer, so that its connection is the last and leaves a checkpointed file behind.
  const std::unique_ptr<RoomIndex> index_;
  const std::unique_ptr<SqliteWriter> writer_;
  const std::unique_ptr<ReaderPool> readers_;
  const std::unique_ptr<GroupCommitter<SqliteWriter>> committer_;
  const std::unique_ptr<SqliteEngine> engine_;
  SqliteRooms rooms_{*engine_, *committer_, *index_};
  SqliteBans bans_{*engine_};
  SqliteSessions sessions_;
  SqliteRecordings recordings_;
  SqliteDeliveries deliveries_{*engine_};
  SqliteMessages messages_{*engine_};
  SqliteAccounts accounts_{*engine_};
  SqliteEndedLogins ended_logins_{*engine_};
};

}  // namespace rtcroom
