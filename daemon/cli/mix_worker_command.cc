#include "daemon/cli/mix_worker_command.h"

#include <array>
#include <csignal>
#include <string_view>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "daemon/base/log_writer.h"
#include "daemon/base/logger.h"
#include "daemon/base/thread_signals.h"
#include "daemon/cli/printable.h"
#include "daemon/cli/rooms_client.h"
#include "daemon/cli/section_config.h"
#include "daemon/config/text_rules.h"
#include "daemon/mix/mix_worker.h"
#include "daemon/process/core_dumps.h"
#include "daemon/process/notify_socket.h"
#include "daemon/process/service_reports.h"

namespace rtcroom {
namespace {

/// Where the worker does not know mix.max, which the server keeps: the most that it can be.
constexpr std::size_t kMostMixes = 64;

/// The sections that a worker uses; nullopt when one has a problem, which is printed.
std::optional<Config> LoadWorkerConfig(const RoomsAccess& access, const CliContext& context) {
  const RunMode mode = access.is_dev ? RunMode::kDev : RunMode::kNormal;
  std::optional<Config> config;
  for (const std::string_view section : {"grpc", "log", "mix"}) {
    config = LoadSection(section, access.config, context, mode);
    if (!config) return std::nullopt;
  }
  return config;
}

sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

/// The socket of the service manager, if there is one. The worker also runs without it.
std::optional<NotifySocket> FindNotifySocket(const Environment& environment, Logger& logger) {
  const auto found = environment.find("NOTIFY_SOCKET");
  if (found == environment.end()) return std::nullopt;
  Result<NotifySocket> socket = NotifySocket::At(found->second);
  if (socket) return *std::move(socket);
  logger.Warn("service_manager_unreachable", {{"reason", socket.error().detail}});
  return std::nullopt;
}

/// Runs until one of the signals arrives.
void Work(const MixWorkerOptions& options, const RoomsServer& room_server, const sigset_t& signals,
          const CliContext& context, Logger& logger) {
  NoServiceManager none;
  std::optional<NotifySocket> socket = FindNotifySocket(context.environment, logger);
  ServiceManager& manager = socket ? static_cast<ServiceManager&>(*socket) : none;
  ServiceReports reports(manager, context.clock);
  MixProcesses processes(context.clock, logger);
  MixClient client({.token = room_server.token}, {.channel = ConnectTo(room_server),
                                                  .clock = context.clock,
                                                  .logger = logger,
                                                  .wake = [&processes] { processes.Wake(); }});
  const auto report = [&reports](std::size_t running, bool is_following) {
    reports.Status(
        fmt::format("{} mixes; {}", running,
                    is_following ? "the room server is there" : "the room server is away"));
  };
  logger.Info("mix_worker_started",
              {{"room_server", room_server.target}, {"media_server", options.server.url}});
  {
    std::jthread worker([&](const std::stop_token& stop) {
      BlockSignalsInThisThread();
      RunMixWorker(stop, options,
                   {.client = client,
                    .processes = processes,
                    .clock = context.clock,
                    .logger = logger,
                    .report = report});
    });
    reports.Ready();
    int signal = 0;
    sigwait(&signals, &signal);
    reports.Stopping();
    worker.request_stop();
    processes.Wake();
  }
  logger.Info("mix_worker_stopped");
}

}  // namespace

int RunMixWorkerCommand(const MixWorkerCommand& command, const CliContext& context) {
  const std::optional<Config> config = LoadWorkerConfig(command.access, context);
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
  Work({.server = {.url = url, .app = config->live.app, .ffmpeg = config->mix.ffmpeg},
        .supervisor = {.max = config->mix.max == 0 ? kMostMixes : config->mix.max}},
       *room_server, signals, context, logger);
  return kExitOk;
}

}  // namespace rtcroom
