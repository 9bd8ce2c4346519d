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

/// Those that the candidates of an answer name. @source RFC 6544, 4.5.
std::vector<TcpListener> TcpListenersIn(std::string_view answer);

/// Lets nobody connect to these listeners of the process any more; its connections stay.
///
/// A session has one buffer of the library for what comes over all connections to it, so half a
/// packet, from whoever finds the port, would be the end of a browser that uses TCP. There is also
/// no bound for how many connect.
void ShutListeners(const std::vector<TcpListener>& listeners);

}  // namespace rtcroom
