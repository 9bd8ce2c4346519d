// The changes that a running server applies from a reloaded configuration.
#pragma once

#include <string>
#include <vector>

#include "daemon/config/config.h"

namespace rtcroom {

struct ReloadPlan {
  Config config = {};                          ///< the server's configuration from now on
  std::vector<std::string> applied = {};       ///< changed keys that are applied in `config`
  std::vector<std::string> need_restart = {};  ///< changed keys that are not applied
};

/// Compares key by key. `log.level`, the files of both TLS listeners, the limits of connections,
/// `admin.token`, `utils.admin_token` and the section `limits` change at run time; every other key
/// keeps the value of `running`. Keys are named in full, in the order of `default-config`.
///
/// The content of a file may change although the key that names it does not: always read
/// certificates again.
///
/// @param running  as loaded, without the values that a start filled in.
ReloadPlan PlanReload(const Config& running, const Config& fresh);

}  // namespace rtcroom
