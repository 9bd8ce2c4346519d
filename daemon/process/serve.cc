#include "daemon/process/serve.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/base/log_writer.h"
#include "daemon/base/system_clock.h"
#include "daemon/process/app.h"
#include "daemon/process/core_dumps.h"
#include "daemon/process/descriptor_limit.h"
#include "daemon/process/notify_socket.h"
#include "daemon/process/process_start.h"
#include "daemon/process/service_watch.h"
#include "storage/postgres/pg_hosts.h"

namespace rtcroom {
namespace {

/// Set to any value, it leaves the process open to debuggers of its own user.
constexpr const char* kDebuggersVariable = "RTCROOM_ALLOW_DEBUGGERS";

/// The pause before a start begins again.
constexpr std::chrono::seconds kStartPause{1};

/// The process sends it to itself.
constexpr int kBeginAnew = SIGUSR1;

/// Signals that a thread waits for, instead of signal handlers with their restrictions.
class WaitedSignals {
 public:
  /// Threads that begin later inherit the mask.
  WaitedSignals() {
    sigemptyset(&signals_);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR2, kBeginAnew}) {
      sigaddset(&signals_, signal);
    }
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    // Writing to a disconnected client is an error code, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
  }

  int Wait() {
    int signal = 0;
    sigwait(&signals_, &signal);
    return signal;
  }

  /// Whether a signal to stop comes within that time; it is taken.
  static bool StopsWithin(std::chrono::milliseconds time) {
    sigset_t stopping;
    sigemptyset(&stopping);
    for (const int signal : {SIGTERM, SIGINT}) sigaddset(&stopping, signal);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const timespec timeout{.tv_sec = seconds.count(),
                           .tv_nsec = std::chrono::nanoseconds(time - seconds).count()};
    return sigtimedwait(&stopping, nullptr, &timeout) > 0;
  }

 private:
  sigset_t signals_{};
};

/// Makes std::terminate, which has no context, flush the queued log lines.
class LogAtTerminate {
 public:
  explicit LogAtTerminate(const LogWriter& log) {
    log_ = &log;
    previous_ = std::set_terminate([] {
      if (const LogWriter* const waiting = log_.exchange(nullptr)) waiting->Flush();
      previous_();
      std::abort();
    });
  }
  ~LogAtTerminate() {
    std::set_terminate(previous_);
    log_ = nullptr;
  }
  LogAtTerminate(const LogAtTerminate&) = delete;
  LogAtTerminate& operator=(const LogAtTerminate&) = delete;

 private:
  static inline std::atomic<const LogWriter*> log_{nullptr};
  static inline std::terminate_handler previous_ = nullptr;
};

void PrintWelcome(const App& app, const Config& config) {
  const std::string& prefix = config.server.prefix;
  std::string text = "\nrtcroomd is running. Stop it with Ctrl-C.\n";
  if (!app.https_address().empty()) {
    text += fmt::format("  https://{}{}   (its own certificate: curl needs -k)\n",
                        app.https_address(), prefix);
  }
  if (!app.http_address().empty()) {
    text += fmt::format(
        "  http://{0}{1}\n\nTry it:\n  curl --json '{{\"userID\":\"alice\",\"userName\":\"Alice\","
        "\"userAvatar\":\"a.png\",\"pushURL\":\"rtmp://{2}/live/alice\","
        "\"roomName\":\"first\"}}' http://{0}{1}/multi_room/create_room\n",
        app.http_address(), prefix, config.live.push_host);
  }
  if (!app.grpc_address().empty()) {
    text += fmt::format("\ngRPC for your programs: {}\n", app.grpc_address());
  }
  if (!app.demo_link().empty())
    text += fmt::format("\nDemo, for two windows: {}\n", app.demo_link());
  // Printed to standard output, terminal or not: a new user of a container needs it, too. The link
  // gives full access, so it must not go to the log, which others read.
  if (!app.console_link().empty()) text += fmt::format("\nConsole: {}\n", app.console_link());
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

/// A configuration with problems is ignored.
void Reload(const ConfigOutcome& outcome, App& app, Logger& logger) {
  for (const ConfigProblem& problem : outcome.problems) {
    logger.Warn("reload_refused", {{"key", problem.key}, {"what", problem.sentence}});
  }
  if (outcome.problems.empty()) app.Reload(outcome.config);
}

/// Whether a successor could serve the current configuration, with the sockets of `app`.
Status CheckReload(const ConfigOutcome& outcome, const App& app) {
  if (outcome.problems.empty()) return app.CheckSameListeners(outcome.config);
  const ConfigProblem& first = outcome.problems.front();
  return Error{Errc::kBadRequest, fmt::format("{}: {}", first.key, first.sentence)};
}

/// The reason for the end of serving.
enum class End : std::uint8_t {
  kFailedToStart,
  kStopped,
  kStartsAgain,  ///< it has taken no socket
  kHandsOver,    ///< its sockets go to a successor
  kBeginsAnew,   ///< its sockets go to the next life
};

struct ServedUntil {
  End end = End::kStopped;
  std::vector<NamedSocket> sockets = {};
  std::optional<Config> config = {};  ///< config of the next life
};

/// The process-wide state that every life of the server uses.
struct Process {
  const Clock& clock;
  std::optional<TimePoint> start;  ///< nullopt when it is not known
  const std::function<ConfigOutcome()>& reload;
  HandOver& hand_over;
  WaitedSignals& signals;
  ServiceDeps service;
  PgReportedHost& known_host;  ///< host of the database
  Logger& logger;
};

/// One life of the server: all parts have ended when this returns.
/// @param sockets  those that it leaves are of the next life.
ServedUntil ServeOnce(const Config& config, RunMode mode, InheritedSockets& sockets,
                      const Process& process) {
  Logger& logger = process.logger;
  ServiceReports& reports = process.service.reports;
  std::atomic<bool> history_lost{false};
  bool stopped_waiting = false;
  std::optional<StartWatch> starting;
  const LifeHooks hooks{
      .stops_within =
          [&stopped_waiting](std::chrono::milliseconds time) {
            stopped_waiting = stopped_waiting || WaitedSignals::StopsWithin(time);
            return stopped_waiting;
          },
      .waits_for_database =
          [&starting](std::string_view reason) { starting->WaitsForDatabase(reason); },
      .begin_anew =
          [&history_lost] {
            history_lost = true;
            kill(getpid(), kBeginAnew);
          },
      .known_host = &process.known_host};
  App app(config, mode, process.start, logger);
  starting.emplace(process.service, process.clock, logger);
  const Status started = app.Start(sockets, hooks);
  const bool starts_again = !started && started.error().code == Errc::kStoreBusy &&
                            config.store.url.IsPostgres() && !hooks.StopsNow();
  if (starts_again) {
    logger.Warn("start_interrupted", {{"reason", started.error().detail}});
    starting->WaitsForDatabase(started.error().detail);
    (void)hooks.stops_within(kStartPause);
  }
  starting.reset();
  if (stopped_waiting) {
    reports.Stopping();
    logger.Info("stopped");
    return {.end = End::kStopped};
  }
  if (starts_again) return {.end = End::kStartsAgain};
  if (!started) {
    logger.Error("start_failed", {{"reason", started.error().detail}});
    reports.Status("cannot start: " + started.error().detail);
    return {.end = End::kFailedToStart};
  }
  if (mode == RunMode::kDev) PrintWelcome(app, config);
  std::optional<ServiceWatch> watch;
  watch.emplace(app, process.service, process.clock, logger);
  reports.Ready();

  Config applied = config;
  while (true) {
    const int signal = process.signals.Wait();
    if (signal == SIGHUP) {
      reports.Reloading("reloading");
      const ConfigOutcome outcome = process.reload();
      Reload(outcome, app, logger);
      if (outcome.problems.empty()) applied = outcome.config;
      reports.Ready();
    } else if (signal == SIGUSR2) {
      reports.Reloading("handing over");
      Status fit = process.hand_over.CheckSuccessor();
      if (fit) fit = CheckReload(process.reload(), app);
      if (!fit) {
        logger.Warn("hand_over_refused", {{"reason", fit.error().detail}});
        reports.Ready();
        continue;
      }
      logger.Info("hand_over_started");
      watch.reset();
      // From here until the successor is ready no part can be checked.
      reports.KeepAlive();
      app.Stop(SocketAfterStop::kKept);
      reports.KeepAlive();
      return {.end = End::kHandsOver, .sockets = app.TakeSockets()};
    } else if (signal == kBeginAnew) {
      if (!history_lost) continue;  // sent by another process, or for an earlier life
      logger.Error("history_lost", {{"then", "everything is read from the database again"}});
      reports.Reloading("reading the database again");
      watch.reset();
      // No part can be checked until the next life is ready, as in a hand-over.
      reports.KeepAlive();
      app.Stop(SocketAfterStop::kKept);
      reports.KeepAlive();
      return {.end = End::kBeginsAnew,
              .sockets = app.TakeSockets(),
              .config = app.CheckSameListeners(applied) ? applied : config};
    } else {
      logger.Info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
      reports.Stopping();
      watch.reset();
      app.Stop();
      return {.end = End::kStopped};
    }
  }
}

std::string Variable(const Environment& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

}  // namespace

void HoldServeSignals() {
  std::uint64_t held = 0;
  for (const int signal : {SIGHUP, SIGUSR2, kBeginAnew}) held |= std::uint64_t{1} << (signal - 1);
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, &held, nullptr, sizeof held);
}

int Serve(const Config& config, RunMode mode, const std::function<ConfigOutcome()>& reload,
          const ServeStart& start) {
  WaitedSignals signals;
  // Stored data (members, stream URLs, keys) is for the server's own account.
  umask(077);
  if (Variable(start.environment, kDebuggersVariable).empty()) ForbidCoreDumps();
  LogWriter log(STDERR_FILENO);
  const LogAtTerminate log_at_terminate(log);
  Logger logger(config.log.format, config.log.level, log);
  Result<InheritedSockets> inherited =
      InheritedSockets::FromEnvironment(start.environment, getpid());
  if (!inherited) {
    logger.Error("start_failed", {{"reason", inherited.error().detail}});
    return 1;
  }
  UnsetListenVariables();
  const NotifyVariables variables = NotifyVariablesOf(start.environment);
  UnsetNotifyVariables();
  RaiseDescriptorLimit();
  const SystemClock clock;
  const std::optional<ProcessStart> process_start = FindProcessStart(start.environment, clock);
  StartCommand command = start.command;
  if (process_start) command.environment.push_back(process_start->Variable());
  HandOver hand_over(std::move(command), clock);
  NoServiceManager none;
  std::optional<NotifySocket> socket = FindManager(variables, logger);
  ServiceManager& manager = socket ? static_cast<ServiceManager&>(*socket) : none;
  ServiceReports reports(manager, clock);
  PgReportedHost known_host;
  const Process process{.clock = clock,
                        .start = process_start ? std::optional(process_start->at) : std::nullopt,
                        .reload = reload,
                        .hand_over = hand_over,
                        .signals = signals,
                        .service = {.manager = manager,
                                    .reports = reports,
                                    .is_wanted = socket.has_value(),
                                    .watchdog_timeout = FindWatchdog(variables, logger)},
                        .known_host = known_host,
                        .logger = logger};
  InheritedSockets sockets = *std::move(inherited);
  Config current = config;
  while (true) {
    ServedUntil served = ServeOnce(current, mode, sockets, process);
    switch (served.end) {
      case End::kFailedToStart:
        return 1;
      case End::kStopped:
        return 0;
      case End::kStartsAgain:
        continue;
      case End::kBeginsAnew:
        current = *std::move(served.config);
        sockets = InheritedSockets(std::move(served.sockets));
        continue;
      case End::kHandsOver:
        break;
    }
    (void)log.Flush();
    const Error failed = hand_over.Exec(served.sockets);
    // Clients that wait in the sockets' backlog are served by this program again.
    logger.Error("hand_over_failed", {{"reason", failed.detail}});
    sockets = InheritedSockets(std::move(served.sockets));
    if (ConfigOutcome fresh = reload(); fresh.problems.empty()) current = std::move(fresh.config);
  }
}

}  // namespace rtcroom
