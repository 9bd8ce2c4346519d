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
#include "daemon/web/picture_group.h"

namespace rtcroom {

/// Passes the frames of a source on. A reader's first picture is a key frame: that of the pictures
/// since the last one, which are kept for it, or the next.
///
/// @threads safe from any thread; the frames of one kind come from one thread at a time.
class StreamHub {
 public:
  void Deliver(const MediaFrame& frame) EXCLUDES(mutex_);

  void Add(std::shared_ptr<FrameReader> reader) EXCLUDES(mutex_);
  /// A frame may still arrive at it that is on its way.
  void Remove(const FrameReader& reader) EXCLUDES(mutex_);

  /// The source is another one: forgets the pictures.
  void Restart() EXCLUDES(mutex_);

  /// Tells the size of its pictures, in pixels.
  void SetSize(std::uint32_t width, std::uint32_t height);
  [[nodiscard]] std::uint32_t width() const { return width_; }
  [[nodiscard]] std::uint32_t height() const { return height_; }

  /// Whether readers wait for a key frame that nobody has.
  [[nodiscard]] bool needs_key() const { return needs_key_; }
  /// Frames and bytes of both kinds that were delivered.
  [[nodiscard]] std::uint64_t frames() const { return frames_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// Whether a frame of that kind has come since the last `Restart`.
  [[nodiscard]] bool has(MediaKind kind) const {
    return kind == MediaKind::kVideo ? has_video_ : has_audio_;
  }

 private:
  struct Place {
    std::shared_ptr<FrameReader> reader;
    std::atomic<bool> has_picture{false};
    explicit Place(std::shared_ptr<FrameReader> of) : reader(std::move(of)) {}
  };
  /// Shared by who delivers a frame and the hub, which replaces it when a reader comes or goes.
  using Places = std::vector<std::shared_ptr<Place>>;

  Mutex mutex_;
  PictureGroup group_ GUARDED_BY(mutex_);
  std::shared_ptr<const Places> places_ GUARDED_BY(mutex_) = std::make_shared<Places>();
  std::atomic<bool> needs_key_{false};
  std::atomic<bool> has_video_{false};
  std::atomic<bool> has_audio_{false};
  std::atomic<std::uint32_t> width_{0};
  std::atomic<std::uint32_t> height_{0};
  std::atomic<std::uint64_t> frames_{0};
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace rtcroom
