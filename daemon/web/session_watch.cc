#include "daemon/web/session_watch.h"

namespace rtcroom {

SessionWatch::SessionWatch(MonotonicTime now, std::uint64_t max_kbps)
    : max_bytes_per_second_(max_kbps * 1000 / 8),
      began_at_(now),
      heard_at_(now),
      measured_at_(now),
      slow_at_(now) {}

void SessionWatch::Connected(MonotonicTime now) {
  is_connected_ = true;
  heard_at_ = now;
  slow_at_ = now;
}

std::optional<SessionFault> SessionWatch::Check(MonotonicTime now, const Counts& counts) {
  if (!is_connected_) {
    if (now - began_at_ < kPatience) return std::nullopt;
    return v1::WebEnded::REASON_NEVER_CONNECTED;
  }
  if (counts.signs != signs_ || !counts.is_fed) heard_at_ = now;
  signs_ = counts.signs;
  if (now - heard_at_ >= kPatience) return v1::WebEnded::REASON_SILENT;
  if (counts.unfinished > kMostUnfinished) return v1::WebEnded::REASON_TOO_FAST;
  if (max_bytes_per_second_ == 0) return std::nullopt;
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - measured_at_);
  if (since < std::chrono::seconds(1)) return std::nullopt;
  const std::uint64_t bytes = (counts.bytes - bytes_) * 1000 / std::uint64_t(since.count());
  bytes_ = counts.bytes;
  measured_at_ = now;
  if (bytes <= max_bytes_per_second_) slow_at_ = now;
  if (now - slow_at_ >= kPatience) return v1::WebEnded::REASON_TOO_FAST;
  return std::nullopt;
}

}  // namespace rtcroom
