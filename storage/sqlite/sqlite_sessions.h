// Sessions in SQLite.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "daemon/core/session_store.h"

namespace rtcroom {

class Database;
class SqliteEngine;

/// @threads safe from any thread.
class SqliteSessions : public SessionStore {
 public:
  /// @param last_number  `LastNumber`.
  SqliteSessions(SqliteEngine& engine, std::int64_t last_number)
      : engine_(engine), last_number_(static_cast<std::uint64_t>(last_number)) {}

  /// The highest number of a stored login.
  static Result<std::int64_t> LastNumber(Database& database);

  Result<std::vector<Session>> LoadSessions(TimePoint unused_until, std::size_t limit) override;
  Result<std::uint64_t> PutSession(const Session& session) override;
  Status RemoveSessions(std::span<const Session> sessions) override;
  Status RecordSessionUses(std::span<const Session> sessions) override;
  Result<std::size_t> RemoveUnusedSessions(TimePoint as_of, TimePoint unused_until,
                                           std::size_t limit) override;

 private:
  SqliteEngine& engine_;
  std::uint64_t last_number_;  ///< highest that was given; of the writer thread
};

}  // namespace rtcroom
