// Who wants to know how connections fare.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace rtcroom {

/// Why the connection layer turned a client away, or held it back.
enum class RefusalCause : std::uint8_t {
  kConnections,         ///< as many are open as may be
  kAddressConnections,  ///< as many of this address
  kAddressHandshakes,   ///< as many of this address have yet to agree on TLS
  kDescriptors,         ///< the process has none left
  kUntrustedPeer,       ///< not one of the proxies that may connect
  kProxyHeader,         ///< no PROXY header where one is due, or one too late
  kHandshake,           ///< no agreement on TLS
  kHandshakeTimeout,
  kFraming,         ///< a request that could not be read: 4xx
  kRequestTimeout,  ///< 408
  kQueueFull,       ///< 503
  kWriteTimeout,    ///< the client does not take its reply
  kMemory,          ///< too much is held for clients already
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
    {RefusalCause::kFraming, "framing"},
    {RefusalCause::kRequestTimeout, "request_timeout"},
    {RefusalCause::kQueueFull, "queue_full"},
    {RefusalCause::kWriteTimeout, "write_timeout"},
    {RefusalCause::kMemory, "memory"},
    {RefusalCause::kPaced, "paced"},
});

/// @threads safe from any thread; must not block.
class ConnectionObserver {
 public:
  virtual ~ConnectionObserver() = default;

  virtual void OnConnectionOpened() = 0;
  virtual void OnConnectionClosed() = 0;  ///< once for each that was opened
  virtual void OnHandshake() = 0;         ///< TLS was agreed on
  virtual void OnRefusal(RefusalCause cause) = 0;
};

}  // namespace rtcroom
