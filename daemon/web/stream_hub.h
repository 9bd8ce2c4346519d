// One stream: from its source to all who play it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/base/thread_annotations.h"
#include "daemon/web/media_frame.h"

namespace rtcroom {

/// Passes the frames of a source on. A reader's first picture is a key frame: that of the pictures
/// since the last one, which are kept for it, or the next. They come at once, with times a
/// millisecond apart, so that a decoder is soon done with them.
///
/// @threads safe from any thread; the frames of one kind come from one thread at a time.
class StreamHub {
 public:
  // The hub keeps the pictures since the newest key frame up to these bounds. Beyond them it
  // forgets all, and a new reader waits for the next key frame.
  static constexpr std::size_t kMaxPictures = 400;
  static constexpr std::size_t kMaxBytes = std::size_t{3} << 20;

  void Deliver(const MediaFrame& frame) EXCLUDES(mutex_);

  void Add(std::shared_ptr<FrameReader> reader) EXCLUDES(mutex_);
  /// No frame arrives at it any more.
  void Remove(const FrameReader& reader) EXCLUDES(mutex_);

  /// The source is another one: forgets the pictures.
  void Restart() EXCLUDES(mutex_);

  /// Tells the size of its pictures, in pixels.
  void SetSize(std::uint32_t width, std::uint32_t height);
  [[nodiscard]] std::uint32_t width() const { return width_; }
  [[nodiscard]] std::uint32_t height() const { return height_; }

  /// Whether readers wait for a key frame that nobody has.
  [[nodiscard]] bool needs_key() const { return needs_key_; }
  /// Frames of both kinds that were delivered.
  [[nodiscard]] std::uint64_t frames() const { return frames_; }
  /// Whether a frame of that kind has come since the last `Restart`.
  [[nodiscard]] bool has(MediaKind kind) const {
    return kind == MediaKind::kVideo ? has_video_ : has_audio_;
  }

 private:
  struct Place {
    std::shared_ptr<FrameReader> reader;
    bool has_picture = false;
  };

  void Keep(const MediaFrame& picture) REQUIRES(mutex_);
  /// Gives it the pictures that are kept.
  void Begin(Place& place) REQUIRES(mutex_);

  /// Held while readers take a frame, which does not block.
  Mutex mutex_;
  std::vector<MediaFrame> pictures_ GUARDED_BY(mutex_);  ///< since the last key frame
  std::size_t kept_bytes_ GUARDED_BY(mutex_) = 0;
  std::vector<Place> places_ GUARDED_BY(mutex_);
  std::atomic<bool> needs_key_{false};
  std::atomic<bool> has_video_{false};
  std::atomic<bool> has_audio_{false};
  std::atomic<std::uint32_t> width_{0};
  std::atomic<std::uint32_t> height_{0};
  std::atomic<std::uint64_t> frames_{0};
};

}  // namespace rtcroom
