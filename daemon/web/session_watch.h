// Whether the peer of a session is there.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <rtcroom/v1/web.pb.h>

#include "daemon/base/clock.h"

namespace rtcroom {

/// Why a session ends without anybody having asked for it.
using SessionFault = v1::WebEnded::Reason;

/// Ends a session that does not connect in 10 s, that is silent for 10 s though it is fed, that
/// sends more than it may for 10 s, or packets of pictures of which none is ever whole.
///
/// The library has no consent checks (RFC 7675), and would notice after 47 s.
///
/// @threads for one thread.
class SessionWatch {
 public:
  static constexpr std::chrono::seconds kPatience{10};
  /// A key frame is far smaller, and after a loss one comes within a second.
  static constexpr std::uint64_t kMostUnfinished = std::uint64_t{12} << 20;

  /// @param max_kbps  0: no bound.
  SessionWatch(MonotonicTime now, std::uint64_t max_kbps);

  void Connected(MonotonicTime now);

  struct Counts {
    std::uint64_t signs = 0;  ///< of life: packets of RTCP that came
    std::uint64_t bytes = 0;  ///< of media that came
    /// Bytes of memory for packets of pictures since the last whole one: the library keeps them.
    std::uint64_t unfinished = 0;
    bool is_fed = true;  ///< whether the peer gets what it has to tell of
  };
  /// Call it every second, or more often. Each count is since the session began.
  std::optional<SessionFault> Check(MonotonicTime now, const Counts& counts);

  [[nodiscard]] bool is_connected() const { return is_connected_; }
  [[nodiscard]] MonotonicTime began_at() const { return began_at_; }

 private:
  const std::uint64_t max_bytes_per_second_;  ///< 0: no bound
  const MonotonicTime began_at_;
  bool is_connected_ = false;
  std::uint64_t signs_ = 0;
  MonotonicTime heard_at_;
  std::uint64_t bytes_ = 0;
  MonotonicTime measured_at_;
  MonotonicTime slow_at_;  ///< when it was last within the bound
};

}  // namespace rtcroom
