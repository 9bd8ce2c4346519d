// Sends the deliveries of the outbox to the IM service.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "daemon/base/call_pool.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/base/random_source.h"
#include "daemon/core/cluster.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/delivery_claims.h"
#include "daemon/core/delivery_store.h"
#include "daemon/core/im_groups.h"
#include "daemon/core/node_lease.h"
#include "daemon/core/store.h"
#include "daemon/im/delivery_outcomes.h"
#include "daemon/im/group_maker.h"
#include "daemon/im/im_caller.h"
#include "daemon/im/im_figures.h"

namespace rtcroom {

struct ImSenderOptions {
  NotifyVia notify_via = NotifyVia::kAuto;
  RetryLimits retries{};
  GroupMakerOptions maker{};
  std::size_t lanes = 16;  ///< concurrent calls
  std::chrono::milliseconds call_timeout{5000};
  std::chrono::milliseconds store_pause{1000};  ///< after the store failed
  /// After an outage, failed deliveries are retried within this time.
  std::chrono::milliseconds retry_soon_within{1000};
};

/// Dependencies of the sender, which they outlive.
struct ImSenderDeps {
  Store& store;
  DeliveryStore& deliveries;
  ImService& service;
  ImCallBudget& budget;
  CommitSignal& enqueued;  ///< raised when a delivery was enqueued; the sender is its only waiter
  Cluster& cluster;
  const NodeLease& node;  ///< deliveries are sent only while it holds the duty
  const Clock& clock;
  RandomSource& random;
  ImTallies& tallies;
  Logger& logger;
};

/// Creates groups before their rooms, and sends deliveries: at least once, one at a time and in
/// order for each group. Of the nodes that share a store one sends; each creates the groups of its
/// own rooms, and claims a group that it creates or destroys.
///
/// Threads and what they block on: one dispatcher (commits, the store), 16 lanes (the store, the IM
/// service, commits), 16 callers that create groups (the IM service, commits).
///
/// @threads `MakeGroup`, `FinishGroup` and `ReadBacklog` from any thread; the rest for one.
/// @source protocol D.7, F.2, F.3.
class ImSender : public ImGroups {
 public:
  ImSender(const ImSenderDeps& deps, const ImSenderOptions& options);
  /// `Stop` with timeout 0, then waits for every running call. Uses the store.
  ~ImSender() override;

  /// Starts the threads. Call it once, before any request.
  /// @errors kStoreBusy; kStoreBroken.
  Status Start();

  /// Call it for an id only after `FinishGroup` of its previous one.
  void MakeGroup(const RoomId& room_id, IdOrigin origin, MonotonicTime deadline,
                 Done done) override {
    maker_.Make(room_id, origin, deadline, std::move(done));
  }
  void FinishGroup(const RoomId& room_id, GroupOutcome outcome) override {
    maker_.Finish(room_id, outcome);
  }

  /// Makes no new call; waiting requests for a group get kUnavailable. Waits up to `timeout` for
  /// the running calls. May be called again.
  void Stop(std::chrono::milliseconds timeout);

  /// Counts the outbox; zeros when the store fails.
  [[nodiscard]] ImBacklog ReadBacklog();

 private:
  /// The head of the outbox for each kind.
  using Queues = std::array<std::vector<Delivery>, std::size(kDeliveryKinds)>;

  void Run(const std::stop_token& stop);
  /// Hands out the deliveries that are due. Never waits for the IM service.
  /// @return when the next round is due without a signal.
  MonotonicTime Round();
  Status CountPending(MonotonicTime now);
  void RetrySoonIfRecovered(MonotonicTime now);
  Status Load(Queues& queues);
  /// @return when a delivery is due that was not handed out.
  MonotonicTime HandOut(const Queues& queues, MonotonicTime now);
  /// Hands it out if it is due, its group is free, and lanes and budget allow.
  /// @return when to offer it again; `latest` when a lane wakes the sender before that.
  MonotonicTime Offer(const Delivery& delivery, MonotonicTime now, MonotonicTime latest);
  void WriteAgain(MonotonicTime now) EXCLUDES(mutex_);

  // Runs on a lane.
  void Deliver(const Delivery& delivery, GroupCommand command) EXCLUDES(mutex_);
  Resolution Try(const Delivery& delivery, GroupCommand command);
  /// How long a group may be claimed for one call: with the look-up before it, and its outcome.
  [[nodiscard]] std::chrono::milliseconds ClaimTime() const;
  /// It tries what creates or destroys the group, which is claimed.
  Resolution TryClaimed(const Delivery& delivery, GroupCommand command);
  Resolution Send(const Delivery& delivery, GroupCommand command);
  void Write(const Resolution& resolution) EXCLUDES(mutex_);
  /// Ends the claims of the group: the outcome is written.
  void Release(const Delivery& delivery);
  /// `WriteResolution`, with kInternal for an exception.
  Status WriteOrFail(const Resolution& resolution);
  void Report(const Resolution& resolution, GroupCommand command);
  /// Whether a room of any kind has that id.
  Result<bool> HasRoom(const RoomId& id);

  Store& store_;
  DeliveryStore& deliveries_;
  CommitSignal& enqueued_;
  Cluster& cluster_;
  const NodeLease& node_;
  const Clock& clock_;
  RandomSource& random_;
  ImTallies& tallies_;
  Logger& logger_;
  const ImSenderOptions options_;
  DeliveryOutcomes outcomes_;
  DeliveryClaims claims_;
  std::atomic<bool> service_recovered_{true};  ///< since the last `RetrySoonIfRecovered`
  MonotonicTime retry_soon_again_at_{};
  MonotonicTime count_at_{};
  bool failure_logged_ = false;
  std::atomic<std::uint64_t> creates_and_destroys_{0};  ///< as of a few seconds ago
  Mutex mutex_;
  std::vector<Resolution> unwritten_ GUARDED_BY(mutex_);  ///< their groups stay claimed
  std::optional<MonotonicTime> write_again_at_{};
  ImCaller caller_;
  CallPool lanes_;
  GroupMaker maker_;
  std::jthread thread_;
};

}  // namespace rtcroom
