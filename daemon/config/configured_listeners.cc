#include "daemon/config/configured_listeners.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace rtcroom {

std::vector<ConfiguredListener> ConfiguredListeners(const Config& config) {
  std::vector<ConfiguredListener> listeners;
  const auto add = [&listeners](std::string_view key, const std::string& listen) {
    for (ListenAddress& address : ParseListenAddresses(listen)) {
      listeners.push_back({.key = key, .address = std::move(address)});
    }
  };
  add("server.http_listen", config.server.http_listen);
  add("server.https_listen", config.server.https_listen);
  add("admin.listen", config.admin.listen);
  add("grpc.listen", config.grpc.listen);
  add("grpc.worker_listen", config.grpc.worker_listen);
  return listeners;
}

bool LeavesV4ToAnother(std::string_view listen, const Config& config) {
  const std::optional<ListenAddress> own = ParseListenAddress(listen);
  if (!own || own->host != "::" || own->port == 0) return false;
  return std::ranges::any_of(ConfiguredListeners(config), [&](const ConfiguredListener& other) {
    return other.address.port == own->port && !other.address.IsV6();
  });
}

}  // namespace rtcroom
