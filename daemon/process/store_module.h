// The store of one life of the server, and the state in memory that follows it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "daemon/admin/room_counters.h"
#include "daemon/auth/signed_stream_urls.h"
#include "daemon/base/periodic_task.h"
#include "daemon/base/result.h"
#include "daemon/base/system_clock.h"
#include "daemon/config/config.h"
#include "daemon/core/account_validities.h"
#include "daemon/core/ban_list.h"
#include "daemon/core/cluster.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/created_groups.h"
#include "daemon/core/ended_login_list.h"
#include "daemon/core/heard_logins.h"
#include "daemon/core/inactive_rooms.h"
#include "daemon/core/lease_table.h"
#include "daemon/core/media_signs.h"
#include "daemon/core/mix_feed.h"
#include "daemon/core/node_lease.h"
#include "daemon/core/node_renewal.h"
#include "daemon/core/removal_clock.h"
#include "daemon/core/replication_watch.h"
#include "daemon/core/revocation_list.h"
#include "daemon/core/room_quota.h"
#include "daemon/core/seated_users.h"
#include "daemon/core/store_observer.h"
#include "daemon/core/store_replication.h"
#include "daemon/core/stream_claims.h"
#include "daemon/core/viewer_leases.h"
#include "daemon/process/data_directory.h"
#include "daemon/process/position_mark.h"
#include "daemon/process/runtime.h"
#include "daemon/process/store_backup.h"
#include "daemon/process/store_factory.h"
#include "storage/sqlite/sqlite_store.h"
#include "storage/storage.h"

namespace rtcroom {

class PgReportedHost;

/// The times after which viewers lapse: with the message channel after `room.audience_timeout`,
/// since their polls come here; never where callbacks of an IM service tell of their leaving;
/// otherwise after `room.audience_ttl`.
ViewerLeaseOptions ViewerLeaseOptionsOf(const Config& config);

/// Facts on the stored rooms that are held in memory. Outlives the store.
///
/// @threads safe from any thread.
struct RoomState {
  RoomState(const Config& config, Runtime& runtime)
      : leases(runtime.clock, config.room.heartbeat_timeout,
               config.liveness.policy == LivenessPolicy::kStream
                   ? LeaseTable::RenewedBy::kDeferral
                   : LeaseTable::RenewedBy::kHeartbeats),
        viewers(runtime.clock, ViewerLeaseOptionsOf(config)),
        inactive(runtime.clock, config.room.inactive_ttl),
        created(runtime.clock, config.channel.created_idle),
        stream_names({.bizid = config.live.bizid}),
        mixes(config.mix.max, stream_names),
        bans(runtime.clock, stream_names),
        quota(runtime.random),
        channel_logins(config.channel.enabled) {}

  LeaseTable leases;
  ViewerLeases viewers;
  InactiveRooms inactive;
  CreatedGroups created;
  RoomCounters counters{};
  SeatedUsers seated{};
  const SignedStreamUrls stream_names;  ///< signs nothing
  StreamClaims claims{stream_names};
  MixFeed mixes;
  BanList bans;
  RevocationList revocations;
  EndedLoginList ended_logins;
  AccountValidities validities;
  RoomQuota quota;
  DeliverySignal enqueued{DeliverySignal::To::kIm};
  DeliverySignal trtc_enqueued{DeliverySignal::To::kTrtc};
  CommitRelay web_commits{};
  CommitSignal watch_commits{};
  CommitSignal console_commits{};
  HeardLogins channel_logins;
  ChannelSignal channel_commits{};
  // Revocations first: with a removal in `claims` streams are dropped, for the reason then known.
  CommitFanOut commits{{&leases,         &viewers,         &inactive,      &created,
                        &counters,       &seated,          &bans,          &revocations,
                        &ended_logins,   &validities,      &claims,        &mixes,
                        &web_commits,    &quota,           &watch_commits, &console_commits,
                        &channel_logins, &channel_commits, &enqueued,      &trtc_enqueued}};
};

/// @threads for one thread, except for the store and the state; `MakeBackup` for one at a time.
class StoreModule {
 public:
  StoreModule(const Config& config, Runtime& runtime);

  /// Creates and locks the data directory, and removes leftover backups. Call it first.
  /// @errors one sentence for the operator.
  Status OpenDirectory();
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_->path(); }
  /// Size of the write-ahead log of a store in a file; 0 when there is none.
  [[nodiscard]] std::uint64_t LogBytes() const;

  /// How the store is opened.
  struct Opening {
    std::string config_hash = {};  ///< hash for the other nodes on a shared store
    /// `PgOptions` describes these.
    std::function<void()> on_history_lost = {};
    std::function<bool()> is_stopping = {};
    PgReportedHost* known_host = nullptr;
  };
  /// Opens the store, and takes this node's place among those on it.
  /// @errors one sentence for the operator. kStoreBusy when a database cannot be reached, or this
  ///         machine's clock is wrong: it may be called again.
  Status Open(StoreObserver& observer, Opening opening);
  /// Restores the state of the open store. Logs when acknowledged events are missing.
  /// @errors one sentence for the operator.
  Status Restore();
  /// Every use of the store has ended.
  void Close();

  [[nodiscard]] Storage& storage() { return *storage_; }
  /// Whether other servers may use the open store.
  [[nodiscard]] bool IsShared() const { return storage_->follower() != nullptr; }
  /// The nodes on the open store.
  [[nodiscard]] Cluster& cluster() { return *cluster_; }
  [[nodiscard]] const NodeLease& lease() const { return lease_; }
  /// The other nodes are told from now until `Close` what is known of media.
  void ShareMedia(SeatSigns& signs) {
    if (renewal_) renewal_->ShareMedia(signs);
  }
  /// The state of the database's machines; a store of one process lacks nothing.
  [[nodiscard]] const ReplicationState& replication() const { return replication_state_; }
  /// Whether a node of a shared store is not cut off from it, or for less than that.
  /// @errors kUnavailable, with the reason.
  [[nodiscard]] Status CheckContact(std::chrono::seconds without) const;
  [[nodiscard]] RoomState& state() { return state_; }
  /// The clock by which stored data is removed. It begins with `Restore`.
  [[nodiscard]] RemovalClock& removal() { return removal_; }
  /// Dates what is stored.
  [[nodiscard]] const DatingClock& dates() const { return dates_; }

  Result<std::string> MakeBackup(const std::stop_token& stop);

  /// Whether the store is a file, beside which the newest position is recorded.
  [[nodiscard]] bool has_mark() const { return mark_.has_value(); }
  /// It may be called only with a mark.
  void RecordNewest();
  /// Logs when the files of a store in a file are no longer those at their paths: nothing can be
  /// written then. To be called each second.
  void CheckFiles();

 private:
  Status BeAlone();
  Status TakePlace();
  void WatchReplication(std::unique_ptr<ReplicationSource> replication);
  Status CompareWithMark();
  Status RestoreBans();
  Status RestoreRevocations();
  Status RestoreEndedLogins();
  Status RestoreRooms();
  Status RestoreViewers();

  const StoreConfig config_;
  const StoreLimits limits_;
  Runtime& runtime_;
  RemovalClock removal_;
  const DatingClock dates_;
  const SystemBootClock boot_clock_;
  RoomState state_;
  NodeLease lease_{boot_clock_};
  std::unique_ptr<DataDirectory> directory_;
  std::optional<StoreBackup> backup_;
  std::filesystem::path log_;                              ///< log of a store in a file
  std::unique_ptr<VolatileDirectory> volatile_directory_;  ///< `OpenedStore::directory`
  std::unique_ptr<Storage> storage_;
  SqliteStore* file_store_ = nullptr;  ///< `OpenedStore::file_store`
  std::unique_ptr<Cluster> cluster_;
  std::optional<NodeRenewal> renewal_;    ///< none without a shared store
  std::optional<PeriodicTask> renewing_;  ///< none without a shared store
  ReplicationState replication_state_;
  std::unique_ptr<ReplicationSource> replication_;  ///< null without a shared store
  std::optional<ReplicationWatch> watch_;           ///< none without a shared store
  std::optional<PeriodicTask> watching_;            ///< none without a shared store
  std::optional<PositionMark> mark_;
  bool is_mark_written_ = true;
  bool are_files_there_ = true;
};

}  // namespace rtcroom
