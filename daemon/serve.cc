#include "daemon/serve.h"

#include <csignal>
#include <cstdio>
#include <string>

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "daemon/app.h"

namespace rtcroom {
namespace {

/// Each connection is a descriptor, and the usual soft limit of 1024 is a matter of old programs.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  // Where it is refused, the old limit holds, and accepting pauses when it is reached.
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/// The signals that a thread waits for, instead of handlers that may do next to nothing.
class WaitedSignals {
 public:
  /// Threads that begin later inherit the mask.
  WaitedSignals() {
    sigemptyset(&signals_);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals_, signal);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    // A client that hangs up while it is written to is an error code, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
  }

  int Wait() {
    int signal = 0;
    sigwait(&signals_, &signal);
    return signal;
  }

 private:
  sigset_t signals_{};
};

void PrintWelcome(const App& app, const std::string& prefix) {
  std::string text = "\nrtcroomd is running. Stop it with Ctrl-C.\n";
  if (!app.https_address().empty()) {
    text += fmt::format("  https://{}{}   (its own certificate: curl needs -k)\n",
                        app.https_address(), prefix);
  }
  if (!app.http_address().empty()) {
    text += fmt::format(
        "  http://{0}{1}\n\nTry it:\n  curl --json '{{\"userID\":\"alice\",\"userName\":\"Alice\","
        "\"userAvatar\":\"a.png\",\"pushURL\":\"rtmp://127.0.0.1/live/alice\","
        "\"roomName\":\"first\"}}' http://{0}{1}/multi_room/create_room\n",
        app.http_address(), prefix);
  }
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

/// A configuration with problems changes nothing.
void TakeUpLogLevel(const ConfigOutcome& outcome, Logger& logger) {
  for (const ConfigProblem& problem : outcome.problems) {
    logger.Warn("reload_refused", {{"key", problem.key}, {"what", problem.sentence}});
  }
  if (!outcome.problems.empty()) return;
  logger.SetLevel(outcome.config.log.level);
  logger.Info("reloaded", {{"log_level", LogLevelName(outcome.config.log.level)}});
}

}  // namespace

int Serve(const Config& config, RunMode mode, const std::function<ConfigOutcome()>& reload) {
  WaitedSignals signals;
  RaiseDescriptorLimit();
  // What is stored (members, stream URLs, keys) is for the server's own account.
  umask(077);
  Logger logger(config.log.format, config.log.level);
  App app(config, mode, logger);
  if (const Status started = app.Start(); !started) {
    logger.Error("start_failed", {{"reason", started.error().detail}});
    return 1;
  }
  if (mode == RunMode::kDev) PrintWelcome(app, config.server.prefix);

  int signal = signals.Wait();
  while (signal == SIGHUP) {
    TakeUpLogLevel(reload(), logger);
    signal = signals.Wait();
  }
  logger.Info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  app.Stop();
  return 0;
}

}  // namespace rtcroom
