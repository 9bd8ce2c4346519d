#include "daemon/web/stream_times.h"

#include <array>

namespace rtcroom {

// NOLINTNEXTLINE(google-build-using-namespace): the literals of durations
using namespace std::chrono_literals;

MediaTime OpusDuration(std::span<const std::uint8_t> packet) {
  if (packet.empty()) return {};
  constexpr std::array<MediaTime, 4> kSilk = {10ms, 20ms, 40ms, 60ms};
  const unsigned configuration = packet[0] >> 3U;
  const unsigned code = packet[0] & 3U;
  MediaTime frame = 2500us * (1U << (configuration & 3U));
  if (configuration < 12) {
    frame = kSilk.at(configuration & 3U);
  } else if (configuration < 16) {
    frame = 10ms * (1U << (configuration & 1U));
  }
  if (code == 0) return frame;
  if (code < 3) return 2 * frame;
  return packet.size() > 1 ? frame * (packet[1] & 63U) : frame;
}

MediaTime SteadySound::Next(MediaTime time, MediaTime duration) {
  constexpr MediaTime kTremble = 40ms;
  if (time > next_ - kTremble && time < next_ + kTremble) time = next_;
  next_ = time + duration;
  return time;
}

MediaTime PullOffset::Apply(MediaTime time, MediaTime now) {
  constexpr MediaTime kMostAhead = 100ms;
  constexpr MediaTime kMostLate = 3s;
  const MediaTime late = now - time - offset_.value_or(now - time);
  if (!offset_ || late < -kMostAhead || late > kMostLate) {
    offset_ = now - time;
  } else if (late < 0s) {
    *offset_ += late;
  }
  return time + *offset_;
}

}  // namespace rtcroom
