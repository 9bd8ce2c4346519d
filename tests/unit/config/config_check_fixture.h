// Configurations, and what the checks of their keys say.
#pragma once

#include <string>
#include <vector>

#include "daemon/config/config_checks.h"
#include "tests/unit/config/config_fixture.h"

namespace rtcroom {

/// The keys with conflicts.
inline std::vector<std::string> Conflicts(const Config& config) {
  std::vector<std::string> keys;
  for (const ConfigProblem& problem : FindConflicts(config, RunMode::kNormal)) {
    keys.push_back(problem.key);
  }
  return keys;
}

/// Those with warnings.
inline std::vector<std::string> Warnings(const Config& config) {
  std::vector<std::string> keys;
  for (const ConfigProblem& problem : FindWarnings(config)) keys.push_back(problem.key);
  return keys;
}

/// A configuration with every optional part set.
inline Config CompleteConfig() {
  Config config = ServableConfig();
  config.im.sdk_app_id = 1'400'000'001;
  config.im.secret_key = Secret("k");
  config.live.bizid = "8888";
  config.live.push_key = Secret("k");
  config.live.play_key = Secret("another");
  config.wechat.app_id = "wx1";
  config.wechat.secret = Secret("s");
  return config;
}

}  // namespace rtcroom
