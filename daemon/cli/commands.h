// The commands, with parsed options. Each returns the exit code.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <string>

#include "daemon/cli/cli.h"

namespace CLI {
class App;
}  // namespace CLI

namespace rtcroom {

/// The configuration file; without one, defaults and environment apply.
using ConfigPath = std::optional<std::string>;

struct ServeOptions {
  ConfigPath config = {};
  RunMode mode = RunMode::kNormal;
  // These are for `kDev`.
  std::string dev_host = std::string(kDevHost);  ///< an address of this machine
  std::optional<std::uint16_t> dev_port = {};    ///< the first of the four
};
/// Loads the configuration; prints each problem, or calls `context.serve`.
int RunServe(const ServeOptions& options, const CliContext& context);

/// Prints all problems and all warnings that `RunServe` would find.
/// @return kExitUsage when there is a problem; warnings alone are accepted.
int RunCheckConfig(const ConfigPath& path, RunMode mode, const CliContext& context);

int RunDefaultConfig(const CliContext& context);

/// The user of a ticket, and the server whose keys sign it.
struct TicketOptions {
  ConfigPath config = {};
  RunMode mode = RunMode::kNormal;
  std::string user_id = {};
};

struct SignOptions {
  TicketOptions ticket = {};
  std::optional<std::chrono::seconds> life = {};  ///< none: im.user_sig_ttl
};
/// Prints a UserSig, also for the administrator: the operator holds the key anyway.
int RunUserSigSign(const SignOptions& options, const CliContext& context);

struct VerifyOptions {
  TicketOptions ticket = {};
  std::string sig = {};
};
/// Prints the outcome of the verification of a UserSig: "ok", "expired", ...
/// @return kExitFailed unless the outcome is "ok".
int RunUserSigVerify(const VerifyOptions& options, const CliContext& context);

/// Queries `url`, or else `/readyz` of the configured admin listener, for readiness.
/// @return kExitOk only for HTTP status 200.
int RunHealthCheck(const std::optional<std::string>& url, const ConfigPath& path,
                   const CliContext& context);

struct WorkerCommand;
/// Makes the mixes that the room server wants, as `RunWorker` says.
int RunMixWorkerCommand(const WorkerCommand& command, const CliContext& context);

/// Replaces the process by rtcroomd-web, which is beside this program or in /usr/libexec/rtcroomd,
/// with the same arguments: only that program loads the media library. Returns when there is none.
/// @param arguments  what follows the command's name.
int RunWebWorkerCommand(std::span<const std::string> arguments, const CliContext& context);

/// Prints a script that completes commands and options in the shell `bash` or `zsh`.
/// @param app  with all commands and options.
int RunCompletion(const std::string& shell, const CLI::App& app, const CliContext& context);

/// Prints the version, the commit, the compiler and the library versions found at run time.
int RunVersion(const CliContext& context);

}  // namespace rtcroom
