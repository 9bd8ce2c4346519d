// Listen addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtcroom {

/// A numeric address and a port; port 0 lets the system choose one.
struct ListenAddress {
  std::string host = {};  ///< IPv4 or IPv6 without brackets
  std::uint16_t port = 0;

  [[nodiscard]] bool IsV6() const;
  [[nodiscard]] bool IsLoopback() const;
  /// Whether it binds all addresses of the machine, or all of its IPv4 addresses.
  [[nodiscard]] bool IsWildcard() const;
  bool operator==(const ListenAddress&) const = default;
};

/// Reads `host:port` or `[v6]:port`. A host is a numeric address or `localhost`, which is read as
/// 127.0.0.1: a listener must not depend on name resolution.
/// @return nullopt for any other text.
std::optional<ListenAddress> ParseListenAddress(std::string_view text);

/// Most addresses of one listener.
inline constexpr int kMaxListenAddresses = 16;

/// The addresses of a listener, as the configuration holds them: separated by commas, or one
/// `unix:PATH`, whose path may have commas. None for the empty text.
std::vector<std::string> SplitListen(std::string_view listen);

/// The addresses of them that are on TCP.
std::vector<ListenAddress> ParseListenAddresses(std::string_view listen);

/// The address at which local programs reach a listener, as `host:port` or `[v6]:port`: the first
/// of its addresses; a wildcard listener is reached on loopback. Nullopt while its port is not
/// known, and for an invalid address.
std::optional<std::string> ReachableFromHere(std::string_view listen);

/// Whether two listeners would bind the same port of the same address. Port 0 never conflicts, and
/// `0.0.0.0` and `[::]` do not: beside an IPv4 listener, that on `[::]` is IPv6-only.
bool Collide(const ListenAddress& one, const ListenAddress& other);

/// Whether `host`, a name or a numeric address without brackets, is loopback.
bool IsLoopbackHost(std::string_view host);

}  // namespace rtcroom
