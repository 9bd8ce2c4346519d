// Makes the groups that create_room waits for.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string_view>
#include <unordered_map>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/random_source.h"
#include "daemon/config/config_types.h"
#include "daemon/core/group_task_store.h"
#include "daemon/core/im_groups.h"
#include "daemon/http_client/call_pool.h"
#include "daemon/im/im_caller.h"
#include "daemon/im/shared_deliveries.h"

namespace rtcroom {

struct GroupMakerOptions {
  OnCreateFailure on_failure = OnCreateFailure::kReject;
  std::size_t callers = 16;
  std::size_t max_waiting = 256;             ///< rooms to come for which no caller is free
  std::chrono::milliseconds max_wait{5000};  ///< for a caller, as `CallPoolOptions`
  std::chrono::milliseconds max_wait_to_degrade{2000};  ///< the same with kDegrade
  int max_tries = 3;  ///< with kDegrade, one while the service cannot be reached
  std::chrono::milliseconds call_timeout{5000};
  std::chrono::milliseconds first_pause{250};  ///< at most, before the second try; then doubled
  std::size_t max_tasks = 100'000;             ///< past it no group is made
};

/// `ImGroups`, on callers of its own.
///
/// With kDegrade whoever finds no caller, or no time, is told at once that the group is made later.
///
/// Of a generated id the intent is stored before the service is asked, so that whatever a crash
/// leaves behind is found and destroyed.
///
/// @threads safe from any thread. One id at a time: `Make` of an id only after `Finish` of the
///          last one.
/// @source protocol F.2, D.7.
class GroupMaker {
 public:
  /// @param wake  called when there is something new to deliver.
  GroupMaker(SharedDeliveries& shared, ImCaller& caller, GroupTaskStore& tasks, const Clock& clock,
             RandomSource& random, const GroupMakerOptions& options, Logger& logger,
             std::function<void()> wake);

  /// As `ImGroups::MakeGroup`.
  void Make(const RoomId& room_id, IdOrigin origin, MonotonicTime deadline, ImGroups::Done done)
      EXCLUDES(shared_.mutex);
  /// As `ImGroups::FinishGroup`.
  void Finish(const RoomId& room_id, GroupFate fate) EXCLUDES(shared_.mutex);

  /// Turns away who waits for a caller, and everybody after. Those that wait for anything else
  /// look at `SharedDeliveries::stopping`.
  void Close() { callers_.Close(); }
  /// `Close`, and waits for those that are being answered.
  void Stop() { callers_.Stop(); }

 private:
  struct Making {
    IdOrigin origin = IdOrigin::kNamed;
    bool may_exist = false;    ///< the group, by what the service answered or failed to answer
    bool may_be_late = false;  ///< a try was not answered: it may take effect still
    bool degraded = false;     ///< it is still to be made
  };
  /// How asking for a group ended.
  enum class Asked : std::uint8_t { kMade, kTaken, kRefused, kNoAnswer, kStopped };

  bool HasTooManyTasks() EXCLUDES(shared_.mutex);
  /// As `MakeNow`; an exception is kUnavailable.
  Result<GroupReady> MakeOrFail(const RoomId& room_id, IdOrigin origin, MonotonicTime deadline)
      EXCLUDES(shared_.mutex);
  Result<GroupReady> MakeNow(const RoomId& room_id, IdOrigin origin, MonotonicTime deadline)
      EXCLUDES(shared_.mutex);
  /// The answer to somebody for whom the service was not asked.
  Result<GroupReady> TurnAway(const RoomId& room_id, IdOrigin origin, std::string_view why)
      EXCLUDES(shared_.mutex);
  /// The group, which is held back already, is made once its room is stored.
  GroupReady DegradeLocked(const RoomId& room_id) REQUIRES(shared_.mutex);
  /// Holds the group back, and waits until nobody is at work on it.
  /// @return false when `deadline` comes first, or the process stops.
  bool AwaitTurn(const RoomId& room_id, IdOrigin origin, MonotonicTime deadline)
      EXCLUDES(shared_.mutex);
  Asked Ask(const RoomId& room_id, MonotonicTime deadline) EXCLUDES(shared_.mutex);
  bool IsStopping() EXCLUDES(shared_.mutex);
  void NoteMade(const RoomId& room_id) EXCLUDES(shared_.mutex);
  void NoteStrangers(const RoomId& room_id) EXCLUDES(shared_.mutex);
  void NoteUnanswered(const RoomId& room_id) EXCLUDES(shared_.mutex);
  /// @return false when `deadline` comes first, or the process stops.
  bool AwaitBudget(MonotonicTime deadline) EXCLUDES(shared_.mutex);
  bool Pause(MonotonicTime::duration pause, MonotonicTime deadline) EXCLUDES(shared_.mutex);
  /// `time` of our clock, on the one that waiting goes by.
  [[nodiscard]] MonotonicTime RealTime(MonotonicTime time) const;
  /// @param tries  how many there were, at least one.
  MonotonicTime::duration PauseBefore(int tries);

  SharedDeliveries& shared_;
  ImCaller& caller_;
  GroupTaskStore& tasks_;
  const Clock& clock_;
  RandomSource& random_;
  const GroupMakerOptions options_;
  Logger& logger_;
  const std::function<void()> wake_;
  std::unordered_map<RoomId, Making> makings_ GUARDED_BY(shared_.mutex);
  CallPool callers_;
};

}  // namespace rtcroom
