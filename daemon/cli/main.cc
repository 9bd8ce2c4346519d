#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include "daemon/base/system_clock.h"
#include "daemon/cli/cli.h"
#include "daemon/http_client/outgoing_http.h"
#include "daemon/process/serve.h"
#include "daemon/process/standard_descriptors.h"

namespace {

int Run(int argc, char** argv) {
  const rtcroom::StartCommand command = rtcroom::OwnStartCommand(argv, environ);
  const rtcroom::SystemClock clock;
  rtcroom::HttplibOutgoing http(clock);
  const rtcroom::Environment environment = rtcroom::TakeEnvironment(environ);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return rtcroom::RunCli(arguments,
                         {.out = std::cout,
                          .err = std::cerr,
                          .environment = environment,
                          .clock = clock,
                          .http = http,
                          .serve = [&](const rtcroom::Config& config, rtcroom::RunMode mode,
                                       const rtcroom::ConfigReload& reload) {
                            return rtcroom::Serve(config, mode, reload,
                                                  {.command = command, .environment = environment});
                          }});
}

void HoldSignals(int argc, char** argv, char** /*environment*/) {
  if (argc > 1 && std::string_view(argv[1]) == "serve") rtcroom::HoldServeSignals();
}

/// Runs before the initializers of all libraries, which take longer than a service manager may.
[[gnu::section(".preinit_array"), gnu::used]] void (*const first_of_all)(int, char**,
                                                                         char**) = HoldSignals;

}  // namespace

/// Read by jemalloc. With the larger caches that each thread has by default, a phone takes 4 KiB
/// more (docs/benchmarks.md).
/// @source jemalloc(3), TUNING
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "tcache_nslots_small_min:4,tcache_nslots_small_max:16,lg_tcache_max:12";
}

int main(int argc, char** argv) {
  if (!rtcroom::OpenStandardDescriptors()) return rtcroom::kExitFailed;
  // A write beyond the limit on the size of files (RLIMIT_FSIZE) fails, as on a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return Run(argc, argv);
  } catch (const std::exception& unforeseen) {
    // A process that is out of memory or threads still gives one clear line, and no core dump.
    std::fputs("rtcroomd: ", stderr);
    std::fputs(unforeseen.what(), stderr);
    std::fputs("\n", stderr);
    return rtcroom::kExitFailed;
  }
}
