#include "daemon/web/publish_peer.h"

#include <utility>

#include <fmt/format.h>

#include "daemon/web/stream_times.h"

namespace rtcroom {

PublishPeer::PublishPeer(const MediaClock& clock, PeerEvents events,
                         std::chrono::milliseconds latency, std::shared_ptr<StreamHub> hub)
    : WebPeer(
          fmt::format("webrtcbin name=rtc bundle-policy=max-bundle latency={}", latency.count()),
          clock, std::move(events)),
      clock_(clock),
      hub_(std::move(hub)) {}

void PublishPeer::Prepare() {
  ConnectWeakly(rtc_.get(), "pad-added", G_CALLBACK(+[](GstElement*, GstPad* pad, gpointer weak) {
                  const auto peer = Owner<WebPeer>(weak);
                  if (!peer || GST_PAD_DIRECTION(pad) != GST_PAD_SRC) return;
                  static_cast<PublishPeer&>(*peer).Receive(pad);
                }),
                shared_from_this());
}

void PublishPeer::Receive(GstPad* pad) {
  const CapsPtr caps(gst_pad_get_current_caps(pad));
  if (caps == nullptr) return;
  CountPackets(pad);
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
                 "appsink name=pictures"
               : "rtpopusdepay ! appsink name=sound");
  if (bin == nullptr) return;
  DeliverFrom(bin.get(), kind, hub_, TimeOf(kind));
  if (kind == MediaKind::kAudio) return;
  WatchKeyRequests(GstPtr<GstPad>(gst_element_get_static_pad(bin.get(), "sink")).get());
  AskKey();
}

void PublishPeer::CountPackets(GstPad* pad) {
  gst_pad_add_probe(
      pad, GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad*, GstPadProbeInfo* info, gpointer weak) {
        if (const auto peer = Owner<WebPeer>(weak)) {
          static_cast<PublishPeer&>(*peer).bytes_ +=
              gst_buffer_get_size(GST_PAD_PROBE_INFO_BUFFER(info));
        }
        return GST_PAD_PROBE_OK;
      },
      NewWeak(shared_from_this()), DeleteWeak<WebPeer>);
}

FrameTime PublishPeer::TimeOf(MediaKind kind) {
  return [weak = weak_from_this(), kind, steady = SteadySound()](
             GstSample* sample, GstBuffer* buffer) mutable -> std::optional<MediaTime> {
    const auto peer = std::static_pointer_cast<PublishPeer>(weak.lock());
    if (!peer || !peer->is_verified_) return std::nullopt;
    const MediaTime time(static_cast<MediaTime::rep>(gst_segment_to_running_time(
        gst_sample_get_segment(sample), GST_FORMAT_TIME, GST_BUFFER_PTS(buffer))));
    if (kind == MediaKind::kVideo) return time;
    std::array<std::uint8_t, 2> head{};
    const gsize size = gst_buffer_extract(buffer, 0, head.data(), head.size());
    return steady.Next(time, OpusDuration(std::span(head).first(size)));
  };
}

bool PublishPeer::OnKeyRequest() {
  constexpr std::chrono::milliseconds kPause{500};
  const MediaTime now = clock_.Now();
  MediaTime asked_at = asked_at_;
  if (now - asked_at < kPause || !asked_at_.compare_exchange_strong(asked_at, now)) return false;
  ++key_requests_;
  return true;
}

}  // namespace rtcroom
