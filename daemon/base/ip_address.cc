#include "daemon/base/ip_address.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "daemon/base/sip_hash.h"

namespace rtcroom {
namespace {

// RFC 4291, 2.5.5.2.
constexpr std::array<std::uint8_t, 12> kV4Prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

IpAddress::IpAddress(const std::array<std::uint8_t, 4>& v4_bytes) {
  std::ranges::copy(v4_bytes, std::ranges::copy(kV4Prefix, bytes_.begin()).out);
}

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::ranges::copy(text, terminated.begin());
  std::array<std::uint8_t, 4> v4{};
  if (inet_pton(AF_INET, terminated.data(), v4.data()) == 1) return IpAddress(v4);
  Bytes v6{};
  if (inet_pton(AF_INET6, terminated.data(), v6.data()) == 1) return IpAddress(v6);
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::FromSockaddr(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof(v4));
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    return IpAddress(bytes);
  }
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof(v6));
    Bytes bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return IpAddress(bytes);
  }
  return std::nullopt;
}

bool IpAddress::IsV4() const {
  return std::equal(kV4Prefix.begin(), kV4Prefix.end(), bytes_.begin());
}

std::string IpAddress::ToText() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = IsV4() ? AF_INET : AF_INET6;
  const std::uint8_t* first = bytes_.data() + (IsV4() ? kV4Prefix.size() : 0);
  inet_ntop(family, first, text.data(), static_cast<socklen_t>(text.size()));
  return text.data();
}

IpAddress IpAddress::Prefix(unsigned bits) const {
  Bytes prefix{};
  const std::size_t whole = bits / 8;
  std::copy_n(bytes_.begin(), whole, prefix.begin());
  if (bits % 8 != 0) {
    prefix.at(whole) = static_cast<std::uint8_t>(bytes_.at(whole) & (0xff00U >> (bits % 8)));
  }
  return IpAddress(prefix);
}

IpAddress IpAddress::NetworkKey() const { return IsV4() ? *this : Prefix(64); }

std::optional<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace rtcroom

std::size_t std::hash<rtcroom::IpAddress>::operator()(const rtcroom::IpAddress& address) const {
  const auto* bytes = reinterpret_cast<const char*>(address.bytes_.data());
  return rtcroom::NameHash()({bytes, address.bytes_.size()});
}
