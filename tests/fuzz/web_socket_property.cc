#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/text.h"
#include "daemon/http/web_socket.h"
#include "tests/fuzz/parser_properties.h"
#include "tests/support/web_socket_frames.h"

namespace rtcroom {
namespace {

// Small, so that a short input can exceed it.
constexpr std::size_t kMostBytes = 100;
// An allocation for a message, and the library's reader.
constexpr std::size_t kMostMemory = 2 * kMostBytes + 5'000;

/// What has come of a stream.
struct Reading {
  std::vector<std::string> texts;
  std::string output;
  bool is_closed = false;

  bool operator==(const Reading&) const = default;
};

/// A frame of a client, or what is there of it.
struct Frame {
  unsigned first = 0;
  bool is_masked = false;
  bool has_bad_header = false;  ///< an invalid length, or a control frame that cannot be
  std::uint64_t length = 0;
  std::string payload{};  ///< unmasked, as far as it is there
  std::size_t size = 0;   ///< bytes of the whole frame, when it is there
  bool is_judgeable =
      false;  ///< its header and, unless it has none, a byte of its payload are there
  bool is_whole = false;

  [[nodiscard]] unsigned opcode() const { return first & 0xfU; }
  [[nodiscard]] bool is_final() const { return (first & 0x80U) != 0; }
};

unsigned ByteAt(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

/// Reads the first frame of a stream, as RFC 6455 5.2 describes it.
Frame FirstFrame(std::string_view bytes) {
  Frame frame;
  if (bytes.size() < 2) return frame;
  frame.first = ByteAt(bytes, 0);
  frame.is_masked = (ByteAt(bytes, 1) & 0x80U) != 0;
  frame.length = ByteAt(bytes, 1) & 0x7fU;
  const bool is_control = frame.opcode() >= 8;
  if (is_control && (frame.length > 125 || !frame.is_final())) {
    frame.has_bad_header = true;
    return frame;
  }
  const std::size_t length_bytes = frame.length == 126 ? 2 : frame.length == 127 ? 8 : 0;
  if (bytes.size() < 2 + length_bytes) return frame;
  if (length_bytes > 0) {
    frame.length = 0;
    for (std::size_t i = 0; i < length_bytes; ++i) {
      frame.length = frame.length << 8U | ByteAt(bytes, 2 + i);
    }
    const bool is_short = frame.length < (length_bytes == 2 ? 126U : 65'536U);
    frame.has_bad_header = is_short || frame.length >> 63U != 0;
    if (frame.has_bad_header) return frame;
  }
  const std::size_t mask_at = 2 + length_bytes;
  const std::size_t payload_at = mask_at + (frame.is_masked ? 4 : 0);
  if (bytes.size() < payload_at) return frame;
  const std::size_t there = bytes.size() - payload_at;
  frame.is_judgeable = frame.length == 0 || there > 0;
  frame.is_whole = there >= frame.length;
  if (!frame.is_whole) return frame;
  frame.size = payload_at + static_cast<std::size_t>(frame.length);
  frame.payload = bytes.substr(payload_at, static_cast<std::size_t>(frame.length));
  for (std::size_t i = 0; frame.is_masked && i < frame.payload.size(); ++i) {
    frame.payload[i] = static_cast<char>(ByteAt(frame.payload, i) ^ ByteAt(bytes, mask_at + i % 4));
  }
  return frame;
}

bool IsCode(unsigned code) {
  switch (code) {
    case 1004:
    case 1005:
    case 1006:
      return false;
    default:
      return (code >= 1000 && code <= 1014) || (code >= 3000 && code <= 4999);
  }
}

/// A plain reading of a whole stream.
class Model {
 public:
  /// @param closes_first  the server has sent a close frame before the stream.
  Reading Read(std::string_view stream, bool closes_first) {
    is_closing_ = closes_first;
    while (!reading_.is_closed) {
      const Frame frame = FirstFrame(stream);
      if (frame.has_bad_header) {
        Fail(1002);
      } else if (!frame.is_judgeable) {
        break;
      } else if (const unsigned code = FaultOfHeader(frame)) {
        Fail(code);
      } else if (!frame.is_whole) {
        break;
      } else {
        Apply(frame);
        stream.remove_prefix(frame.size);
      }
    }
    return reading_;
  }

 private:
  [[nodiscard]] unsigned FaultOfHeader(const Frame& frame) const {
    if ((frame.first & 0x70U) != 0 || !frame.is_masked) return 1002;
    if (frame.opcode() >= 8) return frame.opcode() <= 0xa ? 0 : 1002;
    if (frame.opcode() > 2 || (frame.opcode() == 0) != is_in_message_) return 1002;
    if (frame.opcode() == 2) return 1003;
    return frame.length > kMostBytes - message_.size() ? 1009 : 0;
  }
  void Apply(const Frame& frame) {
    switch (frame.opcode()) {
      case kCloseOpcode:
        return ApplyClose(frame.payload);
      case kPingOpcode:
        return Answer(ServerFrame(kFinal | kPongOpcode, frame.payload));
      case kPongOpcode:
        return;
      default:
        break;
    }
    is_in_message_ = !frame.is_final();
    if (is_closing_) return;
    message_ += frame.payload;
    if (is_in_message_) return;
    const std::string text = std::exchange(message_, {});
    if (!IsUtf8(text)) return Fail(1007);
    reading_.texts.push_back(text);
  }
  void ApplyClose(const std::string& body) {
    if (body.size() == 1) return Fail(1002);
    if (body.size() >= 2 && !IsCode(ByteAt(body, 0) * 256 + ByteAt(body, 1))) return Fail(1002);
    if (body.size() >= 2 && !IsUtf8(std::string_view(body).substr(2))) return Fail(1007);
    Answer(ServerFrame(kFinal | kCloseOpcode, std::string_view(body).substr(0, 2)));
    reading_.is_closed = true;
  }
  void Fail(unsigned code) {
    Answer(ServerClose(static_cast<std::uint16_t>(code)));
    reading_.is_closed = true;
  }
  void Answer(const std::string& frame) {
    if (!is_closing_) reading_.output += frame;
  }

  Reading reading_;
  std::string message_;
  bool is_in_message_ = false;
  bool is_closing_ = false;
};

/// Reads a stream cut into pieces of the sizes that `next_size` returns.
/// @param fault  set when an invariant does not hold.
Reading ReadInPieces(std::string_view stream, bool closes_first, auto next_size,
                     std::optional<std::string>& fault) {
  WebSocket socket(kMostBytes);
  if (closes_first) {
    socket.Close(close_code::kGoingAway);
    (void)socket.TakeOutput();
  }
  Reading reading;
  while (!stream.empty()) {
    const std::size_t size = std::min<std::size_t>(next_size(), stream.size());
    socket.Feed(stream.substr(0, size),
                [&](std::string_view text) { reading.texts.emplace_back(text); });
    reading.output += socket.TakeOutput();
    stream.remove_prefix(size);
    if (socket.held_memory() > kMostMemory) fault = "holds too much memory";
    if (socket.closed() && socket.held_memory() > 0) fault = "holds memory when closed";
    if (socket.closed() && !socket.closing()) fault = "closed without a close frame";
  }
  reading.is_closed = socket.closed();
  return reading;
}

std::optional<std::string> FaultOfAnswers(const Reading& reading) {
  const auto frames = ParseServerFrames(reading.output);
  if (!frames) return "an answer that is no whole frame of a server";
  for (std::size_t i = 0; i < frames->size(); ++i) {
    const ReceivedFrame& frame = (*frames)[i];
    if (frame.opcode == kCloseOpcode && i + 1 < frames->size()) return "more after a close frame";
    if (frame.opcode != kCloseOpcode && frame.opcode != kPongOpcode) return "an unasked frame";
  }
  for (const std::string& text : reading.texts) {
    if (text.size() > kMostBytes) return "a text over the limit";
    if (!IsUtf8(text)) return "a text that is not UTF-8";
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> FaultOfWebSocket(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  const unsigned seed = ByteAt(bytes, 0);
  const std::string_view stream = bytes.substr(1);
  const bool closes_first = seed % 8 == 7;

  const Reading expected = Model().Read(stream, closes_first);
  std::optional<std::string> fault = FaultOfAnswers(expected);
  std::minstd_rand random(seed);
  if (ReadInPieces(stream, closes_first, [] { return SIZE_MAX; }, fault) != expected) {
    return "something else at once than by the RFC";
  }
  if (ReadInPieces(stream, closes_first, [] { return 1; }, fault) != expected) {
    return "something else byte by byte than by the RFC";
  }
  if (ReadInPieces(
          stream, closes_first, [&] { return 1 + random() % (1U + seed); }, fault) != expected) {
    return "something else in pieces than by the RFC";
  }
  return fault;
}

}  // namespace rtcroom
