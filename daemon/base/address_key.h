// The key for limits per client address.
#pragma once

#include <string>
#include <string_view>

namespace rtcroom {

/// The common part of all addresses of one client: an IPv4 address itself, also when it is mapped
/// into IPv6 (`::ffff:192.0.2.1`), and the first 64 bits of an IPv6 address, since a network
/// assigns each client at least one whole /64 (RFC 6177).
///
/// @param address  numeric, as `inet_ntop` writes it (RFC 5952). Any other text gives some key, the
///                 same each time.
std::string AddressKey(std::string_view address);

}  // namespace rtcroom
