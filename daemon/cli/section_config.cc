#include "daemon/cli/section_config.h"

#include <string>

#include "daemon/config/load_config.h"

namespace rtcroom {

std::optional<Config> LoadSection(std::string_view section, const ConfigPath& path,
                                  const Environment& environment, std::ostream& err, RunMode mode) {
  ConfigOutcome outcome = LoadConfigFile(path, environment, mode);
  bool usable = true;
  for (const ConfigProblem& problem : outcome.problems) {
    const std::string_view of = std::string_view(problem.key).substr(0, problem.key.find('.'));
    if (of != section && of != kWholeConfiguration) continue;
    if (problem.scope == ProblemScope::kServer) continue;
    err << problem << '\n';
    usable = false;
  }
  if (!usable) return std::nullopt;
  return std::move(outcome.config);
}

}  // namespace rtcroom
