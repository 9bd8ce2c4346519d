// Sessions in SQLite.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "daemon/core/session_store.h"

namespace rtcroom {

class SqliteEngine;

/// @threads safe from any thread.
class SqliteSessions : public SessionStore {
 public:
  explicit SqliteSessions(SqliteEngine& engine) : engine_(engine) {}

  Result<std::vector<Session>> LoadSessions(TimePoint unused_until, std::size_t limit) override;
  Result<std::uint64_t> PutSession(const Session& session) override;
  Status RemoveSessions(std::span<const Session> sessions) override;
  Status RecordSessionUses(std::span<const Session> sessions) override;
  Result<std::size_t> RemoveUnusedSessions(TimePoint as_of, TimePoint unused_until,
                                           std::size_t limit) override;

 private:
  SqliteEngine& engine_;
};

}  // namespace rtcroom
