#include "daemon/web/rtmp_pull.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace rtcroom {
namespace {

constexpr const char* kPipeline = "rtmp2src name=source ! flvdemux name=streams";

constexpr const char* kPictures =
    "h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au";
constexpr const char* kSound =
    "aacparse ! avdec_aac ! audioconvert ! audioresample ! audio/x-raw,rate=48000,channels=2 ! "
    "opusenc bitrate=64000 frame-size=20";

std::string PicturesAnew(std::size_t kbps) {
  return fmt::format(
      "h264parse ! queue ! avdec_h264 max-threads=1 ! videoconvert ! openh264enc complexity=low "
      "rate-control=bitrate bitrate={} gop-size=50 multi-thread=1 "
      "min-force-key-unit-interval=500000000 ! {}",
      kbps * 1000, kPictures);
}

}  // namespace

RtmpPull::RtmpPull(const std::string& address, PullPictures pictures, std::size_t max_kbps,
                   const MediaClock& clock, std::shared_ptr<StreamHub> hub)
    : max_kbps_(max_kbps),
      clock_(clock),
      hub_(std::move(hub)),
      pictures_(pictures),
      pipeline_(kPipeline, clock) {
  g_object_set(pipeline_.Find("source").get(), "location", address.c_str(), nullptr);
  const GstPtr<GstElement> streams = pipeline_.Find("streams");
  // The demuxer would else take no pictures that begin more than 6 s after the sound, nor the
  // reverse: key frames may be rare, and a camera may be switched on later.
  GST_OBJECT_FLAG_SET(GST_OBJECT_PARENT(streams.get()), GST_BIN_FLAG_STREAMS_AWARE);
  g_signal_connect(streams.get(), "pad-added",
                   G_CALLBACK(+[](GstElement*, GstPad* pad, gpointer self) {
                     static_cast<RtmpPull*>(self)->Receive(pad);
                   }),
                   this);
  pipeline_.Play();
}

bool RtmpPull::IsConnecting() const {
  return !has_ended() && RtmpBytesFrom(pipeline_.Find("source").get()) == 0;
}

void RtmpPull::Receive(GstPad* pad) {
  const CapsPtr caps(gst_pad_get_current_caps(pad));
  if (caps == nullptr) return;
  const std::string_view name = gst_structure_get_name(gst_caps_get_structure(caps.get(), 0));
  const bool is_video = name == "video/x-h264";
  if (!is_video && name != "audio/mpeg") {
    pipeline_.Append(pad, "fakesink sync=false async=false");
    return;
  }
  const MediaKind kind = is_video ? MediaKind::kVideo : MediaKind::kAudio;
  const std::string text = !is_video                               ? kSound
                           : pictures_ == PullPictures::kTranscode ? PicturesAnew(max_kbps_)
                                                                   : kPictures;
  FrameTime time = [this, kind](GstSample*, GstBuffer* buffer) { return TimeOf(kind, *buffer); };
  DeliverFrom(pad, text, pipeline_, {.kind = kind, .hub = hub_, .time = std::move(time)});
}

std::optional<MediaTime> RtmpPull::TimeOf(MediaKind kind, const GstBuffer& buffer) {
  if (is_paused_) return std::nullopt;
  const GstClockTime shown = GST_BUFFER_PTS(&buffer);
  if (kind == MediaKind::kVideo) {
    const GstClockTime decoded = GST_BUFFER_DTS(&buffer);
    const bool is_early = GST_CLOCK_TIME_IS_VALID(decoded) && shown > decoded + 5 * GST_MSECOND;
    const bool is_reordered = is_early && pictures_ != PullPictures::kTranscode;
    if (is_reordered) ++reordered_;
    // A browser whose decoder has seen one such picture may show no other any more. The key frames
    // are among them, so the hub passes none of the rest either.
    if (is_reordered || pictures_ == PullPictures::kLeaveOut) return std::nullopt;
  }
  const MutexLock lock(mutex_);
  return offset_.Apply(MediaTime(static_cast<MediaTime::rep>(shown)), clock_.Now());
}

}  // namespace rtcroom
