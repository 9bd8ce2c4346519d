#include "daemon/cli/commands.h"
#include "daemon/config/config_checks.h"
#include "daemon/config/default_config.h"
#include "daemon/config/load_config.h"

namespace rtcroom {

int RunServe(const ConfigPath& path, RunMode mode, const CliContext& context) {
  const ConfigOutcome outcome = LoadConfigFile(path, context.environment, mode);
  for (const ConfigProblem& problem : outcome.problems) context.err << problem << '\n';
  return outcome.problems.empty() ? context.serve(outcome.config, mode) : kExitUsage;
}

int RunCheckConfig(const ConfigPath& path, const CliContext& context) {
  const ConfigOutcome outcome = LoadConfigFile(path, context.environment, RunMode::kNormal);
  for (const ConfigProblem& problem : outcome.problems) {
    context.out << "problem: " << problem << '\n';
  }
  for (const ConfigProblem& warning : FindWarnings(outcome.config)) {
    // A key with a problem still has its default: it would be called missing as well.
    if (!HasProblem(outcome, warning.key)) context.out << "warning: " << warning << '\n';
  }
  if (!outcome.problems.empty()) return kExitUsage;
  context.out << "The configuration can be used.\n";
  return kExitOk;
}

int RunDefaultConfig(const CliContext& context) {
  context.out << DefaultConfigText();
  return kExitOk;
}

}  // namespace rtcroom
