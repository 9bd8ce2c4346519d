#include "daemon/cli/worker_process.h"

#include <thread>

#include <unistd.h>

#include "daemon/base/thread_signals.h"
#include "daemon/cli/section_config.h"
#include "daemon/process/notify_socket.h"

namespace rtcroom {
namespace {

/// The socket of the service manager, if there is one. A worker also runs without it.
std::optional<NotifySocket> FindNotifySocket(const Environment& environment, Logger& logger) {
  const auto found = environment.find("NOTIFY_SOCKET");
  if (found == environment.end()) return std::nullopt;
  Result<NotifySocket> socket = NotifySocket::At(found->second);
  if (socket) return *std::move(socket);
  logger.Warn("service_manager_unreachable", {{"reason", socket.error().detail}});
  return std::nullopt;
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

sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

Status RunUntilSignalled(
    const sigset_t& signals, const WorkerContext& context, Logger& logger,
    const std::function<Status(const std::stop_token& stop, ServiceReports& reports)>& work) {
  NoServiceManager none;
  std::optional<NotifySocket> socket = FindNotifySocket(context.environment, logger);
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

}  // namespace rtcroom
