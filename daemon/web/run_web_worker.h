// The loop of the process that has the media of browsers.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/grpc/server_call.h"
#include "daemon/web/web_worker.h"

namespace rtcroom {

/// Serves a room server until `stop`, then ends all sessions. The calling thread becomes the main
/// loop's.
/// @errors kUnavailable when the media library or one of its parts is not installed.
Status RunWebWorker(const std::stop_token& stop, const WebWorkerOptions& options,
                    const WorkerDeps& deps);

/// The addresses of this machine, but loopback and link-local ones.
std::vector<std::string> LocalAddresses();

}  // namespace rtcroom
