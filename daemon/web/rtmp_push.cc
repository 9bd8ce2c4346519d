#include "daemon/web/rtmp_push.h"

#include <utility>

#include <fmt/format.h>

namespace rtcroom {
namespace {

std::string PipelineText(const RtmpPush::Media& media) {
  std::string text =
      "flvmux name=muxer streamable=true latency=50000000 ! rtmp2sink name=target sync=false "
      "async=false ";
  if (media.has_video) {
    text +=
        fmt::format("{} ! h264parse ! video/x-h264,stream-format=avc,alignment=au ! muxer.video ",
                    kVideoSource);
  }
  if (media.has_audio) {
    text += fmt::format(
        "{} ! opusdec plc=true use-inband-fec=true ! audioconvert ! audioresample ! "
        "audio/x-raw,rate=48000,channels=2 ! avenc_aac bitrate=64000 ! aacparse ! muxer.audio ",
        kAudioSource);
  }
  return text;
}

}  // namespace

RtmpPush::RtmpPush(const std::string& address, Media media, const MediaClock& clock,
                   std::shared_ptr<StreamHub> hub)
    : media_(media), hub_(std::move(hub)), pipeline_(PipelineText(media), clock) {
  g_object_set(pipeline_.Find("target").get(), "location", address.c_str(), nullptr);
  feed_ = std::make_shared<FrameFeed>(pipeline_.Find("video"), pipeline_.Find("audio"));
  pipeline_.Play();
  hub_->Add(feed_);
}

bool RtmpPush::IsTaken() const { return RtmpBytesFrom(pipeline_.Find("target").get()) > 0; }

RtmpPush::~RtmpPush() { Mute(); }

}  // namespace rtcroom
