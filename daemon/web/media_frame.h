// A picture or a packet of sound, on its way from the source of a stream to who plays it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace rtcroom {

/// A time on the clock that all pipelines of the process share.
using MediaTime = std::chrono::nanoseconds;

enum class MediaKind : std::uint8_t { kVideo, kAudio };

/// A plain value; the bytes are shared and do not change.
struct MediaFrame {
  MediaKind kind = MediaKind::kVideo;
  bool is_key = false;  ///< a picture that needs no earlier one
  MediaTime time{};
  std::size_t bytes = 0;
  std::shared_ptr<void> buffer = {};  ///< of the media library: H.264 byte stream, or Opus
};

/// Takes the frames of a stream.
class FrameReader {
 public:
  virtual ~FrameReader() = default;
  /// Called on the threads of the source, one at a time for each kind; must not block.
  virtual void Take(const MediaFrame& frame) = 0;
};

}  // namespace rtcroom
