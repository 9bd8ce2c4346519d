// The PROXY protocol header, in which a proxy sends the address of its client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/base/ip_address.h"

namespace rtcroom {

/// Maximum size of a PROXY header. By "The PROXY protocol", section 2, every header fits into the
/// smallest TCP segment that a host must accept, so a longer one is not from a proxy.
inline constexpr std::size_t kMaxProxyHeaderBytes = 536;

/// The first bytes of headers of versions 1 and 2.
inline constexpr std::string_view kProxyHeaderV1 = "PROXY";
inline constexpr std::string_view kProxyHeaderV2("\r\n\r\n\0\r\nQUIT\n", 12);

/// The result of parsing the first bytes of a connection.
struct ProxyHeader {
  enum class Progress : std::uint8_t {
    kNeedMore,  ///< the header is incomplete
    kComplete,
    kInvalid,  ///< close without a reply: the client is unknown
  };

  Progress progress = Progress::kInvalid;
  /// The length of the header: a lower bound when more is needed, exact when complete, 0 when
  /// invalid. A caller that never reads past it leaves the bytes after the header, which belong to
  /// TLS, in the socket.
  std::size_t size = 0;
  /// The client's address. Absent when the proxy opened the connection itself (a health check) or
  /// the header holds no TCP address: then the client is the connection's own peer.
  std::optional<IpAddress> client = {};

  bool operator==(const ProxyHeader&) const = default;
};

/// Reads a PROXY header of version 2. Pure; ignores the bytes after the header.
///
/// TCP over IPv4 or IPv6 yields the client; addresses of UDP, UNIX sockets and unspecified
/// protocols are ignored, and so are additional fields (TLV). Invalid are: a signature (that of
/// version 1 included), version, command, family or transport that the document does not name, an
/// address block that is too short, and a header longer than `kMaxProxyHeaderBytes`. With the
/// command LOCAL (the proxy's own connection) the family does not matter.
///
/// @param bytes  all bytes of the connection so far.
/// @source "The PROXY protocol, versions 1 & 2" (haproxy, doc/proxy-protocol.txt), section 2.2.
ProxyHeader ReadProxyHeader(std::string_view bytes);

}  // namespace rtcroom
