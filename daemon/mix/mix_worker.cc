#include "daemon/mix/mix_worker.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace rtcroom {

ServerCallOptions MixCallOptions(Secret token) {
  return {.method = "/rtcroom.v1.RoomAdmin/FollowMixes",
          .event = "mixes_followed",
          .lost_event = "mixes_not_followed",
          .token = std::move(token)};
}

WantedPrograms ProgramsFor(const v1::WantedMixes& wanted, const MixServer& server, Logger& logger) {
  WantedPrograms programs;
  for (const v1::Mix& mix : wanted.mixes()) {
    Result<std::vector<std::string>> arguments = MixArguments(mix, server);
    if (arguments) {
      programs.insert_or_assign(mix.stream(), *std::move(arguments));
    } else {
      logger.Warn("mix_impossible",
                  {{"stream", mix.stream()}, {"reason", arguments.error().detail}});
    }
  }
  return programs;
}

void RunMixWorker(const std::stop_token& stop, const MixWorkerOptions& options,
                  const MixWorkerDeps& deps) {
  MixSupervisor supervisor(
      options.supervisor, {.programs = deps.processes, .clock = deps.clock, .logger = deps.logger});
  std::optional<std::pair<std::size_t, bool>> reported;
  while (!stop.stop_requested()) {
    std::optional<MonotonicTime> next = deps.client.Step();
    while (const std::optional<v1::WantedMixes> wanted = deps.client.Take()) {
      supervisor.Want(ProgramsFor(*wanted, options.server, deps.logger));
    }
    if (const std::optional<MonotonicTime> due = supervisor.Step()) next = std::min(*next, *due);
    const std::pair state(supervisor.running(), deps.client.is_served());
    if (reported != state) deps.report(state.first, state.second);
    reported = state;
    deps.processes.Wait(next);
  }
  supervisor.Want({});
  while (true) {
    const std::optional<MonotonicTime> due = supervisor.Step();
    if (supervisor.running() == 0) return;
    deps.processes.Wait(due);
  }
}

}  // namespace rtcroom
