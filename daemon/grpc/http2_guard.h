// What clients of HTTP/2 may send to a gRPC library that believes too much.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_set>

#include "daemon/base/clock.h"
#include "daemon/base/token_bucket.h"
#include "daemon/grpc/http2_frame.h"

namespace rtcroom {

struct Http2Limits {
  /// Longest frame, and longest block of headers. The protocol's own default: who announces
  /// nothing else need not take more.
  std::size_t max_frame_bytes = 16'384;
  std::size_t max_streams = 1'024;                               ///< open at once, of a connection
  RateLimit streams = {.per_second = 500, .burst = 512};         ///< begun, of a connection
  RateLimit frames = {.per_second = 100'000, .burst = 100'000};  ///< of a connection
  /// Of a connection: frames that neither carry content nor make room for it. Of the others an
  /// honest client sends one for each event that it is told, and some (grpc-go) a ping for each
  /// round trip.
  RateLimit control_frames = {.per_second = 2'000, .burst = 2'000};
  /// Of a connection: pings for which nothing that the server has sent gives a reason. gRPC ends
  /// the connection at the third, but collects kilobytes for each that comes before that is done.
  RateLimit idle_pings = {.per_second = 1, .burst = 10};
  std::size_t max_all_streams = 8'192;  ///< open at once; more than may watch
  /// Of a connection, whatever the others have open: nobody can use up all there are.
  std::size_t fair_streams = 64;
  RateLimit all_streams = {.per_second = 2'000, .burst = 1'024};  ///< begun
};

/// What the connections of a server share.
/// @threads for one thread.
struct Http2Budget {
  explicit Http2Budget(const Http2Limits& the_limits) : limits(the_limits) {}

  const Http2Limits limits;
  TokenBucket streams;
  std::size_t open_streams = 0;
};

/// Stands between a client and gRPC, and reads along.
///
/// gRPC 1.51 trusts its peers: it collects a block of headers that goes on in CONTINUATION frames
/// without a bound, reads a long text anew for each piece of it, lets streams begin before its
/// own limit has been acknowledged, and does the work of streams that are reset as fast as they
/// come (CVE-2023-33953, CVE-2023-44487). One connection takes gigabytes within seconds so. The
/// guard lets a block of headers pass only whole and in one frame, counts the streams that are
/// open, and slows down who begins too many: an honest client that is quick feels a pause, and
/// loses nothing.
///
/// @threads for one thread.
class Http2Guard {
 public:
  /// `budget` outlives the guard.
  explicit Http2Guard(Http2Budget& budget) : budget_(budget) {}
  ~Http2Guard();  ///< its streams count as ended
  Http2Guard(const Http2Guard&) = delete;
  Http2Guard& operator=(const Http2Guard&) = delete;

  struct Passage {
    std::size_t bytes = 0;  ///< how many of them may pass now
    /// When more than zero: what comes behind may not pass before that time is over.
    std::chrono::nanoseconds wait{0};
    /// When not empty: the connection must end, and why.
    std::string_view refusal = {};
  };

  /// Judges what the client has sent and has not passed yet. A frame that is not whole stays back,
  /// except that the content of DATA passes as it comes.
  /// @param unpassed  at most a frame stays back.
  Passage FromClient(std::string_view unpassed, MonotonicTime now);

  /// Reads along what gRPC sends: all of it, in order.
  void FromServer(std::string_view bytes);

  /// Whether the client has said what every client begins with.
  [[nodiscard]] bool has_begun() const { return phase_ == Phase::kFrames; }
  [[nodiscard]] std::size_t open_streams() const { return open_.size(); }

 private:
  enum class Phase : std::uint8_t { kPreface, kSettings, kFrames };

  [[nodiscard]] std::string_view Judge(const FrameHeader& frame) const;
  [[nodiscard]] bool IsPingTooMany(const FrameHeader& frame, MonotonicTime now);
  [[nodiscard]] bool Begins(const FrameHeader& frame) const;
  std::chrono::nanoseconds Charge(const FrameHeader& frame, MonotonicTime now);
  void NoteFromServer(const FrameHeader& frame);
  void Close(std::uint32_t stream);

  Http2Budget& budget_;
  Phase phase_ = Phase::kPreface;
  std::size_t client_payload_ = 0;  ///< still to come of the frame that is passing
  bool is_paid_ = false;            ///< the next frame has waited for its time
  TokenBucket frames_;
  TokenBucket control_frames_;
  TokenBucket idle_pings_;  ///< full again when the server says something
  TokenBucket streams_;
  std::uint32_t newest_stream_ = 0;
  std::unordered_set<std::uint32_t> open_;

  std::size_t server_payload_ = 0;  ///< still to come of gRPC's frame
  std::size_t server_head_bytes_ = 0;
  char server_head_[kFrameHeaderBytes] = {};  ///< as far as it has come
};

}  // namespace rtcroom
