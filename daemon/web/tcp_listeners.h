// Ports of TCP, at which the media library waits for a browser.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "daemon/base/ip_address.h"

namespace rtcroom {

struct TcpListener {
  IpAddress address = {};
  std::uint16_t port = 0;

  bool operator==(const TcpListener&) const = default;
};

/// The listeners that the candidates of an answer name. @source RFC 6544, 4.5.
std::vector<TcpListener> TcpListenersIn(std::string_view answer);

/// Refuses new connections to these listeners of the process; the connections that exist stay.
///
/// The library has one buffer for all connections to a session. So a stranger who connects and
/// sends half a packet would break the connection of a browser that uses TCP. The library also sets
/// no bound on the number of connections.
void ShutListeners(const std::vector<TcpListener>& listeners);

}  // namespace rtcroom
