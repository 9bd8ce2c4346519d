// A browser that plays a stream.
#pragma once

#include <memory>

#include "daemon/web/web_peer.h"

namespace rtcroom {

/// Sends the frames of a hub as they are, once the peer is connected: what is sent before would be
/// played late.
class PlayPeer : public WebPeer {
 public:
  PlayPeer(const MediaClock& clock, PeerEvents events, const WebOffer& offer,
           std::shared_ptr<StreamHub> hub);
  ~PlayPeer() override;

  /// What the pipelines of browsers need, for a check that it is installed.
  static const char* Elements() {
    return "webrtcbin  appsrc ! rtph264pay  appsrc ! rtpopuspay  rtph264depay ! h264parse ! "
           "appsink  "
           "rtpopusdepay ! appsink";
  }

  [[nodiscard]] std::uint64_t bytes() const override { return feed_ ? feed_->bytes() : 0; }

 private:
  void Prepare() override;
  void Connected() override;
  bool OnKeyRequest() override;

  const std::shared_ptr<StreamHub> hub_;
  std::shared_ptr<FrameFeed> feed_;  ///< shared with the hub
};

}  // namespace rtcroom
