// Frames of WebSockets, as a client writes and reads them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace rtcroom {

inline constexpr std::uint8_t kContinuationOpcode = 0x0;
inline constexpr std::uint8_t kTextOpcode = 0x1;
inline constexpr std::uint8_t kBinaryOpcode = 0x2;
inline constexpr std::uint8_t kCloseOpcode = 0x8;
inline constexpr std::uint8_t kPingOpcode = 0x9;
inline constexpr std::uint8_t kPongOpcode = 0xa;
inline constexpr std::uint8_t kFinal = 0x80;  ///< in the first byte of a frame: no fragment follows

/// Big-endian.
inline std::string NumberBytes(std::uint64_t number, std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) {
    text[bytes - 1 - i] = static_cast<char>((number >> (8 * i)) & 0xff);
  }
  return text;
}

/// The second byte of a header and the length after it, in the shortest form.
inline std::string LengthBytes(std::size_t payload, bool is_masked) {
  const std::uint8_t mask = is_masked ? 0x80 : 0;
  const auto second = [mask](std::size_t value) {
    return std::string(1, static_cast<char>(mask | value));
  };
  if (payload < 126) return second(payload);
  if (payload < 65'536) return second(126) + NumberBytes(payload, 2);
  return second(127) + NumberBytes(payload, 8);
}

/// A frame of a client.
/// @param first  `kFinal`, reserved bits and opcode.
/// @param mask   of four bytes; the default is that of RFC 6455 5.7.
inline std::string ClientFrame(std::uint8_t first, std::string_view payload,
                               std::string_view mask = "\x37\xfa\x21\x3d") {
  std::string frame(1, static_cast<char>(first));
  frame += LengthBytes(payload.size(), /*is_masked=*/true);
  frame += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ mask[i % 4]);
  }
  return frame;
}

inline std::string ClientText(std::string_view text) {
  return ClientFrame(kFinal | kTextOpcode, text);
}

/// The body of a close frame.
inline std::string CloseBody(std::uint16_t code, std::string_view reason = {}) {
  return NumberBytes(code, 2) += reason;
}

inline std::string ClientClose(std::uint16_t code, std::string_view reason = {}) {
  return ClientFrame(kFinal | kCloseOpcode, CloseBody(code, reason));
}

/// A frame of a server.
inline std::string ServerFrame(std::uint8_t first, std::string_view payload) {
  std::string frame(1, static_cast<char>(first));
  return (frame += LengthBytes(payload.size(), /*is_masked=*/false)).append(payload);
}

inline std::string ServerText(std::string_view text) {
  return ServerFrame(kFinal | kTextOpcode, text);
}

inline std::string ServerClose(std::uint16_t code, std::string_view reason = {}) {
  return ServerFrame(kFinal | kCloseOpcode, CloseBody(code, reason));
}

struct ReceivedFrame {
  std::uint8_t opcode = 0;
  std::string payload = {};
};

/// The code in the body of a close frame; 0 without one.
inline std::uint16_t CloseCodeOf(std::string_view body) {
  if (body.size() < 2) return 0;
  return static_cast<std::uint16_t>(static_cast<std::uint8_t>(body[0]) << 8 |
                                    static_cast<std::uint8_t>(body[1]));
}

/// The objects of a text: one a line.
/// @throws nlohmann::json::exception when a line is none.
inline std::vector<nlohmann::json> ObjectsIn(std::string_view text) {
  std::vector<nlohmann::json> objects;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    objects.push_back(nlohmann::json::parse(text.substr(0, end)));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return objects;
}

/// The frames of a server; nullopt unless all of them are whole, unfragmented, unmasked and of the
/// shortest form.
inline std::optional<std::vector<ReceivedFrame>> ParseServerFrames(std::string_view bytes) {
  std::vector<ReceivedFrame> frames;
  while (!bytes.empty()) {
    if (bytes.size() < 2) return std::nullopt;
    const auto first = static_cast<std::uint8_t>(bytes[0]);
    const auto second = static_cast<std::uint8_t>(bytes[1]);
    const std::size_t length_bytes = second == 126 ? 2 : second == 127 ? 8 : 0;
    if (bytes.size() < 2 + length_bytes) return std::nullopt;
    std::uint64_t length = length_bytes == 0 ? second : 0;
    for (std::size_t i = 0; i < length_bytes; ++i) {
      length = length << 8 | static_cast<std::uint8_t>(bytes[2 + i]);
    }
    if ((first & 0xf0) != kFinal || bytes.size() - 2 - length_bytes < length) return std::nullopt;
    ReceivedFrame frame{.opcode = static_cast<std::uint8_t>(first & 0xf),
                        .payload = std::string(bytes.substr(2 + length_bytes, length))};
    const std::string again = ServerFrame(first, frame.payload);
    if (!bytes.starts_with(again)) return std::nullopt;  // masked, or not the shortest form
    bytes.remove_prefix(again.size());
    frames.push_back(std::move(frame));
  }
  return frames;
}

}  // namespace rtcroom
