// A browser that publishes a stream.
#pragma once

#include <atomic>
#include <memory>

#include "daemon/web/web_peer.h"

namespace rtcroom {

/// Passes H.264 and Opus on to a hub as they came.
class PublishPeer : public WebPeer {
 public:
  PublishPeer(const MediaClock& clock, PeerEvents events, std::chrono::milliseconds latency,
              std::shared_ptr<StreamHub> hub);

  void AskKey() override { pipeline_.AskKey(); }
  /// All packets count, also those that are left out.
  [[nodiscard]] std::uint64_t bytes() const override { return bytes_; }

 private:
  void Prepare() override;
  bool OnKeyRequest() override;
  void Receive(GstPad* pad);
  void CountPackets(GstPad* pad);
  FrameTime TimeOf(MediaKind kind);

  const MediaClock& clock_;
  const std::shared_ptr<StreamHub> hub_;
  // The first source of each kind is taken, others are left out.
  std::atomic<bool> has_video_{false};
  std::atomic<bool> has_audio_{false};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<MediaTime> asked_at_{MediaTime(-std::chrono::hours(1))};
};

}  // namespace rtcroom
