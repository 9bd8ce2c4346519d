#include <iostream>
#include <string>
#include <vector>

#include <unistd.h>

#include "daemon/cli/cli.h"
#include "daemon/outgoing_http.h"
#include "daemon/serve.h"
#include "daemon/system_clock.h"

int main(int argc, char** argv) {
  const rtcroom::SystemClock clock;
  rtcroom::HttplibOutgoing http(clock);
  const rtcroom::Environment environment = rtcroom::TakeEnvironment(environ);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return rtcroom::RunCli(arguments, {.out = std::cout,
                                     .err = std::cerr,
                                     .environment = environment,
                                     .clock = clock,
                                     .http = http,
                                     .serve = rtcroom::Serve});
}
