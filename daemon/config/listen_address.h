// Where a listener listens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rtcroom {

/// A numeric address and a port; port 0 lets the system choose one.
struct ListenAddress {
  std::string host = {};  ///< IPv4 or IPv6 without brackets
  std::uint16_t port = 0;

  [[nodiscard]] bool IsLoopback() const;
  /// Whether it stands for all addresses of the machine.
  [[nodiscard]] bool IsWildcard() const;
  bool operator==(const ListenAddress&) const = default;
};

/// Reads `host:port` or `[v6]:port`. A host is a numeric address or `localhost`, which is read as
/// 127.0.0.1: a listener must not depend on what a name resolves to.
/// @return nothing when `text` is anything else.
std::optional<ListenAddress> ParseListenAddress(std::string_view text);

/// Where programs on this machine reach a listener, as `host:port` or `[v6]:port`: one that listens
/// everywhere is on loopback too. Nothing while its port is not known, and for what is no address.
std::optional<std::string> ReachableFromHere(std::string_view listen);

/// Whether two listeners would claim the same port of the same address. Port 0 never does, and
/// `0.0.0.0` and `[::]` do not share one: an IPv6 listener leaves IPv4 alone.
bool Collide(const ListenAddress& one, const ListenAddress& other);

/// Whether `host`, a name or a numeric address without brackets, is this machine itself.
bool IsLoopbackHost(std::string_view host);

}  // namespace rtcroom
