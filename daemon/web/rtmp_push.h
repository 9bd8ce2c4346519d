// A browser's stream, for the media server.
#pragma once

#include <memory>
#include <string>

#include "daemon/web/frame_ports.h"
#include "daemon/web/media_pipeline.h"

namespace rtcroom {

/// Pushes the frames of a hub: H.264 as it is, Opus as AAC.
///
/// @threads for the main loop's thread.
class RtmpPush {
 public:
  struct Media {
    bool has_video = false;
    bool has_audio = false;
    bool operator==(const Media&) const = default;
  };
  /// @param address  rtmp://HOST:PORT/APP/STREAM?QUERY
  /// @param hub      gives its frames to this object until it ends.
  RtmpPush(const std::string& address, Media media, const MediaClock& clock,
           std::shared_ptr<StreamHub> hub);
  ~RtmpPush();
  RtmpPush(const RtmpPush&) = delete;
  RtmpPush& operator=(const RtmpPush&) = delete;

  /// Whether the media server has not yet said that it takes the stream. The library never closes
  /// the connection of a push that is destroyed meanwhile: mute it, and destroy it later.
  [[nodiscard]] bool IsConnecting() const { return !has_ended() && !IsTaken(); }
  /// It gets no frames from now on.
  void Mute() { hub_->Remove(*feed_); }

  /// Whether the media server could not be reached, or has closed the stream.
  [[nodiscard]] bool has_ended() const { return pipeline_.end().has_value(); }
  /// Whether the media server takes the stream, or took it before it has ended.
  [[nodiscard]] bool IsTaken() const;
  [[nodiscard]] std::string why() const { return pipeline_.end().value_or(""); }
  [[nodiscard]] const Media& media() const { return media_; }

 private:
  const Media media_;
  const std::shared_ptr<StreamHub> hub_;
  MediaPipeline pipeline_;
  std::shared_ptr<FrameFeed> feed_;  ///< shared with the hub
};

}  // namespace rtcroom
