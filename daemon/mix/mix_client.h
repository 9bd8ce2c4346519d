// Follows the mixes that a room server wants.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include <grpcpp/channel.h>
#include <rtcroom/v1/room_admin.grpc.pb.h>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/secret.h"
#include "daemon/mix/call_retry.h"

namespace rtcroom {

struct MixClientOptions {
  Secret token = {};                          ///< empty: not sent
  std::chrono::milliseconds silence{45'000};  ///< three times what the server promises
  std::chrono::milliseconds backoff{500};  ///< after the first failure; doubles with each further
  std::chrono::milliseconds max_backoff{10'000};
};

struct MixClientDeps {
  std::shared_ptr<grpc::Channel> channel;  ///< shared with gRPC's own threads
  const Clock& clock;
  Logger& logger;
  /// Called by any thread when it is time to call `Step`; must not block.
  std::function<void()> wake;
};

/// Keeps a call of `RoomAdmin.FollowMixes` running: again after it has ended, and instead of one
/// that is silent for too long.
///
/// @threads for one thread.
class MixClient {
 public:
  MixClient(MixClientOptions options, MixClientDeps deps);
  /// Ends the call and waits until it has ended.
  ~MixClient();
  MixClient(const MixClient&) = delete;
  MixClient& operator=(const MixClient&) = delete;

  /// Begins and ends calls as far as it is time to; never waits for the server.
  /// @return when to call it again at the latest.
  MonotonicTime Step();

  /// The set that arrived last, once. What it replaces need not have been taken. While the server
  /// is away there is none: what it wanted before holds.
  std::optional<v1::WantedMixes> Take();

  /// Whether a set has arrived in the running call.
  [[nodiscard]] bool is_following() const { return is_following_; }

 private:
  class Call;

  void CheckCall(MonotonicTime now);

  const MixClientOptions options_;
  const MixClientDeps deps_;
  CallRetry retry_;
  const std::unique_ptr<v1::RoomAdmin::Stub> stub_;
  std::unique_ptr<Call> call_;
  MonotonicTime heard_at_{};
  MonotonicTime call_at_{};  ///< when no call is running
  bool is_following_ = false;
  std::optional<v1::WantedMixes> wanted_;
};

}  // namespace rtcroom
