// A store in a PostgreSQL database, for several machines.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/secret.h"
#include "daemon/core/commit_listener.h"
#include "daemon/core/store_observer.h"
#include "storage/postgres/pg_accounts.h"
#include "storage/postgres/pg_address.h"
#include "storage/postgres/pg_bans.h"
#include "storage/postgres/pg_deliveries.h"
#include "storage/postgres/pg_ended_logins.h"
#include "storage/postgres/pg_engine.h"
#include "storage/postgres/pg_messages.h"
#include "storage/postgres/pg_new_types.h"
#include "storage/postgres/pg_notices.h"
#include "storage/postgres/pg_reconnector.h"
#include "storage/postgres/pg_recordings.h"
#include "storage/postgres/pg_rooms.h"
#include "storage/postgres/pg_sessions.h"
#include "storage/storage.h"

namespace rtcroom {

class PgFollower;
class PgHistory;
class PgLog;
class PgRoomLoader;
class PgWriter;

struct PgOptions {
  Secret url{};  ///< a connection string of libpq
  /// The `known` of `PgAddress::Parse`, for stores that are opened one after the other.
  PgReportedHost* known_host = nullptr;
  /// 16 hex digits for a new store; an existing one keeps its own.
  std::string new_epoch = {};
  /// The number of this process among those that use the store; drawn at random, at most 2^31 - 1.
  std::uint64_t node = 0;
  StoreLimits limits = {};
  /// Connections for reads, at least 1; further reads wait for one.
  std::size_t readers = 2;
  StoreObserver* observer = nullptr;  ///< may be null
  /// No call waits longer for the database; where the answer to a commit was lost, twice as long.
  std::chrono::milliseconds patience = kLongestStoreRead;
  RandomSource* random = nullptr;  ///< must outlive the store; never null
  std::chrono::milliseconds reconnect_pause = PgPace().pause;  ///< pause of each connection
  /// Calls fail at once after so long without a connection.
  std::chrono::milliseconds give_up = PgPace().give_up;
  /// Called once if what is in memory cannot follow the history of the database any more
  /// (`PgHistory`). From then on writes fail: the process is to begin anew.
  std::function<void()> on_history_lost = {};
  /// Asked while it waits until `Begin` (`PgConnection::StopWhen`).
  std::function<bool()> is_stopping = {};
  std::span<const PgNewType> new_types = kPgNewTypes;
};

/// An implementation of `Storage` on PostgreSQL 15 or newer.
///
/// An acknowledged change is on the disk of the primary, and of its synchronous standby if there is
/// one; so is what the listener receives, and all that is read to be sent to others (`ReadEvents`,
/// `Scan`, `Newest`, deliveries, messages in their order). Other reads may show a change a moment
/// earlier. All waits for the database are bounded: after a few seconds a call fails with
/// kStoreBusy, and at once while there has been no connection for some seconds; with
/// kOutcomeUnknown where it is unknown whether the change was committed.
///
/// @threads every method is safe from any thread.
class PgStore : public Storage {
 public:
  /// Connects, creates the tables or brings them up to date, and reads the order of the rooms.
  /// Reads are of the same moment until `Begin`; writes are for after it.
  ///
  /// @param listener  receives the commits of all stores on this database, those of others soon
  ///                  after; must outlive the store, as must `clock`.
  /// @errors kStoreBroken, kStoreBusy: one sentence without a password.
  static Result<std::unique_ptr<PgStore>> Open(const PgOptions& options, CommitListener& listener,
                                               const Clock& clock);
  /// No call may be in progress.
  ~PgStore() override;

  /// Other connections of the process use it: all of them find a host that takes connections, and
  /// leave one that is the primary no more.
  [[nodiscard]] const PgAddress& address() const { return address_; }

  void Begin() override;

  /// Whether a host has all that this store has applied, as other connections of the process ask
  /// (`PgReaderPool::Options`).
  [[nodiscard]] Result<bool> Holds(PgConnection& connection, MonotonicTime deadline) const;

  /// Position of the newest record that this process has applied.
  [[nodiscard]] std::uint64_t applied() const;

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
  AccountLoginLog* account_logins() override { return &ended_logins_; }
  NoticeLog* notices() override { return &notices_; }
  CommitFollower* follower() override;

 private:
  struct Parts;
  PgStore(const PgAddress& address, const PgOptions& options, const Clock& clock, Parts parts);

  const PgAddress address_;
  const StoreLimits limits_;
  // Destroyed in reverse: first the threads, which use the others.
  const std::unique_ptr<RoomIndex> index_;
  const std::unique_ptr<PgLog> log_;
  const std::unique_ptr<PgHistory> history_;
  const std::unique_ptr<PgReaderPool> readers_;
  const std::unique_ptr<PgRoomLoader> loader_;
  const std::unique_ptr<PgFollower> follower_;
  const std::unique_ptr<PgWriter> writer_;
  const std::unique_ptr<GroupCommitter<PgWriter>> committer_;
  PgEngine engine_;
  PgRooms rooms_{engine_, *readers_, *loader_, *index_};
  PgBans bans_{engine_};
  PgSessions sessions_{engine_, *log_};
  PgRecordings recordings_{engine_, limits_.max_recordings};
  PgDeliveries deliveries_{engine_};
  PgMessages messages_{engine_, limits_.max_room_messages};
  PgAccounts accounts_{engine_};
  PgEndedLogins ended_logins_{engine_};
  PgNotices notices_{engine_, *log_};
};

}  // namespace rtcroom
