// Bans, and revocations of push URLs, in memory.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/ban_store.h"
#include "storage/memory/memory_engine.h"

namespace rtcroom {

/// @threads safe from any thread.
class MemoryBans : public BanStore {
 public:
  explicit MemoryBans(MemoryEngine& engine) : engine_(engine) {}

  /// Call it with the change of a room, with the lock of the engine held: which one it is, the
  /// analysis does not see.
  void PutWithRoom(const std::optional<Ban>& ban,
                   std::span<const Revocation> revocations) NO_THREAD_SAFETY_ANALYSIS;

  Result<std::vector<Ban>> LoadBans(TimePoint now) override;
  Status PutBan(const Ban& ban) override;
  Status RemoveEndedBans(TimePoint now) override;
  Result<std::vector<Revocation>> LoadRevocations(TimePoint now) override;
  Status RemoveEndedRevocations(TimePoint now) override;

 private:
  MemoryEngine& engine_;
  std::map<std::pair<RoomKey, UserId>, TimePoint> bans_ GUARDED_BY(engine_.mutex);
  std::map<std::string, TimePoint> revocations_ GUARDED_BY(engine_.mutex);  ///< ends by stream
};

}  // namespace rtcroom
