// The loop of the process that has the media of browsers.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <grpcpp/channel.h>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/web/web_worker.h"

namespace rtcroom {

/// All of it outlives the call.
struct WebWorkerDeps {
  Secret token;  ///< of the calls; empty: not sent
  std::shared_ptr<grpc::Channel> channel;
  const Clock& clock;
  Logger& logger;
  /// The worker can open sessions. Called once, before the first call of the server.
  std::function<void()> ready;
  /// Called when the number of sessions, or whether the server is there, has changed.
  std::function<void(std::size_t sessions, bool is_serving)> report;
};

/// Serves a room server until `stop`, then ends all sessions. The calling thread becomes the main
/// loop's.
/// @errors kUnavailable when the media library or one of its parts is not installed.
Status RunWebWorker(const std::stop_token& stop, const WebWorkerOptions& options,
                    const WebWorkerDeps& deps);

/// The addresses of this machine, but loopback and link-local ones.
std::vector<std::string> LocalAddresses();

}  // namespace rtcroom
