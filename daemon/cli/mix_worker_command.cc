#include "daemon/cli/mix_worker_command.h"

#include <stop_token>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

#include "daemon/base/log_writer.h"
#include "daemon/base/logger.h"
#include "daemon/cli/printable.h"
#include "daemon/cli/rooms_channel.h"
#include "daemon/cli/worker_process.h"
#include "daemon/config/text_rules.h"
#include "daemon/mix/mix_worker.h"
#include "daemon/process/core_dumps.h"

namespace rtcroom {
namespace {

/// Where the worker does not know mix.max, which the server keeps: the most that it can be.
constexpr std::size_t kMostMixes = 64;

/// Makes mixes until `stop`.
void Work(const std::stop_token& stop, const MixWorkerOptions& options,
          const RoomsServer& room_server, const Clock& clock, Logger& logger,
          ServiceReports& reports) {
  MixProcesses processes(clock, logger);
  MixClient client(MixCallOptions(room_server.token), {.channel = ConnectTo(room_server),
                                                       .clock = clock,
                                                       .logger = logger,
                                                       .wake = [&processes] { processes.Wake(); }});
  const auto report = [&reports](std::size_t running, bool is_following) {
    reports.Status(
        fmt::format("{} mixes; {}", running,
                    is_following ? "the room server is there" : "the room server is away"));
  };
  const std::stop_callback wake(stop, [&processes] { processes.Wake(); });
  reports.Ready();
  RunMixWorker(stop, options,
               {.client = client,
                .processes = processes,
                .clock = clock,
                .logger = logger,
                .report = report});
}

}  // namespace

int RunMixWorkerCommand(const MixWorkerCommand& command, const CliContext& cli) {
  const WorkerContext context{cli.err, cli.environment, cli.clock};
  const std::optional<Config> config =
      LoadWorkerConfig({"grpc", "log", "mix"}, command.access, context);
  if (!config) return kExitUsage;
  const std::string url = command.server.value_or(config->mix.server);
  if (const std::string_view fault = CheckRtmpServer(url); !fault.empty()) {
    context.err << "--server: " << fault << '\n';
    return kExitUsage;
  }
  const Result<RoomsServer> room_server = FindServer(command.access, config->grpc);
  if (!room_server) {
    context.err << "mix-worker: " << Printable(room_server.error().detail) << '\n';
    return kExitUsage;
  }
  const sigset_t signals = BlockStopSignals();
  ForbidCoreDumps();
  LogWriter log(STDERR_FILENO);
  Logger logger(config->log.format, config->log.level, log);
  const MixWorkerOptions options{
      .server = {.url = url, .app = config->live.app, .ffmpeg = config->mix.ffmpeg},
      .supervisor = {.max = config->mix.max == 0 ? kMostMixes : config->mix.max}};
  logger.Info("mix_worker_started", {{"room_server", room_server->target}, {"media_server", url}});
  const Status worked = RunUntilSignalled(
      signals, context, logger, [&](const std::stop_token& stop, ServiceReports& reports) {
        Work(stop, options, *room_server, context.clock, logger, reports);
        return Status();
      });
  logger.Info("mix_worker_stopped");
  return worked ? kExitOk : kExitFailed;
}

}  // namespace rtcroom
