#include "daemon/web/play_peer.h"

#include <utility>

#include <fmt/format.h>

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

PlayPeer::PlayPeer(const MediaClock& clock, PeerEvents events, const WebOffer& offer,
                   std::shared_ptr<StreamHub> hub)
    : WebPeer(PipelineText(offer), clock, std::move(events)), hub_(std::move(hub)) {}

PlayPeer::~PlayPeer() {
  if (feed_) hub_->Remove(*feed_);
}

void PlayPeer::Prepare() {
  GstPtr<GstElement> video = pipeline_.Find("video");
  if (video != nullptr) {
    WatchKeyRequests(GstPtr<GstPad>(gst_element_get_static_pad(video.get(), "src")).get());
  }
  feed_ = std::make_shared<FrameFeed>(std::move(video), pipeline_.Find("audio"));
}

void PlayPeer::Connected() {
  hub_->Add(feed_);
  if (hub_->needs_key()) events_.key_wanted();
}

bool PlayPeer::OnKeyRequest() {
  ++key_requests_;
  Post([](WebPeer& self) { static_cast<PlayPeer&>(self).events_.key_wanted(); });
  return true;
}

}  // namespace rtcroom
