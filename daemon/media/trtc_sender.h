// Sends the outbox's deliveries to the TRTC service.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string_view>
#include <thread>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/result.h"
#include "daemon/base/tally.h"
#include "daemon/base/token_bucket.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/delivery_store.h"
#include "daemon/core/node_lease.h"
#include "daemon/core/room_store.h"
#include "daemon/media/trtc_api.h"

namespace rtcroom {

struct TrtcSenderOptions {
  std::chrono::milliseconds call_timeout{5000};
  std::chrono::milliseconds first_pause{1000};  ///< after a failure; then doubled
  std::chrono::milliseconds longest_pause = std::chrono::seconds(30);
  /// A delivery that has failed for so long is given up: by then those who were to leave are gone.
  std::chrono::milliseconds longest_failing = std::chrono::minutes(10);
  /// Together at most 20 in any second, the service's limit.
  RateLimit rate{.per_second = 18, .burst = 2};
};

/// All of it outlives the sender.
struct TrtcSenderDeps {
  RoomStore& rooms;
  DeliveryStore& deliveries;
  CommitSignal& enqueued;  ///< deliveries to TRTC; the sender is its only waiter
  TrtcApi& api;
  /// Counts calls: "remove_user" or "dismiss_room"; "done", "failed": it is tried again, or
  /// "given_up".
  Tally& made;
  const NodeLease& node;  ///< sends only while it holds the duty
  const Clock& clock;
  Logger& logger;
};

/// One call at a time, in the order in which deliveries are due. A call may be repeated after a
/// crash. None is made for a user who is a member of the room again, or for a room that exists.
///
/// @threads `Start` and `Stop` for one thread.
/// @source docs/tencent-live.md, "Calls to TRTC".
class TrtcSender {
 public:
  TrtcSender(const TrtcSenderDeps& deps, const TrtcSenderOptions& options = {});
  ~TrtcSender() { Stop(); }
  TrtcSender(const TrtcSender&) = delete;
  TrtcSender& operator=(const TrtcSender&) = delete;

  void Start();
  /// Waits for a running call: end those of the API first.
  void Stop();

  /// Sends what is due. Not for use after `Start`.
  /// @return when the next round is due, at the latest.
  MonotonicTime Round(const std::stop_token& stop = {});

 private:
  /// The call that a delivery asks for.
  struct Call {
    RoomKey room{};
    std::optional<UserId> user{};  ///< nullopt: the room is dismissed
  };

  [[nodiscard]] static Call ReadCall(const Delivery& delivery);
  [[nodiscard]] static std::string_view ActionOf(const Call& call);
  /// @errors those of the store: nothing was sent.
  [[nodiscard]] Result<bool> IsStillWanted(const Call& call);
  Status Make(const Call& call);
  /// @errors of the store.
  Status Send(const Delivery& delivery);
  Status Settle(const Delivery& delivery, const Call& call, const Status& made);
  void RecordReach(const Status& reached);
  /// @return when to try again.
  MonotonicTime AfterStoreError(const Error& error);

  const TrtcSenderDeps deps_;
  const TrtcSenderOptions options_;
  TokenBucket budget_;
  bool is_reached_ = true;
  bool is_store_error_logged_ = false;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace rtcroom
