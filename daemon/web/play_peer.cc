#include "daemon/web/play_peer.h"

#include <utility>

#include <fmt/format.h>
#include <gst/video/video.h>

namespace rtcroom {
namespace {

std::string MediumText(const OfferedMedium& medium, int index) {
  const int type = *medium.payload_type;
  // In the caps from the start: the answer would name another source, and a browser shows nothing
  // of one that was not named.
  const guint32 source = g_random_int() | 1U;
  const std::string end =
      fmt::format("ssrc=(uint){},payload={} ! rtc.sink_{} ", source, type, index);
  if (medium.is_video) {
    return fmt::format(
        "{} ! rtph264pay ssrc={} pt={} config-interval=-1 aggregate-mode=zero-latency mtu=1200 ! "
        "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,{}",
        kVideoSource, source, type, end);
  }
  return fmt::format(
      "{} ! rtpopuspay ssrc={} pt={} ! "
      "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,{}",
      kAudioSource, source, type, end);
}

std::string PipelineText(const WebOffer& offer) {
  std::string text = "webrtcbin name=rtc bundle-policy=max-bundle ";
  int index = 0;
  for (const OfferedMedium& medium : offer.media) {
    if (medium.payload_type) text += MediumText(medium, index++);
  }
  return text;
}

}  // namespace

PlayPeer::PlayPeer(const MediaClock& clock, PeerEvents events, const WebOffer& offer)
    : WebPeer(PipelineText(offer), clock, std::move(events)) {}

void PlayPeer::Prepare(const WebOffer& /*offer*/) {
  GstPtr<GstElement> video = pipeline_.Find("video");
  if (video != nullptr) {
    const GstPtr<GstPad> pad(gst_element_get_static_pad(video.get(), "src"));
    const auto self = std::static_pointer_cast<PlayPeer>(shared_from_this());
    gst_pad_add_probe(
        pad.get(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
        [](GstPad*, GstPadProbeInfo* info, gpointer weak) {
          const auto peer = Owner<PlayPeer>(weak);
          if (peer && gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(info))) {
            ++peer->key_requests_;
            peer->Post([](WebPeer& of) { static_cast<PlayPeer&>(of).events_.key_wanted(); });
          }
          return GST_PAD_PROBE_OK;
        },
        new std::weak_ptr<PlayPeer>(self),
        [](gpointer weak) { delete static_cast<std::weak_ptr<PlayPeer>*>(weak); });
  }
  feed_ = std::make_shared<FrameFeed>(std::move(video), pipeline_.Find("audio"));
}

}  // namespace rtcroom
