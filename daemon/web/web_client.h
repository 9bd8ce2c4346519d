// Serves a room server's orders for sessions of browsers.
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

struct WebClientOptions {
  Secret token = {};                          ///< empty: not sent
  std::chrono::milliseconds silence{45'000};  ///< three times what the server promises
  std::chrono::milliseconds backoff{200};  ///< after the first failure; doubles with each further
  std::chrono::milliseconds max_backoff{2'000};  ///< browsers are refused meanwhile
};

struct WebClientDeps {
  std::shared_ptr<grpc::Channel> channel;  ///< shared with gRPC's own threads
  const Clock& clock;
  Logger& logger;
  /// Called by any thread when it is time to call `Step`; must not block.
  std::function<void()> wake;
  /// The first report of each call.
  std::function<v1::WebHello()> hello;
};

/// Keeps a call of `RoomAdmin.ServeWeb` running: again after it has ended, and instead of one that
/// is silent for too long.
///
/// @threads for one thread.
class WebClient {
 public:
  WebClient(WebClientOptions options, WebClientDeps deps);
  /// Ends the call and waits until it has ended.
  ~WebClient();
  WebClient(const WebClient&) = delete;
  WebClient& operator=(const WebClient&) = delete;

  /// Begins and ends calls as far as it is time to; never waits for the server.
  /// @return when to call it again at the latest.
  MonotonicTime Step();

  /// The orders of the running call, in their order, each once.
  std::optional<v1::WebOrder> Take();

  /// Sends a report, in the order of the calls; without a running call it is dropped, as the next
  /// call begins with all sessions. One too many for a server that does not read ends the call.
  void Report(v1::WebReport report);

  /// Whether an order has arrived in the running call.
  [[nodiscard]] bool is_serving() const { return is_serving_; }

 private:
  class Call;

  void CheckCall(MonotonicTime now);

  const WebClientOptions options_;
  const WebClientDeps deps_;
  CallRetry retry_;
  const std::unique_ptr<v1::RoomAdmin::Stub> stub_;
  std::unique_ptr<Call> call_;
  MonotonicTime heard_at_{};
  MonotonicTime call_at_{};  ///< when no call is running
  bool is_serving_ = false;
};

}  // namespace rtcroom
