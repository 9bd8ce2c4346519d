// Tells operators how the database of a shared store is copied.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/core/store_replication.h"

namespace rtcroom {

/// Logs when the synchronous standby of the database is lost or back, and when two machines take
/// writes, or one does that another has replaced.
///
/// @threads one thread at a time.
class ReplicationWatch {
 public:
  /// How often to call `Watch`.
  static constexpr std::chrono::milliseconds kTick{1000};
  /// Between two questions, unless a commit is late.
  static constexpr std::chrono::seconds kPeriod{10};

  /// Whether a database that commits without a standby is worth a warning.
  enum class Asynchronous : std::uint8_t { kWarned, kAccepted };

  /// All of it must outlive this.
  ReplicationWatch(ReplicationSource& source, Asynchronous asynchronous, ReplicationState& state,
                   const Clock& clock, Logger& logger)
      : source_(source),
        asynchronous_(asynchronous),
        state_(state),
        clock_(clock),
        logger_(logger) {}

  void Watch(const std::stop_token& stop);

 private:
  void LogStandby(const StoreReplication& seen);
  void LogPrimaries(const StoreReplication& seen);

  ReplicationSource& source_;
  const Asynchronous asynchronous_;
  ReplicationState& state_;
  const Clock& clock_;
  Logger& logger_;
  std::optional<MonotonicTime> asked_at_{};
  StorePrimary newest_{};      ///< newest of all that were seen
  std::string without_{};      ///< what was logged of a missing standby
  std::string conflicting_{};  ///< the machines that were logged
};

}  // namespace rtcroom
