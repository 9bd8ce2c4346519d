// Finds where one HTTP/1 request ends in a stream of bytes, and refuses what is ambiguous.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/secret.h"

namespace rtcroom {

enum class HttpVersion : std::uint8_t { k10, k11 };

/// A request that was read whole and whose framing is beyond doubt.
struct FramedRequest {
  std::string method = {};         ///< as sent
  std::string path = {};           ///< as sent, still percent-encoded; without a host
  std::string query = {};          ///< as sent, without the `?`
  std::string content_type = {};   ///< as sent; empty when absent
  std::string origin = {};         ///< as sent; empty when absent
  Secret authorization = {};       ///< every Authorization, in order, comma separated
  std::string if_none_match = {};  ///< the last one, as sent; empty when absent
  std::string forwarded_for = {};  ///< every X-Forwarded-For, in order, comma separated
  std::string body = {};
  HttpVersion version = HttpVersion::k11;
  bool keep_alive = false;    ///< the client expects another request to be answered
  bool more_follows = false;  ///< bytes behind it have come already
};

/// Bounds of what comes before the body. A whole head is at most `kMaxHeadBytes`.
inline constexpr std::size_t kMaxHeadBytes = 8192;
inline constexpr std::size_t kMaxRequestLineBytes = 2048;
inline constexpr std::size_t kMaxPathBytes = 512;
inline constexpr std::size_t kMaxHeaders = 64;
/// Empty lines that may precede a request: some clients end a body with one too many.
/// @source RFC 9112 2.2.
inline constexpr std::size_t kMaxLeadingBlankLines = 2;

/// Turns bytes into requests, one after the other; knows neither sockets nor clocks.
///
/// Stricter than RFC 9112 where two readers of the same bytes could disagree about the end of
/// a request: a body has one Content-Length or none, chunked bodies are 411, encoded ones 415;
/// bare CR or LF, folded lines, blanks before a colon, control characters and a second Host are
/// 400. Of a target in absolute form only path and query count (RFC 9112 3.2.2). Headers
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
  /// @param now  when they came.
  Progress Feed(std::string_view bytes, MonotonicTime now);

  /// The request that `Feed` called complete; what follows it in the stream is kept.
  FramedRequest Take();

  /// 4xx; meaningful after `kRefused`.
  [[nodiscard]] int refusal() const { return refusal_; }
  /// Whether bytes are held that no request has taken yet.
  [[nodiscard]] bool has_bytes() const { return !buffer_.empty(); }
  /// How many.
  [[nodiscard]] std::size_t held_bytes() const { return buffer_.size(); }
  /// How much memory they take, in bytes.
  [[nodiscard]] std::size_t held_memory() const { return buffer_.capacity(); }
  /// When the first `Feed` saw those bytes behind the request before; meaningful while there are
  /// any.
  [[nodiscard]] MonotonicTime begun_at() const { return begun_at_; }

 private:
  enum class Part : std::uint8_t { kRequestLine, kHeaders, kBody };

  Progress ReadHead(MonotonicTime now);
  Progress ReadBody();
  bool TakeRequestLine(std::string_view line);
  bool TakeTarget(std::string_view target);
  bool TakeHeader(std::string_view line);
  bool ApplyHeader(std::string_view name, std::string_view value);
  bool TakeContentLength(std::string_view value);
  void TakeConnection(std::string_view value);
  bool Refuse(int status);

  const std::size_t max_body_bytes_;
  std::string buffer_;
  std::size_t parsed_ = 0;  ///< bytes of the buffer that belong to finished lines
  Part part_ = Part::kRequestLine;
  FramedRequest request_;
  MonotonicTime begun_at_{};
  bool is_begun_ = false;
  std::size_t blank_lines_ = 0;
  std::size_t headers_ = 0;
  bool has_host_ = false;
  bool says_close_ = false;  ///< one `close` outweighs every `keep-alive`
  std::optional<std::size_t> content_length_;
  bool awaits_continue_ = false;
  int refusal_ = 0;
};

}  // namespace rtcroom
