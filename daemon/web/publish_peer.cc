#include "daemon/web/publish_peer.h"

#include <utility>

#include <fmt/format.h>
#include <gst/video/video.h>

#include "daemon/web/stream_times.h"

namespace rtcroom {

PublishPeer::PublishPeer(const MediaClock& clock, PeerEvents events,
                         std::chrono::milliseconds latency, std::shared_ptr<StreamHub> hub)
    : WebPeer(
          fmt::format("webrtcbin name=rtc bundle-policy=max-bundle latency={}", latency.count()),
          clock, std::move(events)),
      clock_(clock),
      hub_(std::move(hub)) {}

void PublishPeer::Prepare(const WebOffer& /*offer*/) {
  const auto self = std::static_pointer_cast<PublishPeer>(shared_from_this());
  ConnectWeakly(rtc_.get(), "pad-added", G_CALLBACK(+[](GstElement*, GstPad* pad, gpointer weak) {
                  const auto peer = Owner<PublishPeer>(weak);
                  if (peer && GST_PAD_DIRECTION(pad) == GST_PAD_SRC) peer->Receive(pad);
                }),
                self);
}

void PublishPeer::Receive(GstPad* pad) {
  const CapsPtr caps(gst_pad_get_current_caps(pad));
  if (caps == nullptr) return;
  const gchar* const media =
      gst_structure_get_string(gst_caps_get_structure(caps.get(), 0), "media");
  const MediaKind kind = media != nullptr && std::string_view(media) == "video" ? MediaKind::kVideo
                                                                                : MediaKind::kAudio;
  if ((kind == MediaKind::kVideo ? has_video_ : has_audio_).exchange(true)) {
    pipeline_.Append(pad, "fakesink sync=false async=false");
    return;
  }
  // After a loss pictures go on, damaged until the next key frame: with loss, waiting for one would
  // mostly show none.
  const GstPtr<GstElement> bin = pipeline_.Append(
      pad, kind == MediaKind::kVideo
               ? "rtph264depay request-keyframe=true wait-for-keyframe=false ! h264parse "
                 "config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au ! "
                 "appsink name=frames"
               : "rtpopusdepay ! appsink name=frames");
  if (bin == nullptr) return;
  GstPtr<GstElement> frames(gst_bin_get_by_name(GST_BIN(bin.get()), "frames"));
  DeliverFrom(frames.get(), kind, hub_, TimeOf(kind));
  if (kind == MediaKind::kAudio) return;
  const GstPtr<GstPad> sink(gst_element_get_static_pad(bin.get(), "sink"));
  const auto self = std::static_pointer_cast<PublishPeer>(shared_from_this());
  gst_pad_add_probe(
      sink.get(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
      [](GstPad*, GstPadProbeInfo* info, gpointer weak) {
        const auto peer = Owner<PublishPeer>(weak);
        if (!peer || !gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(info))) {
          return GST_PAD_PROBE_OK;
        }
        return peer->OnKeyRequest();
      },
      new std::weak_ptr<PublishPeer>(self),
      [](gpointer weak) { delete static_cast<std::weak_ptr<PublishPeer>*>(weak); });
  {
    const MutexLock lock(mutex_);
    pictures_ = std::move(frames);
  }
  AskKey();
}

FrameTime PublishPeer::TimeOf(MediaKind kind) {
  return [weak = weak_from_this(), kind, steady = SteadySound()](
             GstSample* sample, GstBuffer* buffer) mutable -> std::optional<MediaTime> {
    const auto peer = std::static_pointer_cast<PublishPeer>(weak.lock());
    if (!peer || !peer->is_verified_) return std::nullopt;
    peer->bytes_ += gst_buffer_get_size(buffer);
    const MediaTime time(static_cast<MediaTime::rep>(gst_segment_to_running_time(
        gst_sample_get_segment(sample), GST_FORMAT_TIME, GST_BUFFER_PTS(buffer))));
    if (kind == MediaKind::kVideo) return time;
    std::array<std::uint8_t, 2> head{};
    const gsize size = gst_buffer_extract(buffer, 0, head.data(), head.size());
    return steady.Next(time, OpusDuration(std::span(head).first(size)));
  };
}

GstPadProbeReturn PublishPeer::OnKeyRequest() {
  constexpr std::chrono::milliseconds kPause{500};
  const MediaTime now = clock_.Now();
  MediaTime asked_at = asked_at_;
  if (now - asked_at < kPause || !asked_at_.compare_exchange_strong(asked_at, now)) {
    return GST_PAD_PROBE_DROP;
  }
  ++key_requests_;
  return GST_PAD_PROBE_OK;
}

void PublishPeer::AskKey() {
  GstPtr<GstPad> pad;
  {
    const MutexLock lock(mutex_);
    if (pictures_ != nullptr) pad.reset(gst_element_get_static_pad(pictures_.get(), "sink"));
  }
  if (pad == nullptr) return;
  gst_pad_push_event(pad.get(),
                     gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

}  // namespace rtcroom
