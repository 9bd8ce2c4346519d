// The times of frames, as receivers need them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "daemon/web/media_frame.h"

namespace rtcroom {

/// How long a packet of Opus sounds; 0 for an empty one. @source RFC 6716, 3.1.
MediaTime OpusDuration(std::span<const std::uint8_t> packet);

/// The times of packets of sound that came over a network, which tremble by a millisecond: a
/// receiver would hear gaps in sound that has none. Each packet follows the one before at once,
/// unless it is 40 ms or more from there.
///
/// @threads for one thread.
class SteadySound {
 public:
  MediaTime Next(MediaTime time, MediaTime duration);

 private:
  MediaTime next_{-std::chrono::hours(1)};
};

/// Puts the times of a stream of a media server, which begin anywhere, on the shared clock: one
/// offset for picture and sound, so that both stay together.
///
/// A stream that is ahead moves the offset. One that is 3 s late, or more than 100 ms ahead, has
/// begun anew: so does the offset.
///
/// @threads for one thread at a time.
class PullOffset {
 public:
  MediaTime Apply(MediaTime time, MediaTime now);

 private:
  std::optional<MediaTime> offset_;
};

}  // namespace rtcroom
