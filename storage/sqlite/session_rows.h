// Mapping between sessions and rows.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/session_store.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {

class Database;

/// The statements that write them; the methods are those of `SessionStore`.
///
/// @threads one thread at a time, with its connection.
class SessionWriter {
 public:
  Status Prepare(Database& database);

  Result<std::uint64_t> Put(const Session& session);
  /// A failure may leave some removed: roll back then.
  Status Remove(std::span<const Session> sessions);
  /// A failure may leave some updated: roll back then.
  Status RecordUses(std::span<const Session> sessions);
  Result<std::size_t> RemoveUnused(TimePoint unused_until, std::size_t limit);

 private:
  Statement put_;
  Statement remove_;
  Statement record_use_;
  Statement remove_unused_;
  std::uint64_t last_number_ = 0;  ///< highest that was given
};

/// The statements that read them.
///
/// @threads one thread at a time, with its connection.
class SessionReader {
 public:
  Status Prepare(Database& database);

  Result<std::vector<Session>> Load(TimePoint unused_until, std::size_t limit);

 private:
  Statement load_;
};

}  // namespace rtcroom
