// The store as it is at one moment, for a node that begins.
#pragma once

#include <span>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "storage/postgres/pg_connection.h"

namespace rtcroom {

/// A transaction that only reads, on a connection of its own: all its statements see what was
/// committed before the first one, and nothing later. The destructor ends it.
///
/// @threads one thread at a time.
class PgSnapshot {
 public:
  /// @param statements  must outlive it, as must `clock`.
  PgSnapshot(const PgAddress& address, std::span<const PgStatement> statements, const Clock& clock)
      : connection_(address, {.statements = statements}, clock) {}

  /// Connects and begins. Call it first.
  /// @errors kStoreBusy; kStoreBroken.
  Status Begin(MonotonicTime deadline);

  /// An error of the connection ends the snapshot.
  [[nodiscard]] PgConnection& connection() { return connection_; }

 private:
  PgConnection connection_;
};

}  // namespace rtcroom
