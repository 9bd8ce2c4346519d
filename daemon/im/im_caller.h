// Calls the IM service, and logs its outages.
#pragma once

#include <array>
#include <chrono>
#include <functional>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/base/tally.h"
#include "daemon/core/ids.h"
#include "daemon/im/im_call_budget.h"
#include "daemon/im/im_service.h"

namespace rtcroom {

/// All calls go through here, so an outage logs one line when it begins and one when it ends,
/// however many calls fail.
///
/// @threads safe from any thread.
class ImCaller {
 public:
  /// This many consecutive calls without an answer are an outage.
  static constexpr int kOutage = 3;
  /// An outage, or any other failure, ends after this many consecutive answers over this long ...
  static constexpr int kAnswersAfterOutage = 5;
  static constexpr std::chrono::seconds kRecoveredAfter{1};
  /// ... or with one answer this long after the last failure.
  static constexpr std::chrono::seconds kFailureExpiry{10};

  /// @param made          counts calls as `ImTallies::calls`.
  /// @param on_recovered  called at the end of an outage, on the thread whose call was answered.
  ImCaller(ImService& service, ImCallBudget& budget, const Clock& clock, Tally& made,
           Logger& logger, std::function<void()> on_recovered);

  /// Makes one call, already taken out of the budget. Blocks for `timeout` at most.
  ImOutcome Call(GroupCommand command, const RoomId& group, std::chrono::milliseconds timeout)
      EXCLUDES(mutex_);

  /// Whether there is an outage now.
  [[nodiscard]] bool is_unreachable() EXCLUDES(mutex_);

  /// Whether the service processed the call, even if it refused it.
  static bool IsAnswer(ImOutcome outcome);

  ImCallBudget& budget() { return budget_; }

 private:
  /// Changes of state caused by one call.
  struct Transitions {
    bool unreachable = false;
    bool misconfigured = false;
    bool recovered = false;
    bool quota_used_up = false;
    bool quota_free = false;
    bool refused = false;
  };

  ImAnswer Ask(GroupCommand command, const RoomId& group, std::chrono::milliseconds timeout);
  Transitions Record(GroupCommand command, ImOutcome outcome) EXCLUDES(mutex_);
  void RecordAnswer(GroupCommand command, ImOutcome outcome, MonotonicTime now,
                    Transitions& transitions) REQUIRES(mutex_);
  void RecordFailure(MonotonicTime now) REQUIRES(mutex_);
  void Log(const Transitions& transitions, GroupCommand command, const RoomId& group,
           const ImAnswer& answer);

  ImService& service_;
  ImCallBudget& budget_;
  const Clock& clock_;
  Tally& made_;
  Logger& logger_;
  const std::function<void()> on_recovered_;
  Mutex mutex_;
  int unanswered_ GUARDED_BY(mutex_) = 0;  ///< in a row
  int answered_ GUARDED_BY(mutex_) = 0;    ///< since the last failure, up to kAnswersAfterOutage
  MonotonicTime failed_at_ GUARDED_BY(mutex_){};
  bool unreachable_ GUARDED_BY(mutex_) = false;
  bool misconfigured_ GUARDED_BY(mutex_) = false;
  bool quota_used_up_ GUARDED_BY(mutex_) = false;
  /// Whether the last answer to a command was a refusal.
  std::array<bool, kGroupCommandCount> refused_ GUARDED_BY(mutex_) = {};
};

}  // namespace rtcroom
