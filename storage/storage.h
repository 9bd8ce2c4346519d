// Everything that one database stores.
#pragma once

#include "daemon/core/account_login.h"
#include "daemon/core/account_store.h"
#include "daemon/core/ban_store.h"
#include "daemon/core/commit_follower.h"
#include "daemon/core/delivery_store.h"
#include "daemon/core/ended_login_store.h"
#include "daemon/core/message_store.h"
#include "daemon/core/notice_log.h"
#include "daemon/core/recording_store.h"
#include "daemon/core/removal_clock.h"
#include "daemon/core/session_store.h"
#include "daemon/core/store.h"

namespace rtcroom {

/// The kinds of rows: each user takes only the interface that it needs.
///
/// @threads safe from any thread.
class Storage {
 public:
  virtual ~Storage() = default;

  /// The state in memory is restored: from here on listeners receive commits. Until then a shared
  /// store is read as it was when it was opened, by one thread at a time, and not written. Call it
  /// once.
  virtual void Begin() {}

  /// How far removals have come.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<StoredRemovalTime> LoadRemovalTime() = 0;
  /// Stores the first mark; where there is one, it stays.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status BeginRemovals(TimePoint time) = 0;

  /// Whether the store accepts writes: makes one, and returns when it is confirmed. After a read
  /// that had no connection to it, it reads as well. A store on the disk of this machine writes at
  /// least as much as a joining pusher, and requires that the previous commit did not fail.
  /// @errors kStoreBusy; kStoreBroken; kOutcomeUnknown.
  virtual Status Ping() = 0;

  virtual Store& rooms() = 0;
  virtual BanStore& bans() = 0;
  virtual SessionStore& sessions() = 0;
  virtual RecordingStore& recordings() = 0;
  virtual DeliveryStore& deliveries() = 0;
  virtual MessageStore& messages() = 0;
  virtual AccountStore& accounts() = 0;
  virtual EndedLoginStore& ended_logins() = 0;

  // These are null where only one server uses the store: listeners receive a commit before it is
  // acknowledged. Where others use the same data at the same time, calls wait for a network, and
  // what fails here with kStoreBusy may work at another server.
  virtual AccountLoginLog* account_logins() { return nullptr; }
  virtual NoticeLog* notices() { return nullptr; }
  virtual CommitFollower* follower() { return nullptr; }
};

}  // namespace rtcroom
