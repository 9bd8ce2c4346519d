#include "daemon/cli/worker_process.h"

#include <csignal>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "daemon/base/log_writer.h"
#include "daemon/base/thread_signals.h"
#include "daemon/cli/printable.h"
#include "daemon/cli/rooms_channel.h"
#include "daemon/cli/section_config.h"
#include "daemon/config/text_rules.h"
#include "daemon/process/core_dumps.h"
#include "daemon/process/notify_socket.h"
#include "daemon/process/service_reports.h"

namespace rtcroom {
namespace {

sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

/// @return what `work` returned.
Status RunUntilSignalled(
    const sigset_t& signals, const WorkerContext& context, const NotifyVariables& variables,
    Logger& logger,
    const std::function<Status(const std::stop_token& stop, ServiceReports& reports)>& work) {
  NoServiceManager none;
  std::optional<NotifySocket> socket = FindManager(variables, logger);
  ServiceManager& manager = socket ? static_cast<ServiceManager&>(*socket) : none;
  ServiceReports reports(manager, context.clock);
  Status outcome;
  {
    std::jthread worker([&](const std::stop_token& stop) {
      BlockSignalsInThisThread();
      outcome = work(stop, reports);
      if (!stop.stop_requested()) ::kill(::getpid(), SIGTERM);
    });
    int signal = 0;
    sigwait(&signals, &signal);
    reports.Stopping();
    worker.request_stop();
  }
  return outcome;
}

}  // namespace

std::optional<Config> LoadWorkerConfig(std::initializer_list<std::string_view> sections,
                                       const RoomsAccess& access, const WorkerContext& context) {
  const RunMode mode = access.is_dev ? RunMode::kDev : RunMode::kNormal;
  std::optional<Config> config;
  for (const std::string_view section : sections) {
    config = LoadSection(section, access.config, context.environment, context.err, mode);
    if (!config) return std::nullopt;
  }
  return config;
}

int RunWorker(WorkerKind kind, const WorkerCommand& command, const WorkerContext& context,
              const WorkerLoop& loop) {
  const bool is_mix = kind == WorkerKind::kMix;
  const std::string_view name = is_mix ? "mix" : "web";
  const std::optional<Config> config =
      LoadWorkerConfig({"grpc", "log", name}, command.access, context);
  if (!config) return kExitUsage;
  const std::string server =
      command.server.value_or(is_mix ? config->mix.server : config->web.server);
  if (const std::string_view fault = CheckRtmpServer(server); !fault.empty()) {
    context.err << "--server: " << fault << '\n';
    return kExitUsage;
  }
  const Result<RoomsServer> room_server = FindServer(command.access, config->grpc);
  if (!room_server) {
    context.err << name << "-worker: " << Printable(room_server.error().detail) << '\n';
    return kExitUsage;
  }
  const sigset_t signals = BlockStopSignals();
  ForbidCoreDumps();
  LogWriter log(STDERR_FILENO);
  Logger logger(config->log.format, config->log.level, log);
  logger.Info(is_mix ? "mix_worker_started" : "web_worker_started",
              {{"room_server", room_server->target}, {"media_server", server}});
  const NotifyVariables variables = NotifyVariablesOf(context.environment);
  const Status worked = RunUntilSignalled(
      signals, context, variables, logger,
      [&](const std::stop_token& stop, ServiceReports& reports) {
        LoopKeepAlive keep_alive(FindWatchdog(variables, logger), context.clock, reports);
        const auto report = [&](std::size_t count, bool is_served) {
          reports.Status(fmt::format("{} {}; the room server is {}", count,
                                     is_mix ? "mixes" : "sessions", is_served ? "there" : "away"));
          keep_alive.Round();
        };
        return loop(stop, *config, server,
                    {.token = room_server->token,
                     .channel = ConnectTo(*room_server),
                     .clock = context.clock,
                     .logger = logger,
                     .ready = [&reports] { reports.Ready(); },
                     .report = report});
      });
  if (!worked) {
    logger.Error(is_mix ? "mix_worker_failed" : "web_worker_failed",
                 {{"reason", worked.error().detail}});
    return kExitFailed;
  }
  logger.Info(is_mix ? "mix_worker_stopped" : "web_worker_stopped");
  return kExitOk;
}

}  // namespace rtcroom
