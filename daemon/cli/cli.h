// The command line: which command, with which options.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/config/config.h"
#include "daemon/config/config_checks.h"
#include "daemon/config/environment.h"
#include "daemon/config/load_config.h"
#include "daemon/http_client/outgoing_http.h"

namespace rtcroom {

/// What the process says to who started it.
inline constexpr int kExitOk = 0;      ///< stopped as asked, or: the answer is yes
inline constexpr int kExitFailed = 1;  ///< failed while running, or: the answer is no
inline constexpr int kExitUsage = 2;   ///< wrong usage or configuration; nothing was done

/// Reads the configuration once more, as it is now.
using ConfigReload = std::function<ConfigOutcome()>;

/// What commands work with; all of it outlives the call.
struct CliContext {
  std::ostream& out;  ///< what was asked for
  std::ostream& err;  ///< why it could not be had
  const Environment& environment;
  const Clock& clock;
  OutgoingHttp& http;
  /// Runs the server until it is stopped; its result is the exit code. The configuration that it
  /// gets has no problems; in dev mode, keys and a certificate may be for it to make.
  /// `reload` reads the same configuration again.
  std::function<int(const Config& config, RunMode mode, const ConfigReload& reload)> serve;
};

/// Runs the command that `arguments` (without the program's name) ask for.
/// @return the exit code.
int RunCli(const std::vector<std::string>& arguments, const CliContext& context);

}  // namespace rtcroom
