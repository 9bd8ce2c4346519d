// The loop of the process that mixes streams.
#pragma once

#include <stop_token>

#include <rtcroom/v1/room_admin.pb.h>

#include "daemon/grpc/server_call.h"
#include "daemon/mix/mix_arguments.h"
#include "daemon/mix/mix_processes.h"
#include "daemon/mix/mix_supervisor.h"

namespace rtcroom {

/// Follows the mixes that a room server wants, of which the last holds, also while it is away.
using MixClient = ServerCall<v1::FollowMixesRequest, v1::WantedMixes>;

/// The options of its call; the rest is as usual.
ServerCallOptions MixCallOptions(Secret token);

struct MixWorkerOptions {
  MixServer server = {};
  MixSupervisorOptions supervisor = {};
};

/// The programs of the mixes that can be made. Logs those that cannot.
WantedPrograms ProgramsFor(const v1::WantedMixes& wanted, const MixServer& server, Logger& logger);

/// Makes the mixes that the server wants until `stop`, then ends all programs and waits for that.
/// The programs go on while the server is away, and live no longer than the calling thread.
void RunMixWorker(const std::stop_token& stop, const MixWorkerOptions& options,
                  const WorkerDeps& deps);

}  // namespace rtcroom
