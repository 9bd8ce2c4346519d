// The program rtcroomd-web: the worker of browsers' media.
#include <cstdio>
#include <exception>
#include <iostream>
#include <stop_token>
#include <string>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "daemon/base/system_clock.h"
#include "daemon/base/text.h"
#include "daemon/cli/access_options.h"
#include "daemon/cli/cli.h"
#include "daemon/cli/worker_process.h"
#include "daemon/config/web_checks.h"
#include "daemon/process/standard_descriptors.h"
#include "daemon/web/run_web_worker.h"

namespace rtcroom {
namespace {

/// The most sessions of a worker that does not know web.max_sessions: the server keeps it.
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

Status Serve(const std::stop_token& stop, const Config& config, const std::string& media_server,
             const WorkerDeps& deps) {
  return RunWebWorker(stop, OptionsOf(config.web, media_server), deps);
}

int Run(int argc, char** argv) {
  const SystemClock clock;
  const Environment environment = TakeEnvironment(environ);
  CLI::App app("Serves the media of browsers, beside a room server", "rtcroomd web-worker");
  WorkerCommand command;
  AddWorkerOptions(app, "web", command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    return app.exit(failure) == 0 ? kExitOk : kExitUsage;
  }
  return RunWorker(WorkerKind::kWeb, command,
                   {.err = std::cerr, .environment = environment, .clock = clock}, Serve);
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
