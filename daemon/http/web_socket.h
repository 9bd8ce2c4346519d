// The server's end of one WebSocket: bytes in, messages and bytes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

struct wslay_frame_context;
struct wslay_frame_iocb;

namespace rtcroom {

/// Codes of close frames. Applications define their own from 4000 to 4999.
/// @source RFC 6455 7.4.1, and IANA's registry of WebSocket close codes.
namespace close_code {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kUnsupported = 1003;  ///< a binary message where texts are
inline constexpr std::uint16_t kNotUtf8 = 1007;
inline constexpr std::uint16_t kPolicy = 1008;
inline constexpr std::uint16_t kTooLarge = 1009;
inline constexpr std::uint16_t kRestart = 1012;
inline constexpr std::uint16_t kTryLater = 1013;
}  // namespace close_code

/// Reads the client's frames and writes the server's (RFC 6455), after the handshake. Messages are
/// text, sent as such or as bytes; extensions are not negotiated. Pings are answered, pongs
/// ignored. A client that violates the protocol gets a close frame with the reason's code.
///
/// Holds memory only for an unfinished frame or message and for output that was not taken.
///
/// @threads for one thread at a time.
class WebSocket {
 public:
  using OnText = std::function<void(std::string text)>;

  static constexpr std::size_t kMaxMessageBytes = std::size_t{64} << 10;

  /// The type of the frames of messages.
  enum class Frames : std::uint8_t {
    kText,
    kBinary,  ///< this end sends such frames, and takes both types
  };

  /// @param max_message_bytes  the limit of a message of the client, fragments together.
  explicit WebSocket(std::size_t max_message_bytes = kMaxMessageBytes,
                     Frames frames = Frames::kText);
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  /// Reads the next bytes of the client, cut anywhere. Calls `on_text` for each complete message,
  /// which is UTF-8 and may be empty; not once this end has sent a close frame. `on_text` may call
  /// all functions except `Feed`.
  /// @throws std::bad_alloc, and what `on_text` throws; the connection must then be ended.
  void Feed(std::string_view bytes, const OnText& on_text);

  // Frames that are sent after a close frame are dropped.

  /// @param text  UTF-8 of any length.
  void SendText(std::string_view text);
  /// The frame of a text, the same for every client. Send it only before a close frame, and after
  /// the output.
  static std::string EncodeText(std::string_view text);
  static std::string EncodeBinary(std::string_view text);  ///< likewise, for `Frames::kBinary`
  /// The client answers with a pong: bytes that show that it is there.
  void Ping();
  /// Begins to close, or does nothing if a close frame was sent. The client answers with a close
  /// frame; the caller bounds the wait for it.
  /// @param reason  UTF-8; cut to 123 bytes.
  void Close(std::uint16_t code, std::string_view reason = {});

  /// The bytes to send to the client since the last call.
  std::string TakeOutput();

  /// Whether this end has sent a close frame.
  [[nodiscard]] bool closing() const { return is_closing_; }
  /// Whether the connection is over as soon as the output is sent: both ends have sent a close
  /// frame, or the client has violated the protocol. Everything it sends is ignored.
  [[nodiscard]] bool closed() const { return is_closed_; }
  /// The frames of any kind that have begun since the last call.
  std::size_t TakeFrameCount() { return std::exchange(frames_, 0); }
  /// Bytes of memory allocated for unfinished input.
  [[nodiscard]] std::size_t held_memory() const;

 private:
  struct ReaderDeleter {
    void operator()(wslay_frame_context* reader) const;
  };

  void PrepareReader();
  void ReadFrames(const OnText& on_text);
  void BeginFrame(const wslay_frame_iocb& frame);
  void BeginData(const wslay_frame_iocb& frame);
  void EndFrame(const wslay_frame_iocb& frame, const OnText& on_text);
  void AnswerClose(std::string_view body);
  void Fail(std::uint16_t code);
  static std::string Encode(std::uint8_t opcode, std::string_view text);
  void AppendFrame(std::uint8_t opcode, std::string_view payload);
  static void AppendFrame(std::uint8_t opcode, std::string_view payload, std::string& output);

  const std::size_t max_message_bytes_;
  const Frames type_;
  /// The library's reader, while it is within a frame.
  std::unique_ptr<wslay_frame_context, ReaderDeleter> reader_;
  std::string_view input_;          ///< that the reader has not got yet; during `Feed`
  std::size_t buffered_ = 0;        ///< bytes in the reader that belong to no frame seen so far
  std::uint64_t payload_left_ = 0;  ///< missing bytes of an incomplete frame
  std::size_t frames_ = 0;          ///< that were not counted yet
  bool is_in_message_ = false;      ///< a fragmented message is incomplete
  std::string message_;             ///< its payload so far
  std::string control_;             ///< the payload so far of a control frame
  std::string output_;
  bool is_closing_ = false;
  bool is_closed_ = false;
};

}  // namespace rtcroom
