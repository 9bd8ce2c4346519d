// A stream of the media server, for browsers that play it.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "daemon/base/mutex.h"
#include "daemon/base/thread_annotations.h"
#include "daemon/web/frame_ports.h"
#include "daemon/web/media_pipeline.h"
#include "daemon/web/stream_plans.h"
#include "daemon/web/stream_times.h"

namespace rtcroom {

/// Pulls H.264 and AAC, and delivers H.264 and Opus to a hub.
///
/// @threads for the main loop's thread.
class RtmpPull {
 public:
  /// @param address   rtmp://HOST:PORT/APP/STREAM?QUERY
  /// @param max_kbps  of pictures that are transcoded.
  RtmpPull(const std::string& address, PullPictures pictures, std::size_t max_kbps,
           const MediaClock& clock, std::shared_ptr<StreamHub> hub);

  /// Pictures are treated so from now on.
  void Use(PullPictures pictures) { pictures_ = pictures; }
  /// Delivers nothing from now on, until `Resume`.
  void Pause() { is_paused_ = true; }
  void Resume() { is_paused_ = false; }
  [[nodiscard]] bool is_paused() const { return is_paused_; }

  /// Asks for a key frame: where pictures are transcoded one is made, at most two a second.
  void AskKey() { pipeline_.AskKey(); }

  /// Whether the media server has not yet said that it sends the stream. The library never closes
  /// the connection of a pull that is destroyed meanwhile: pause it instead.
  [[nodiscard]] bool IsConnecting() const;
  /// Whether it has failed, or the stream has ended.
  [[nodiscard]] bool has_ended() const { return pipeline_.end().has_value(); }
  /// Whether pictures came in another order than they are shown in: browsers cannot play them.
  [[nodiscard]] bool is_reordered() const { return reordered_ >= kReordered; }

 private:
  static constexpr int kReordered = 4;

  void Receive(GstPad* pad);
  std::optional<MediaTime> TimeOf(MediaKind kind, const GstBuffer& buffer) EXCLUDES(mutex_);

  const std::size_t max_kbps_;
  const MediaClock& clock_;
  const std::shared_ptr<StreamHub> hub_;
  std::atomic<PullPictures> pictures_;
  std::atomic<int> reordered_{0};
  std::atomic<bool> is_paused_{false};
  Mutex mutex_;
  PullOffset offset_ GUARDED_BY(mutex_);
  MediaPipeline pipeline_;  ///< the last, so that its threads end first
};

}  // namespace rtcroom
