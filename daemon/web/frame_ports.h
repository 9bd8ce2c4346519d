// The places where frames leave and enter pipelines.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <gst/gst.h>

#include "daemon/web/gst_objects.h"
#include "daemon/web/media_frame.h"
#include "daemon/web/media_pipeline.h"
#include "daemon/web/stream_hub.h"

namespace rtcroom {

/// The time of a buffer on the shared clock; nullopt: it is left out. Called on the thread of the
/// frames of one kind.
using FrameTime = std::function<std::optional<MediaTime>(GstSample* sample, GstBuffer* buffer)>;

/// Where the frames of one kind go, and with which times.
struct FrameTap {
  MediaKind kind;
  std::shared_ptr<StreamHub> hub;
  FrameTime time;
};

/// Adds the elements of `text` behind `pad`, and delivers what comes out of them to the hub.
/// @return the elements; null when `MediaPipeline::Append` returns null.
GstPtr<GstElement> DeliverFrom(GstPad* pad, const std::string& text, const MediaPipeline& pipeline,
                               FrameTap tap);

/// Bytes that an rtmp2src or rtmp2sink has from its server; 0 until the server has said that it
/// sends or takes the stream.
std::uint64_t RtmpBytesFrom(GstElement* element);

/// Feeds the frames of a hub into the appsrcs of a pipeline, without waiting: what it cannot take,
/// it drops.
class FrameFeed : public FrameReader {
 public:
  /// Either may be null: such frames are left out.
  FrameFeed(GstPtr<GstElement> video, GstPtr<GstElement> audio)
      : video_(std::move(video)), audio_(std::move(audio)) {}

  void Take(const MediaFrame& frame) override;

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  const GstPtr<GstElement> video_;
  const GstPtr<GstElement> audio_;
  std::atomic<std::uint64_t> bytes_{0};
};

/// The text of appsrcs for `FrameFeed`, with their caps.
inline constexpr const char* kVideoSource =
    "appsrc name=video is-live=true format=time min-latency=0 max-buffers=600 max-bytes=0 "
    "max-time=0 leaky-type=downstream "
    "caps=video/x-h264,stream-format=byte-stream,alignment=au";
inline constexpr const char* kAudioSource =
    "appsrc name=audio is-live=true format=time min-latency=0 max-buffers=100 max-bytes=0 "
    "max-time=0 leaky-type=downstream "
    "caps=\"audio/x-opus,channel-mapping-family=0,channels=2,rate=48000\"";

}  // namespace rtcroom
