// The command line: selects a command and parses its options.
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

/// The exit codes of the process.
inline constexpr int kExitOk = 0;      ///< stopped as requested, or: the answer is yes
inline constexpr int kExitFailed = 1;  ///< failed while running, or: the answer is no
inline constexpr int kExitUsage = 2;   ///< wrong usage or configuration; no action was taken

/// Reads the current configuration again.
using ConfigReload = std::function<ConfigOutcome()>;

/// The environment of commands; all of it outlives the call.
struct CliContext {
  std::ostream& out;  ///< results
  std::ostream& err;  ///< errors
  const Environment& environment;
  const Clock& clock;
  OutgoingHttp& http;
  /// Runs the server until it is stopped; the result is the exit code. The configuration passed has
  /// no problems; in dev mode, keys and a certificate may be missing, and are generated.
  /// `reload` reads the same configuration again.
  std::function<int(const Config& config, RunMode mode, const ConfigReload& reload)> serve;
};

/// Runs the command that `arguments` (without the program's name) select.
/// @return the exit code.
int RunCli(const std::vector<std::string>& arguments, const CliContext& context);

}  // namespace rtcroom
