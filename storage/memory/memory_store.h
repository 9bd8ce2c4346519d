// A store in memory.
#pragma once

#include <string>
#include <utility>

#include "daemon/core/commit_listener.h"
#include "storage/memory/memory_accounts.h"
#include "storage/memory/memory_bans.h"
#include "storage/memory/memory_deliveries.h"
#include "storage/memory/memory_ended_logins.h"
#include "storage/memory/memory_engine.h"
#include "storage/memory/memory_messages.h"
#include "storage/memory/memory_recordings.h"
#include "storage/memory/memory_rooms.h"
#include "storage/memory/memory_sessions.h"
#include "storage/storage.h"

namespace rtcroom {

/// Fulfils the contract of `Storage` except durability: a restart begins empty.
///
/// @threads safe from any thread.
class MemoryStore : public Storage {
 public:
  /// @param epoch     16 hex digits, drawn anew for each store.
  /// @param listener  receives commits; must outlive the store.
  MemoryStore(StoreLimits limits, std::string epoch, CommitListener& listener)
      : engine_(listener),
        recordings_(engine_, limits.max_recordings),
        messages_(engine_, limits.max_room_messages),
        rooms_(engine_, limits.max_rooms, std::move(epoch),
               {.bans = bans_,
                .deliveries = deliveries_,
                .messages = messages_,
                .accounts = accounts_}) {}

  // No process opens it again.
  Result<StoredRemovalTime> LoadRemovalTime() override {
    const MutexLock lock(engine_.mutex);
    return StoredRemovalTime{.mark = engine_.removal};
  }
  Status BeginRemovals(TimePoint time) override {
    const MutexLock lock(engine_.mutex);
    engine_.removal = engine_.removal.value_or(time);
    return {};
  }
  Status Ping() override { return {}; }

  Store& rooms() override { return rooms_; }
  BanStore& bans() override { return bans_; }
  SessionStore& sessions() override { return sessions_; }
  RecordingStore& recordings() override { return recordings_; }
  DeliveryStore& deliveries() override { return deliveries_; }
  MessageStore& messages() override { return messages_; }
  AccountStore& accounts() override { return accounts_; }
  EndedLoginStore& ended_logins() override { return ended_logins_; }

 private:
  MemoryEngine engine_;
  MemoryBans bans_{engine_};
  MemorySessions sessions_{engine_};
  MemoryRecordings recordings_;
  MemoryDeliveries deliveries_{engine_};
  MemoryMessages messages_;
  MemoryAccounts accounts_{engine_};
  MemoryEndedLogins ended_logins_{engine_};
  MemoryRooms rooms_;
};

}  // namespace rtcroom
