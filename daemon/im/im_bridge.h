// The bridge between committed events and the groups of the IM service.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <thread>

#include "daemon/base/logger.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/im_groups.h"
#include "daemon/core/position_store.h"
#include "daemon/im/group_maker.h"
#include "daemon/im/im_caller.h"
#include "daemon/im/im_dispatcher.h"
#include "daemon/im/im_event_reader.h"
#include "daemon/im/shared_deliveries.h"

namespace rtcroom {

struct ImBridgeOptions {
  NotifyVia notify_via = NotifyVia::kAuto;
  DeliveryLimits limits{};
  ImDispatcherOptions dispatcher{};
  GroupMakerOptions maker{};
};

/// What the bridge works with; all of it outlives the bridge.
struct ImBridgeParts {
  Store& store;
  GroupTaskStore& tasks;
  PositionStore& positions;
  ImService& service;
  ImCallBudget& budget;
  CommitSignal& commits;  ///< of `store`; the bridge is its only reader
  const Clock& clock;
  RandomSource& random;
  ImObserver& observer;
  Logger& logger;
};

/// Makes groups before their rooms, and afterwards sends what events ask for: at least once, in
/// order for each group, never for what is not committed. A dead IM service delays that, and
/// loses none of it while the store retains the events.
///
/// Threads: one that decides (waits for commits, and reads and writes the store), 16 lanes (the
/// store, the IM service), 16 callers that make groups (the IM service, commits of the store).
///
/// @threads `MakeGroup`, `FinishGroup` and the figures from any thread; the rest for one.
/// @source protocol A.8, D.7, F.2, F.3.
class ImBridge : public ImGroups {
 public:
  ImBridge(const ImBridgeParts& parts, const ImBridgeOptions& options);
  /// As `Stop` without patience; then waits for every call under way. The store is still needed.
  ~ImBridge() override;

  /// Takes up what a run before has left, and begins. To be called once, before there are requests:
  /// the first time ever, what happened before does not concern it.
  /// @errors kStoreBusy; kStoreBroken.
  Status Start();

  /// At most one at a time for an id: not before `FinishGroup` of the last one.
  void MakeGroup(const RoomId& room_id, IdOrigin origin, MonotonicTime deadline,
                 Done done) override {
    maker_.Make(room_id, origin, deadline, std::move(done));
  }
  void FinishGroup(const RoomId& room_id, GroupFate fate) override { maker_.Finish(room_id, fate); }

  /// No new call is made, and whoever waits for a group is told kUnavailable. Waits `patience` at
  /// most for the calls under way, then saves the position. May be called again.
  void Stop(std::chrono::milliseconds patience);

  /// How many groups are owed something, or are being made.
  [[nodiscard]] std::size_t owed_groups();
  /// How many tasks the store keeps.
  [[nodiscard]] std::size_t stored_tasks();
  /// How many positions lie between the newest event and the oldest that needs something still;
  /// nothing when the store does not answer.
  [[nodiscard]] std::optional<std::uint64_t> lag() { return reader_.Lag(); }

 private:
  void Run(const std::stop_token& stop);

  const Clock& clock_;
  GroupTaskStore& tasks_;
  CommitSignal& commits_;
  SharedDeliveries shared_;
  ImCaller caller_;
  ImEventReader reader_;
  ImDispatcher dispatcher_;
  GroupMaker maker_;
  std::jthread thread_;
};

}  // namespace rtcroom
