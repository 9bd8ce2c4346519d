#include "daemon/http/proxy_header.h"

#include <algorithm>
#include <array>

namespace rtcroom {
namespace {

using Progress = ProxyHeader::Progress;

// Signature; version and command; family and transport; length of the rest.
constexpr std::size_t kFixedBytes = 16;

constexpr unsigned kVersion = 2;
constexpr unsigned kLocal = 0;
constexpr unsigned kProxy = 1;
// Families and transports. 0 is "unspecified"; numbers above these are not assigned.
constexpr unsigned kInet = 1;
constexpr unsigned kInet6 = 2;
constexpr unsigned kUnix = 3;
constexpr unsigned kStream = 1;
constexpr unsigned kDatagram = 2;

// Two addresses and two ports.
constexpr std::size_t kInetBytes = 12;
constexpr std::size_t kInet6Bytes = 36;

struct Byte {
  unsigned high = 0;  ///< the upper four bits
  unsigned low = 0;
};

Byte ByteAt(std::string_view bytes, std::size_t index) {
  const unsigned byte = static_cast<unsigned char>(bytes[index]);
  return {.high = byte >> 4U, .low = byte & 0xfU};
}

std::size_t LengthAt(std::string_view bytes, std::size_t index) {
  return (std::size_t{static_cast<unsigned char>(bytes[index])} << 8U) +
         static_cast<unsigned char>(bytes[index + 1]);
}

// The source address comes first.
template <std::size_t count>
IpAddress FirstAddress(std::string_view addresses) {
  std::array<std::uint8_t, count> first{};
  std::ranges::copy(addresses.substr(0, count), first.begin());
  return IpAddress(first);
}

}  // namespace

ProxyHeader ReadProxyHeader(std::string_view bytes) {
  constexpr ProxyHeader kInvalid = {.progress = Progress::kInvalid};
  if (!bytes.starts_with(kProxyHeaderV2.substr(0, bytes.size()))) return kInvalid;
  if (bytes.size() < kFixedBytes) return {.progress = Progress::kNeedMore, .size = kFixedBytes};

  const auto [version, command] = ByteAt(bytes, 12);
  const auto [family, transport] = ByteAt(bytes, 13);
  const std::size_t size = kFixedBytes + LengthAt(bytes, 14);
  if (version != kVersion || command > kProxy || size > kMaxProxyHeaderBytes) return kInvalid;
  if (command != kLocal && (family > kUnix || transport > kDatagram)) return kInvalid;

  const bool is_tcp = command == kProxy && transport == kStream;
  const bool has_v4 = is_tcp && family == kInet;
  const bool has_v6 = is_tcp && family == kInet6;
  if (has_v4 && size < kFixedBytes + kInetBytes) return kInvalid;
  if (has_v6 && size < kFixedBytes + kInet6Bytes) return kInvalid;
  if (bytes.size() < size) return {.progress = Progress::kNeedMore, .size = size};

  ProxyHeader header = {.progress = Progress::kComplete, .size = size};
  const std::string_view addresses = bytes.substr(kFixedBytes);
  if (has_v4) header.client = FirstAddress<4>(addresses);
  if (has_v6) header.client = FirstAddress<16>(addresses);
  return header;
}

}  // namespace rtcroom
