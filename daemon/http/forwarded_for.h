// The client address of a request that came through proxies.
#pragma once

#include <cstddef>
#include <string_view>

#include "daemon/base/address_range.h"
#include "daemon/base/ip_address.h"

namespace rtcroom {

/// Maximum entries of an X-Forwarded-For that are evaluated.
inline constexpr std::size_t kMaxForwardedHops = 64;

/// The client's address.
///
/// Each proxy appends the address of its peer, so the entries are evaluated from the right, as long
/// as a trusted proxy wrote them: the first address that is not trusted is the client, and the
/// entries left of it are the client's own claim. When every entry is a trusted proxy, the leftmost
/// is the client. An empty entry is skipped (RFC 9110, 5.6.1.2). Any other one that is not an
/// address ends the evaluation at the hop before it, as does the bound of `kMaxForwardedHops`.
///
/// @param peer           of the connection; after a PROXY header, the address in it.
/// @param forwarded_for  the header's value, or its several values joined by commas in the order
///                       of the lines (RFC 9110, 5.3); empty when it was not sent. An entry may
///                       carry a port (`1.2.3.4:567`, `[v6]:567`).
/// @return `peer` unless it is in `trusted`.
IpAddress ClientAddress(const IpAddress& peer, std::string_view forwarded_for,
                        const AddressRanges& trusted);

}  // namespace rtcroom
