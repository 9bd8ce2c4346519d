// The periodic tasks of one life of the server.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "daemon/admin/metrics.h"
#include "daemon/auth/session_service.h"
#include "daemon/base/periodic_task.h"
#include "daemon/base/result.h"
#include "daemon/config/config.h"
#include "daemon/core/event_trimmer.h"
#include "daemon/core/group_reaper.h"
#include "daemon/core/heartbeat_reaper.h"
#include "daemon/core/room_service.h"
#include "daemon/core/viewer_reaper.h"
#include "daemon/process/runtime.h"
#include "daemon/process/store_module.h"
#include "daemon/process/watchdog.h"

namespace rtcroom {

/// All of it outlives the module.
struct UpkeepModuleDeps {
  StoreModule& store;  ///< open
  RoomService& rooms;
  MediaWitness media{};
  ViewerPresence is_present = [](const RoomKey&, std::uint64_t, const UserId&) { return false; };
  /// `GroupReaper::Deps` describes it.
  std::function<bool(std::uint64_t)> is_group_used = [](std::uint64_t) { return false; };
  SessionService& sessions;
  Metrics& metrics;
  Runtime& runtime;
};

/// Evicts silent pushers and viewers, ends groups without anybody, removes old events, messages,
/// bans, revocations, ends of logins and sessions, checks that the files of the store are at their
/// paths, and records its newest position; from construction to `Stop`.
///
/// @threads for one thread.
class UpkeepModule {
 public:
  UpkeepModule(const Config& config, const UpkeepModuleDeps& deps);

  /// No member is evicted afterwards.
  void Stop();

  /// The probes of the reaper, and of the store's writer, to which the upkeep writes continually.
  /// They answer until `Stop`.
  [[nodiscard]] std::vector<LivenessProbe> LivenessProbes();

 private:
  void OnSweep(const SweepOutcome& outcome);
  void OnStall();
  void RunUpkeep(const std::stop_token& stop);
  void AdvanceRemovals(bool removes);
  /// Logs a failure.
  void Warn(std::string_view event, const Status& status);
  /// Each node removes bans, revocations and ends of logins that have ended from its memory; the
  /// node with the duty also removes the rows.
  void RemoveEnded(bool has_duty);
  /// Repeats a step that returns whether it has left some work; a bounded number of times.
  Status Repeat(const std::function<Result<bool>()>& step);
  /// Repeats a removal of at most `most`, as often.
  Status RepeatRemoval(std::size_t most, const std::function<Result<std::size_t>()>& remove);
  void MaintainSessions();
  void RemoveExpiredSessions();
  void TrimAccounts();
  void TrimMessages();
  void RemoveLeftBeats();

  const UpkeepModuleDeps deps_;
  const std::chrono::milliseconds sweep_period_;
  const std::chrono::milliseconds beats_kept_;
  const std::chrono::milliseconds history_;
  const std::uint64_t max_messages_;
  const std::uint64_t max_message_bytes_;
  HeartbeatReaper reaper_;
  ViewerReaper viewer_reaper_;
  GroupReaper group_reaper_;
  EventTrimmer trimmer_;
  bool removed_ = false;           ///< rows, in the round before
  MonotonicTime left_beats_at_{};  ///< time of the next removal
  MonotonicTime accounts_at_{};    ///< time of the next removal
  LoopHeartbeat reaper_heartbeat_;
  LoopHeartbeat upkeep_heartbeat_;
  std::optional<PeriodicTask> reaping_;
  std::optional<PeriodicTask> trimming_;
  std::optional<PeriodicTask> marking_;
};

}  // namespace rtcroom
