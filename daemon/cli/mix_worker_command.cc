#include "daemon/cli/commands.h"
#include "daemon/cli/worker_process.h"
#include "daemon/mix/mix_worker.h"

namespace rtcroom {
namespace {

/// The most that mix.max can be, for a worker that does not know it: the server keeps it.
constexpr std::size_t kMostMixes = 64;

Status MakeMixes(const std::stop_token& stop, const Config& config, const std::string& media_server,
                 const WorkerDeps& deps) {
  const MixConfig& mix = config.mix;
  RunMixWorker(stop,
               {.server = {.url = media_server, .app = config.live.app, .ffmpeg = mix.ffmpeg},
                .supervisor = {.max = mix.max == 0 ? kMostMixes : mix.max}},
               deps);
  return {};
}

}  // namespace

int RunMixWorkerCommand(const WorkerCommand& command, const CliContext& context) {
  return RunWorker(WorkerKind::kMix, command, {context.err, context.environment, context.clock},
                   MakeMixes);
}

}  // namespace rtcroom
