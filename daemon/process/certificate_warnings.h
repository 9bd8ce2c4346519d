// Warnings about certificates that can be used, but that clients refuse.
#pragma once

#include <vector>

#include "daemon/base/clock.h"
#include "daemon/config/config.h"
#include "daemon/config/config_problem.h"

namespace rtcroom {

/// Certificates of the listeners that have expired, are not valid yet, or lack the certificate of
/// their issuer. Reads the files; those that cannot be used give no warning.
std::vector<ConfigProblem> FindCertificateWarnings(const Config& config, TimePoint now);

}  // namespace rtcroom
