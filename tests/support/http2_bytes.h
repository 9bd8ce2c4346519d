// Hand-written HTTP/2 bytes, to send what no client library sends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rtcroom {

/// The first bytes of a client (RFC 9113, 3.4).
inline constexpr std::string_view kClientPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// @source RFC 9113, 6.
enum class FrameType : std::uint8_t { kHeaders = 1, kSettings = 4 };

inline constexpr std::uint8_t kEndHeaders = 0x4;  ///< flag of kHeaders

inline std::string FrameOf(FrameType type, std::uint8_t flags, std::uint32_t stream,
                           std::string_view payload = {}) {
  const auto byte = [](std::size_t value) { return static_cast<char>(value & 0xff); };
  std::string frame = {byte(payload.size() >> 16), byte(payload.size() >> 8), byte(payload.size()),
                       byte(static_cast<std::size_t>(type)), byte(flags)};
  for (const unsigned shift : {24U, 16U, 8U, 0U}) frame.push_back(byte(stream >> shift));
  return frame.append(payload);
}

/// The connection preface and SETTINGS frame of every client.
inline std::string Http2Beginning() {
  return std::string(kClientPreface) + FrameOf(FrameType::kSettings, 0, 0);
}

/// A literal header field without indexing (RFC 7541, 6.2.2).
/// @param name  as `value`, shorter than 127 bytes.
inline std::string HeaderField(std::string_view name, std::string_view value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + std::string(name) +
         static_cast<char>(value.size()) + std::string(value);
}

/// The headers of a gRPC call.
inline std::string CallHeaders(std::string_view path) {
  return HeaderField(":method", "POST") + HeaderField(":scheme", "http") +
         HeaderField(":path", path) + HeaderField(":authority", "test") +
         HeaderField("content-type", "application/grpc") + HeaderField("te", "trailers");
}

}  // namespace rtcroom
