// The addresses of all listeners of a configuration.
#pragma once

#include <string_view>
#include <vector>

#include "daemon/base/listen_address.h"
#include "daemon/config/config.h"

namespace rtcroom {

struct ConfiguredListener {
  std::string_view key = {};  ///< in full
  ListenAddress address = {};
};

/// The listeners on TCP, in the order of the keys; one with several addresses is there for each.
std::vector<ConfiguredListener> ConfiguredListeners(const Config& config);

/// Whether a listener on `[::]` accepts IPv6 only, because another one has an IPv4 address with the
/// same port.
/// @param listen  one address of the configuration.
bool LeavesV4ToAnother(std::string_view listen, const Config& config);

}  // namespace rtcroom
