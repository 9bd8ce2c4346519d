// Decides what is done next for the groups, and has it done.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/random_source.h"
#include "daemon/core/group_task_store.h"
#include "daemon/core/store.h"
#include "daemon/http_client/call_pool.h"
#include "daemon/im/im_caller.h"
#include "daemon/im/im_event_reader.h"
#include "daemon/im/im_observer.h"
#include "daemon/im/shared_deliveries.h"

namespace rtcroom {

struct ImDispatcherOptions {
  std::size_t lanes = 16;  ///< calls at a time
  std::chrono::milliseconds call_timeout{5000};
  std::chrono::milliseconds save_period{1000};  ///< at most one save of the position in it
  std::chrono::milliseconds store_pause{1000};  ///< after the store failed to be read
};

/// One round reads what is new, hands out what is due as far as lanes and the budget allow, and
/// saves the position. What it hands out is done by lanes, each on a thread of its own.
///
/// @threads `Round`, `Save` and `Stop` are for one at a time; the rest is the lanes'.
class ImDispatcher {
 public:
  /// @param wake  called by a lane that is free again: it is time for a round.
  ImDispatcher(Store& store, GroupTaskStore& tasks, ImEventReader& reader, ImCaller& caller,
               SharedDeliveries& shared, const Clock& clock, RandomSource& random,
               ImObserver& observer, const ImDispatcherOptions& options, Logger& logger,
               std::function<void()> wake);

  /// Never waits for the IM service.
  /// @return when the next one is due, even if nobody wakes it.
  MonotonicTime Round() EXCLUDES(shared_.mutex);

  /// Begins nothing more. What waits for a lane is owed again.
  void Close() { lanes_.Close(); }
  /// Waits for the lanes, `patience` at most, by the real clock.
  void AwaitLanes(std::chrono::milliseconds patience) EXCLUDES(shared_.mutex);
  /// `Close`, and waits for the lanes.
  void Stop() { lanes_.Stop(); }

 private:
  /// @return when something is due that was not handed out; nothing when only a lane that is
  ///         free again can bring that about.
  std::optional<MonotonicTime> HandOut(MonotonicTime now) EXCLUDES(shared_.mutex);
  bool MayBegin(DeliveryStep step, MonotonicTime now) REQUIRES(shared_.mutex);
  std::optional<MonotonicTime> NextDue(MonotonicTime now) REQUIRES(shared_.mutex);

  // On a lane.
  void Deliver(const Delivery& delivery) EXCLUDES(shared_.mutex);
  ImOutcome Perform(const Delivery& delivery) EXCLUDES(shared_.mutex);
  void NoteAnswer() EXCLUDES(shared_.mutex);
  void Finish(const Delivery& delivery, ImOutcome outcome) EXCLUDES(shared_.mutex);
  /// Whether a room of any kind has that id.
  Result<bool> HasRoom(const RoomId& id);

  Store& store_;
  GroupTaskStore& tasks_;
  ImEventReader& reader_;
  ImCaller& caller_;
  SharedDeliveries& shared_;
  const Clock& clock_;
  RandomSource& random_;
  ImObserver& observer_;
  const ImDispatcherOptions options_;
  Logger& logger_;
  const std::function<void()> wake_;
  std::size_t in_flight_ GUARDED_BY(shared_.mutex) = 0;
  std::optional<MonotonicTime> next_save_{};
  CallPool lanes_;
};

}  // namespace rtcroom
