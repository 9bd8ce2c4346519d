// The header by which a proxy tells whose connection it passes on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/base/ip_address.h"

namespace rtcroom {

/// Longest PROXY header. "The PROXY protocol", section 2, has every header fit into the smallest
/// TCP segment that a host must take, so a longer one is not from a proxy.
inline constexpr std::size_t kMaxProxyHeaderBytes = 536;

/// What the first bytes of a connection say.
struct ProxyHeader {
  enum class Progress : std::uint8_t {
    kNeedMore,  ///< the header goes on
    kComplete,
    kInvalid,  ///< close without an answer: nobody knows whose connection this is
  };

  Progress progress = Progress::kInvalid;
  /// How long the header is, as far as its bytes tell: at least this much when more is needed,
  /// exactly this much when complete, 0 when invalid. Who never reads past it takes no byte of
  /// what follows the header, which belongs to TLS.
  std::size_t size = 0;
  /// Who opened the connection. Absent when the proxy did so itself (a health check) or does not
  /// tell in terms of TCP: then it is the connection's own peer.
  std::optional<IpAddress> client = {};

  bool operator==(const ProxyHeader&) const = default;
};

/// Reads a PROXY header of version 2. Pure; looks at nothing behind the header.
///
/// TCP over IPv4 and IPv6 tell the client; UDP, UNIX sockets and unspecified protocols are passed
/// over; additional fields (TLV) are passed over too. Invalid are: another signature (version 1
/// included), version, command, family or transport than the document names, an address block that
/// is too short, and a header past `kMaxProxyHeaderBytes`. The family does not matter where the
/// proxy speaks for itself (command LOCAL).
///
/// @param bytes  all bytes of the connection so far.
/// @source "The PROXY protocol, versions 1 & 2" (haproxy, doc/proxy-protocol.txt), section 2.2.
ProxyHeader ReadProxyHeader(std::string_view bytes);

}  // namespace rtcroom
