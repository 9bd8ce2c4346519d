// Finds where one HTTP/1 request ends in a stream of bytes, and refuses what is ambiguous.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rtcroom {

/// A request that was read whole and whose framing is beyond doubt.
struct FramedRequest {
  std::string request_line = {};  ///< `METHOD target HTTP/1.x`, without the line's end
  std::string content_type = {};  ///< as sent; empty when absent
  std::string origin = {};        ///< as sent; empty when absent
  std::string body = {};
  bool keep_alive = false;  ///< the client expects another request to be answered
};

/// Bounds of what comes before the body. A whole head is at most `kMaxHeadBytes`.
inline constexpr std::size_t kMaxHeadBytes = 8192;
inline constexpr std::size_t kMaxRequestLineBytes = 2048;
inline constexpr std::size_t kMaxPathBytes = 512;
inline constexpr std::size_t kMaxHeaders = 64;

/// Turns bytes into requests, one after the other; knows neither sockets nor time.
///
/// Stricter than RFC 9112 where two readers of the same bytes could disagree about the end of
/// a request: a body has one Content-Length or none, chunked bodies are 411, encoded ones 415;
/// bare CR or LF, folded lines, blanks before a colon and control characters are 400. Headers
/// whose names hold anything but letters, digits and `-` are dropped, so that none can pass
/// for a variable that a library derives from the connection (`REMOTE_ADDR`).
///
/// @threads for one thread at a time.
class RequestFramer {
 public:
  enum class Progress : std::uint8_t {
    kNeedMore,  ///< the request goes on
    kContinue,  ///< likewise, and the client waits for `100 Continue`; told once a request
    kComplete,  ///< call `Take`
    kRefused,   ///< answer `refusal()` and close: nothing after it can be trusted
  };

  explicit RequestFramer(std::size_t max_body_bytes) : max_body_bytes_(max_body_bytes) {}

  /// Adds `bytes` (none: looks at what is left from before) and says how far the request is.
  Progress Feed(std::string_view bytes);

  /// The request that `Feed` called complete; what follows it in the stream is kept.
  FramedRequest Take();

  /// 4xx; meaningful after `kRefused`.
  [[nodiscard]] int refusal() const { return refusal_; }
  /// Whether bytes of an unfinished request are held.
  [[nodiscard]] bool has_bytes() const { return !buffer_.empty(); }

 private:
  enum class Part : std::uint8_t { kRequestLine, kHeaders, kBody };

  Progress ReadHead();
  Progress ReadBody();
  bool TakeRequestLine(std::string_view line);
  bool TakeHeader(std::string_view line);
  bool ApplyHeader(std::string_view name, std::string_view value);
  bool TakeContentLength(std::string_view value);
  bool Refuse(int status);

  const std::size_t max_body_bytes_;
  std::string buffer_;
  std::size_t parsed_ = 0;  ///< bytes of the buffer that belong to finished lines
  Part part_ = Part::kRequestLine;
  FramedRequest request_;
  std::size_t headers_ = 0;
  std::optional<std::size_t> content_length_;
  bool awaits_continue_ = false;
  int refusal_ = 0;
};

}  // namespace rtcroom
