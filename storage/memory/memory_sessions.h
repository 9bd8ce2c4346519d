// Sessions in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "daemon/core/session_store.h"
#include "storage/memory/memory_engine.h"

namespace rtcroom {

/// @threads safe from any thread.
class MemorySessions : public SessionStore {
 public:
  explicit MemorySessions(MemoryEngine& engine) : engine_(engine) {}

  Result<std::vector<Session>> LoadSessions(TimePoint unused_until, std::size_t limit) override;
  Result<std::uint64_t> PutSession(const Session& session) override;
  Status RemoveSessions(std::span<const Session> sessions) override;
  Status RecordSessionUses(std::span<const Session> sessions) override;
  Result<std::size_t> RemoveUnusedSessions(TimePoint as_of, TimePoint unused_until,
                                           std::size_t limit) override;

 private:
  MemoryEngine& engine_;
  std::map<UserId, Session> sessions_ GUARDED_BY(engine_.mutex);
  std::uint64_t last_number_ GUARDED_BY(engine_.mutex) = 0;  ///< of the newest login
};

}  // namespace rtcroom
