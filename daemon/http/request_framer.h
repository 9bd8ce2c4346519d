// Finds the end of each HTTP/1 request in a stream of bytes, and refuses ambiguous ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/http/message.h"

namespace rtcroom {

enum class HttpVersion : std::uint8_t { k10, k11 };

/// A complete request with unambiguous framing. Its path is still percent-encoded, and its client's
/// address is not known yet.
struct FramedRequest : HttpRequest {
  std::string forwarded_for = {};  ///< every X-Forwarded-For, in order, comma separated
  HttpVersion version = HttpVersion::k11;
  bool keep_alive = false;    ///< the client may send another request
  bool more_follows = false;  ///< bytes after it have already been received
};

/// Bounds on the parts before the body. A whole head is at most `kMaxHeadBytes`.
inline constexpr std::size_t kMaxHeadBytes = 8192;
inline constexpr std::size_t kMaxRequestLineBytes = 2048;
inline constexpr std::size_t kMaxPathBytes = 512;
inline constexpr std::size_t kMaxHeaders = 64;
/// Each header of an upgrade. A request with a longer one is read, but its connection is not
/// upgraded.
inline constexpr std::size_t kMaxUpgradeHeaderBytes = 256;
/// Empty lines allowed before a request: some clients send an extra one after a body.
/// @source RFC 9112 2.2.
inline constexpr std::size_t kMaxLeadingBlankLines = 2;

/// Turns bytes into requests, one after the other; independent of sockets and clocks.
///
/// Stricter than RFC 9112 where two readers of the same bytes could disagree about the end of
/// a request: a body has one Content-Length or none, chunked bodies are 411, encoded ones 415;
/// bare CR or LF, folded lines, blanks before a colon, control characters and a second Host are
/// 400. Only path and query of a target in absolute form are used (RFC 9112 3.2.2). Headers
/// with names of characters other than letters, digits and `-` are dropped, so that none can be
/// mistaken for a variable that a library derives from the connection (`REMOTE_ADDR`).
///
/// @threads for one thread at a time.
class RequestFramer {
 public:
  enum class Progress : std::uint8_t {
    kNeedMore,  ///< the request is incomplete
    kContinue,  ///< likewise, and the client waits for `100 Continue`; once per request
    kComplete,  ///< call `Take`
    kRefused,   ///< answer `refusal()` and close: the framing of later bytes is unknown
  };

  /// @param kept  names of further headers for handlers; they outlive this object.
  explicit RequestFramer(std::size_t max_body_bytes, std::span<const std::string_view> kept = {})
      : max_body_bytes_(max_body_bytes), kept_(kept) {}

  /// Adds `bytes` (empty: parses the bytes left from earlier calls) and returns the progress.
  /// @param now  the time of their arrival.
  Progress Feed(std::string_view bytes, MonotonicTime now);

  /// The request that `Feed` reported as complete; the bytes after it are kept.
  FramedRequest Take();

  /// The bytes after the request that was taken last, for a connection that was upgraded: they are
  /// no request.
  std::string TakeRest();

  /// 4xx; meaningful after `kRefused`.
  [[nodiscard]] int refusal() const { return refusal_; }
  /// Whether bytes of an unfinished request are buffered.
  [[nodiscard]] bool has_bytes() const { return !buffer_.empty(); }
  /// The number of these bytes.
  [[nodiscard]] std::size_t held_bytes() const { return buffer_.size(); }
  /// Memory allocated for them, in bytes.
  [[nodiscard]] std::size_t held_memory() const { return buffer_.capacity(); }
  /// The time of the `Feed` that first received bytes of that request; meaningful while there are
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
  bool TakeHost(std::string_view value);
  void TakeConnection(std::string_view value);
  void Keep(std::string_view name, std::string_view value);
  void TakeUpgrade(std::string UpgradeOffer::* part, std::string_view value);
  [[nodiscard]] bool IsUpgradable() const;
  bool Refuse(int status);

  const std::size_t max_body_bytes_;
  const std::span<const std::string_view> kept_;
  std::string buffer_;
  std::size_t parsed_ = 0;  ///< bytes of the buffer that belong to finished lines
  Part part_ = Part::kRequestLine;
  FramedRequest request_;
  MonotonicTime begun_at_{};
  bool is_begun_ = false;
  std::size_t blank_lines_ = 0;
  std::size_t headers_ = 0;
  bool has_host_ = false;
  std::size_t host_begin_ = 0;  ///< of the host, in the buffer
  std::size_t host_bytes_ = 0;
  bool has_close_ = false;    ///< one `close` overrides every `keep-alive`
  bool has_upgrade_ = false;  ///< among the options of `Connection`
  std::optional<std::size_t> content_length_;
  bool awaits_continue_ = false;
  int refusal_ = 0;
};

}  // namespace rtcroom
