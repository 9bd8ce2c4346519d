// The address of a machine on the network.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace rtcroom {

/// An IPv4 or IPv6 address; a plain value.
///
/// An IPv4-mapped IPv6 address (`::ffff:a.b.c.d`), as a dual-stack socket reports it, equals the
/// IPv4 address: a client has one address on every socket.
class IpAddress {
 public:
  /// Network byte order. An IPv4 address is stored in its mapped form.
  using Bytes = std::array<std::uint8_t, 16>;

  static constexpr unsigned kBits = 128;
  /// Length of the prefix of IPv4-mapped addresses.
  static constexpr unsigned kBitsBeforeV4 = 96;

  /// `::`, which no client has.
  constexpr IpAddress() = default;
  explicit constexpr IpAddress(const Bytes& bytes) : bytes_(bytes) {}
  explicit IpAddress(const std::array<std::uint8_t, 4>& v4_bytes);

  /// Reads `a.b.c.d` or an IPv6 address without brackets, scope or port.
  static std::optional<IpAddress> Parse(std::string_view text);

  /// Converts the result of accept or getpeername, without the scope of a link-local address.
  /// @return nullopt for a family other than IPv4 and IPv6.
  static std::optional<IpAddress> FromSockaddr(const sockaddr_storage& address);

  [[nodiscard]] bool IsV4() const;

  /// The shortest usual spelling (RFC 5952), which `Parse` reads.
  [[nodiscard]] std::string ToText() const;

  /// The address with all but its first `bits` bits, 0 to 128, set to zero. An IPv4 address has
  /// its own 32 after `kBitsBeforeV4`.
  [[nodiscard]] IpAddress Prefix(unsigned bits) const;

  /// The unit for limits per client: an IPv4 address, or the /64 of an IPv6 address, which a
  /// provider assigns to one subscriber (RFC 6177).
  [[nodiscard]] IpAddress NetworkKey() const;

  bool operator==(const IpAddress&) const = default;

 private:
  friend struct std::hash<IpAddress>;

  Bytes bytes_{};
};

/// Reads a port: digits only, 0 to 65535.
std::optional<std::uint16_t> ParsePort(std::string_view text);

}  // namespace rtcroom

template <>
struct std::hash<rtcroom::IpAddress> {
  std::size_t operator()(const rtcroom::IpAddress& address) const;
};
