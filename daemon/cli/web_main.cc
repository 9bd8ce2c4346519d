// The program rtcroomd-web: the worker of browsers' media.
#include <cstdio>
#include <exception>
#include <iostream>
#include <stop_token>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "daemon/base/log_writer.h"
#include "daemon/base/logger.h"
#include "daemon/base/system_clock.h"
#include "daemon/base/text.h"
#include "daemon/cli/cli.h"
#include "daemon/cli/printable.h"
#include "daemon/cli/rooms_channel.h"
#include "daemon/cli/web_worker_options.h"
#include "daemon/cli/worker_process.h"
#include "daemon/config/text_rules.h"
#include "daemon/config/web_checks.h"
#include "daemon/process/core_dumps.h"
#include "daemon/process/standard_descriptors.h"
#include "daemon/web/run_web_worker.h"

namespace rtcroom {
namespace {

/// Where the worker does not know web.max_sessions, which the server keeps.
constexpr std::size_t kUsualSessions = 64;

AnswerRules RulesOf(const WebConfig& web) {
  AnswerRules rules{.max_kbps = web.max_kbps};
  AnyInList(web.public_address, [&rules](std::string_view address) {
    (address.find(':') == std::string_view::npos ? rules.public_v4 : rules.public_v6) = address;
    return false;
  });
  return rules;
}

WebWorkerOptions OptionsOf(const WebConfig& web, const std::string& server) {
  const PortRange ports = ParsePortRange(web.ports);
  return {
      .max_sessions = web.max_sessions == 0 ? kUsualSessions : web.max_sessions,
      .streams = {.server = server,
                  .max_kbps = web.max_kbps,
                  .max_transcodes = web.reorder == WebReorder::kTranscode ? web.max_transcodes : 0},
      .network = {.addresses = web.addresses.empty() ? LocalAddresses() : web.addresses,
                  .first_port = ports.first,
                  .last_port = ports.last,
                  .has_tcp = web.tcp,
                  .latency = web.latency},
      .answers = RulesOf(web),
  };
}

int Work(const WebWorkerCommand& command, const WorkerContext& context) {
  const std::optional<Config> config =
      LoadWorkerConfig({"grpc", "log", "web"}, command.access, context);
  if (!config) return kExitUsage;
  const std::string server = command.server.value_or(config->web.server);
  if (const std::string_view fault = CheckRtmpServer(server); !fault.empty()) {
    context.err << "--server: " << fault << '\n';
    return kExitUsage;
  }
  const Result<RoomsServer> room_server = FindServer(command.access, config->grpc);
  if (!room_server) {
    context.err << "web-worker: " << Printable(room_server.error().detail) << '\n';
    return kExitUsage;
  }
  const sigset_t signals = BlockStopSignals();
  ForbidCoreDumps();
  LogWriter log(STDERR_FILENO);
  Logger logger(config->log.format, config->log.level, log);
  const WebWorkerOptions options = OptionsOf(config->web, server);
  logger.Info("web_worker_started",
              {{"room_server", room_server->target}, {"media_server", server}});
  const Status worked = RunUntilSignalled(
      signals, context, logger, [&](const std::stop_token& stop, ServiceReports& reports) {
        const auto report = [&reports](std::size_t sessions, bool is_serving) {
          reports.Status(
              fmt::format("{} sessions; {}", sessions,
                          is_serving ? "the room server is there" : "the room server is away"));
        };
        return RunWebWorker(stop, options,
                            {.token = room_server->token,
                             .channel = ConnectTo(*room_server),
                             .clock = context.clock,
                             .logger = logger,
                             .ready = [&reports] { reports.Ready(); },
                             .report = report});
      });
  if (!worked) {
    logger.Error("web_worker_failed", {{"reason", worked.error().detail}});
    return kExitFailed;
  }
  logger.Info("web_worker_stopped");
  return kExitOk;
}

int Run(int argc, char** argv) {
  const SystemClock clock;
  const Environment environment = TakeEnvironment(environ);
  CLI::App app("Serves the media of browsers, beside a room server", "rtcroomd web-worker");
  WebWorkerCommand command;
  AddWebWorkerOptions(app, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    return app.exit(failure) == 0 ? kExitOk : kExitUsage;
  }
  return Work(command, {.err = std::cerr, .environment = environment, .clock = clock});
}

}  // namespace
}  // namespace rtcroom

int main(int argc, char** argv) {
  if (!rtcroom::OpenStandardDescriptors()) return rtcroom::kExitFailed;
  try {
    return rtcroom::Run(argc, argv);
  } catch (const std::exception& unforeseen) {
    std::fputs("rtcroomd-web: ", stderr);
    std::fputs(unforeseen.what(), stderr);
    std::fputs("\n", stderr);
    return rtcroom::kExitFailed;
  }
}
