// The counters of a listener: its connections, and those that it refused or ended.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/http/http_handler.h"

namespace rtcroom {

/// Why the connection layer refused or delayed a client.
enum class RefusalCause : std::uint8_t {
  kConnections,         ///< the total limit is reached
  kAddressConnections,  ///< the limit of the address is reached
  kAddressHandshakes,   ///< the limit of concurrent TLS handshakes of the address is reached
  kDescriptors,         ///< the process has none left
  kUntrustedPeer,       ///< not a trusted proxy, on a port for proxies only
  kProxyHeader,         ///< the PROXY header is missing, invalid or late
  kHandshake,           ///< the TLS handshake failed
  kHandshakeTimeout,
  kPlainHttp,       ///< where TLS is spoken
  kFraming,         ///< an invalid request: 4xx
  kRequestTimeout,  ///< 408
  kQueueFull,       ///< 503
  kWriteTimeout,    ///< the client does not read its reply
  kMemory,          ///< the memory held for clients exceeds its limit
  kPaced,           ///< get_pushers, delayed
};

struct RefusalCauseName {
  RefusalCause cause{};
  std::string_view name{};
};

/// Every cause in the order of the enumerators, as metrics name them.
inline constexpr auto kRefusalCauses = std::to_array<RefusalCauseName>({
    {RefusalCause::kConnections, "connections"},
    {RefusalCause::kAddressConnections, "address_connections"},
    {RefusalCause::kAddressHandshakes, "address_handshakes"},
    {RefusalCause::kDescriptors, "descriptors"},
    {RefusalCause::kUntrustedPeer, "untrusted_peer"},
    {RefusalCause::kProxyHeader, "proxy_header"},
    {RefusalCause::kHandshake, "handshake"},
    {RefusalCause::kHandshakeTimeout, "handshake_timeout"},
    {RefusalCause::kPlainHttp, kPlainHttpReason},
    {RefusalCause::kFraming, "framing"},
    {RefusalCause::kRequestTimeout, "request_timeout"},
    {RefusalCause::kQueueFull, "queue_full"},
    {RefusalCause::kWriteTimeout, "write_timeout"},
    {RefusalCause::kMemory, "memory"},
    {RefusalCause::kPaced, "paced"},
});

/// Totals since the start.
///
/// @threads safe from any thread.
struct ConnectionCounts {
  void Count(RefusalCause cause) { ++refusals.at(static_cast<std::size_t>(cause)); }

  std::atomic<std::uint64_t> opened{0};
  std::atomic<std::uint64_t> closed{0};
  std::atomic<std::uint64_t> handshakes{0};                                  ///< completed
  std::array<std::atomic<std::uint64_t>, kRefusalCauses.size()> refusals{};  ///< by cause
};

}  // namespace rtcroom
