// Hand-written HTTP/2 bytes, to send what no client library sends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/grpc/http2_frame.h"

namespace rtcroom {

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

/// An HPACK integer (RFC 7541, 5.1), with `first` in the bits before its prefix.
inline std::string HpackNumber(std::size_t number, unsigned prefix_bits, std::uint8_t first = 0) {
  const std::size_t most = (std::size_t{1} << prefix_bits) - 1;
  if (number < most) return {static_cast<char>(first | number)};
  std::string bytes = {static_cast<char>(first | most)};
  for (number -= most; number >= 0x80; number >>= 7) {
    bytes.push_back(static_cast<char>((number & 0x7f) | 0x80));
  }
  bytes.push_back(static_cast<char>(number));
  return bytes;
}

/// A literal header field without indexing (RFC 7541, 6.2.2).
inline std::string HeaderField(std::string_view name, std::string_view value) {
  return std::string(1, '\0') + HpackNumber(name.size(), 7) + std::string(name) +
         HpackNumber(value.size(), 7) + std::string(value);
}

/// The headers of a gRPC call.
inline std::string CallHeaders(std::string_view path) {
  return HeaderField(":method", "POST") + HeaderField(":scheme", "http") +
         HeaderField(":path", path) + HeaderField(":authority", "test") +
         HeaderField("content-type", "application/grpc") + HeaderField("te", "trailers");
}

/// The frame that starts a call.
inline std::string CallFrame(std::uint32_t stream, std::string_view path) {
  return FrameOf(FrameType::kHeaders, FrameHeader::kEndHeaders, stream, CallHeaders(path));
}

/// The frame with which a client cancels its call.
inline std::string ResetFrame(std::uint32_t stream) {
  return FrameOf(FrameType::kRstStream, 0, stream, std::string_view("\0\0\0\x08", 4));
}

}  // namespace rtcroom
