// A browser that plays a stream.
#pragma once

#include <memory>

#include "daemon/web/web_peer.h"

namespace rtcroom {

/// Sends the frames of a hub as they are. `feed` takes them; give it to the hub once the peer is
/// connected: what is sent before would be played late.
class PlayPeer : public WebPeer {
 public:
  PlayPeer(const MediaClock& clock, PeerEvents events, const WebOffer& offer);

  [[nodiscard]] const std::shared_ptr<FrameFeed>& feed() const { return feed_; }
  [[nodiscard]] std::uint64_t bytes() const override { return feed_ ? feed_->bytes() : 0; }

 private:
  void Prepare(const WebOffer& offer) override;

  std::shared_ptr<FrameFeed> feed_;  ///< shared with the hub
};

}  // namespace rtcroom
