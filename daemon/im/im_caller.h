// Calls the IM service, and says in the log how that goes.
#pragma once

#include <array>
#include <chrono>
#include <functional>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/core/ids.h"
#include "daemon/im/im_call_budget.h"
#include "daemon/im/im_observer.h"
#include "daemon/im/im_service.h"

namespace rtcroom {

/// Every call goes through here, so that an outage is one line in the log when it
/// begins and one when it ends, however many calls fail.
///
/// @threads safe from any thread.
class ImCaller {
 public:
  /// So many calls in a row without an answer are an outage.
  static constexpr int kOutage = 3;
  /// It is over, as is any other trouble, when so many are answered in a row, for so long, ...
  static constexpr int kAnswersAfterOutage = 5;
  static constexpr std::chrono::seconds kRecoveredAfter{1};
  /// ... or when one is and the last failure was so long ago.
  static constexpr std::chrono::seconds kFailureExpiry{10};

  /// @param on_recovered  called when an outage is over, by the thread whose call was answered.
  ImCaller(ImService& service, ImCallBudget& budget, const Clock& clock, ImObserver& observer,
           Logger& logger, std::function<void()> on_recovered);

  /// Makes one call, which has been taken out of the budget. Blocks for `timeout` at most.
  ImOutcome Call(GroupCommand command, const RoomId& group, std::chrono::milliseconds timeout)
      EXCLUDES(mutex_);

  /// Whether an outage goes on.
  [[nodiscard]] bool is_unreachable() EXCLUDES(mutex_);

  /// Whether the service is at work, although it may not do what it is asked for.
  static bool IsAnswer(ImOutcome outcome);

  ImCallBudget& budget() { return budget_; }

 private:
  /// What is different since the call before.
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
  ImObserver& observer_;
  Logger& logger_;
  const std::function<void()> on_recovered_;
  Mutex mutex_;
  int unanswered_ GUARDED_BY(mutex_) = 0;  ///< in a row
  int answered_ GUARDED_BY(mutex_) = 0;    ///< since the last failure, up to kAnswersAfterOutage
  MonotonicTime failed_at_ GUARDED_BY(mutex_){};
  bool unreachable_ GUARDED_BY(mutex_) = false;
  bool misconfigured_ GUARDED_BY(mutex_) = false;
  bool quota_used_up_ GUARDED_BY(mutex_) = false;
  /// The last answer to a command was that it is refused.
  std::array<bool, kGroupCommandCount> refused_ GUARDED_BY(mutex_) = {};
};

}  // namespace rtcroom
