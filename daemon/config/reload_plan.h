// What a running server takes up from a configuration that was read anew.
#pragma once

#include <string>
#include <vector>

#include "daemon/config/config.h"

namespace rtcroom {

struct ReloadPlan {
  Config config = {};                          ///< what the server runs with from now on
  std::vector<std::string> taken_up = {};      ///< changed keys that are in `config`
  std::vector<std::string> need_restart = {};  ///< changed keys that are not
};

/// Compares key by key. `log.level`, the files of both TLS listeners, the limits of connections,
/// `admin.token`, `utils.admin_token` and the section `limits` change at run time; every other key
/// keeps the value of `running`. Keys are named in full, in the order of `default-config`.
///
/// The content of a file may have changed although the key that names it has not: certificates
/// are to be read again in any case.
///
/// @param running  as loaded, without what a start filled in.
ReloadPlan PlanReload(const Config& running, const Config& fresh);

}  // namespace rtcroom
