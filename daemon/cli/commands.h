// The commands themselves, their options already read. Each returns the exit code.
#pragma once

#include <chrono>
#include <optional>
#include <ostream>
#include <string>

#include "daemon/cli/cli.h"

namespace rtcroom {

/// The configuration file; none means defaults and environment.
using ConfigPath = std::optional<std::string>;

/// Loads the configuration, prints each problem, or hands over to `context.serve`.
int RunServe(const ConfigPath& path, RunMode mode, const CliContext& context);

/// Prints all problems and all warnings that `RunServe` would meet with.
/// @return kExitUsage when there is a problem; warnings alone are fine.
int RunCheckConfig(const ConfigPath& path, RunMode mode, const CliContext& context);

int RunDefaultConfig(const CliContext& context);

struct SignOptions {
  ConfigPath config = {};
  std::string user_id = {};
  std::optional<std::chrono::seconds> life = {};  ///< none: im.user_sig_ttl
};
/// Prints a UserSig. It is for operators, who hold the key anyway: the administrator may have one.
int RunUserSigSign(const SignOptions& options, const CliContext& context);

struct VerifyOptions {
  ConfigPath config = {};
  std::string user_id = {};
  std::string sig = {};
};
/// Prints what is to be said of a UserSig: "ok", "expired", ...
/// @return kExitFailed unless it is ok.
int RunUserSigVerify(const VerifyOptions& options, const CliContext& context);

/// Asks `url`, or else `/readyz` of the configured admin listener, whether the server is ready.
/// @return kExitOk only for HTTP status 200.
int RunHealthCheck(const std::optional<std::string>& url, const ConfigPath& path,
                   const CliContext& context);

/// Prints the version, the commit, the compiler and the libraries as they are found at run time.
int RunVersion(const CliContext& context);

}  // namespace rtcroom
