// Finds pushers whose phones fell silent and rooms for which nobody came, and ends what they hold.
#pragma once

#include <chrono>
#include <cstddef>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/core/inactive_rooms.h"
#include "daemon/core/lease_table.h"
#include "daemon/core/room_service.h"

namespace rtcroom {

struct ReaperOptions {
  std::chrono::milliseconds sweep_period{5000};
  std::size_t batch = 500;              ///< evictions that share one commit
  std::size_t most_per_sweep = 50'000;  ///< bounds what one sweep takes from the requests
};

/// What one sweep did.
struct SweepOutcome {
  ExpiryOutcome expiry{};
  bool behind = false;  ///< leases that have run out were left for the next sweep
  /// How long the longest overdue lease had been waiting when the sweep began.
  std::chrono::milliseconds lag{0};
};

/// Hears of each sweep; called on the thread that sweeps.
class SweepObserver {
 public:
  virtual ~SweepObserver() = default;
  virtual void OnSweep(const SweepOutcome& outcome) = 0;
  /// The process stood still, and everybody got their time again.
  virtual void OnStall() = 0;
};

/// Works through the leases that ran out, longest overdue first, never through all rooms.
///
/// It is one more client of `RoomService`: an eviction is checked again inside the store's
/// atomic step, so whoever beat, left or came back in between stays.
///
/// @threads for one thread.
/// @source protocol F.4.
class HeartbeatReaper {
 public:
  HeartbeatReaper(RoomService& rooms, LeaseTable& leases, InactiveRooms& inactive,
                  const Clock& clock, ReaperOptions options, SweepObserver& observer,
                  Logger& logger);

  /// How often `Tick` wants to be called.
  [[nodiscard]] std::chrono::milliseconds TickPeriod() const;

  /// Sweeps when a sweep period has passed since the last. When the last tick is so long ago
  /// that the process itself must have stood still (stopped, swapped out, suspended), everybody
  /// gets one full timeout instead: nobody could reach us to beat. The same when a sweep took
  /// longer than its period: what held it up (a stop, a disk that hangs) held up heartbeats too.
  void Tick();

  /// One round of evictions of those who were due by `now`, bounded in number and in time (half a
  /// sweep period).
  /// @param now  read from the clock before, at a moment that is no stall.
  SweepOutcome Sweep(MonotonicTime now);

 private:
  /// Ends rooms for which nobody came, one batch.
  void SweepInactive(MonotonicTime now);
  void GraceAfterStall(MonotonicTime::duration stood_still);
  void ReportBacklog(const SweepOutcome& outcome);

  RoomService& rooms_;
  LeaseTable& leases_;
  InactiveRooms& inactive_;
  const Clock& clock_;
  const ReaperOptions options_;
  SweepObserver& observer_;
  Logger& logger_;
  MonotonicTime last_tick_;
  MonotonicTime last_sweep_;
  bool said_behind_ = false;
};

}  // namespace rtcroom
