// What stands at the head of each frame of HTTP/2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rtcroom {

/// @source RFC 9113, 6.
enum class FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kRstStream = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};

inline constexpr std::size_t kFrameHeaderBytes = 9;
/// What a client begins with (RFC 9113, 3.4).
inline constexpr std::string_view kClientPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

struct FrameHeader {
  static constexpr std::uint8_t kEndStream = 0x1;  ///< of kData and kHeaders
  static constexpr std::uint8_t kAck = 0x1;        ///< of kSettings and kPing
  static constexpr std::uint8_t kEndHeaders = 0x4;

  std::size_t payload_bytes = 0;  ///< below 2^24
  std::uint8_t type = 0;          ///< a FrameType, or one that nobody knows
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;  ///< 0: the connection itself

  [[nodiscard]] bool Is(FrameType wanted) const {
    return type == static_cast<std::uint8_t>(wanted);
  }
  [[nodiscard]] bool Has(std::uint8_t flag) const { return (flags & flag) != 0; }
};

/// @param bytes  at least `kFrameHeaderBytes`.
inline FrameHeader ReadFrameHeader(std::string_view bytes) {
  const auto byte = [bytes](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at]));
  };
  return {.payload_bytes = byte(0) << 16 | byte(1) << 8 | byte(2),
          .type = static_cast<std::uint8_t>(byte(3)),
          .flags = static_cast<std::uint8_t>(byte(4)),
          // The highest bit is reserved.
          .stream = (byte(5) & 0x7f) << 24 | byte(6) << 16 | byte(7) << 8 | byte(8)};
}

}  // namespace rtcroom
