// The worker processes share this code: configuration, signals, the service manager.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <ostream>
#include <stop_token>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/cli/rooms_access.h"
#include "daemon/config/environment.h"
#include "daemon/grpc/server_call.h"

namespace rtcroom {

/// All of it outlives the process's work.
struct WorkerContext {
  std::ostream& err;
  const Environment& environment;
  const Clock& clock;
};

/// The sections that a worker uses; nullopt when one has a problem, which is printed.
std::optional<Config> LoadWorkerConfig(std::initializer_list<std::string_view> sections,
                                       const RoomsAccess& access, const WorkerContext& context);

enum class WorkerKind : std::uint8_t { kMix, kWeb };

/// Serves a room server until `stop`.
/// @param media_server  rtmp://HOST:PORT
using WorkerLoop = std::function<Status(const std::stop_token& stop, const Config& config,
                                        const std::string& media_server, const WorkerDeps& deps)>;

/// Runs `loop` in a thread of its own until SIGTERM or SIGINT arrives, which requests its stop, or
/// until it returns. Logs to standard error. Notifies a service manager that the environment names
/// (sd_notify(3)).
///
/// Blocks those signals in the calling thread: call it before other threads start.
/// @return the exit code.
int RunWorker(WorkerKind kind, const WorkerCommand& command, const WorkerContext& context,
              const WorkerLoop& loop);

}  // namespace rtcroom
