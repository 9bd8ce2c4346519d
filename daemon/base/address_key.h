// By what a client's address is counted.
#pragma once

#include <string>
#include <string_view>

namespace rtcroom {

/// What the addresses of one client have in common: an IPv4 address itself, also when it is
/// mapped into IPv6 (`::ffff:192.0.2.1`), and of an IPv6 address the first 64 bits, of which a
/// network gives each client at least one whole range (RFC 6177).
///
/// @param address  numeric, as `inet_ntop` writes it (RFC 5952). Anything else gives some key,
///                 the same each time.
std::string AddressKey(std::string_view address);

}  // namespace rtcroom
