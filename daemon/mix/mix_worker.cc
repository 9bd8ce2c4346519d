#include "daemon/mix/mix_worker.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

namespace rtcroom {
namespace {

/// The loop reports after it, though nothing has happened.
constexpr std::chrono::seconds kLongestRound{5};

}  // namespace

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
                  const WorkerDeps& deps) {
  MixProcesses processes(deps.clock, deps.logger);
  const auto wake = [&processes] { processes.Wake(); };
  MixClient client(
      MixCallOptions(deps.token),
      {.channel = deps.channel, .clock = deps.clock, .logger = deps.logger, .wake = wake});
  MixSupervisor supervisor(options.supervisor,
                           {.programs = processes, .clock = deps.clock, .logger = deps.logger});
  const std::stop_callback wake_at_stop(stop, wake);
  deps.ready();
  while (!stop.stop_requested()) {
    MonotonicTime next = std::min(client.Step(), deps.clock.Monotonic() + kLongestRound);
    while (const std::optional<v1::WantedMixes> wanted = client.Take()) {
      supervisor.Want(ProgramsFor(*wanted, options.server, deps.logger));
    }
    if (const std::optional<MonotonicTime> due = supervisor.Step()) next = std::min(next, *due);
    deps.report(supervisor.running(), client.is_served());
    processes.Wait(next);
  }
  supervisor.Want({});
  while (true) {
    const std::optional<MonotonicTime> due = supervisor.Step();
    if (supervisor.running() == 0) return;
    processes.Wait(due);
  }
}

}  // namespace rtcroom
