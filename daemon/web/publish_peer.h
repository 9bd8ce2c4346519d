// A browser that publishes a stream.
#pragma once

#include <atomic>
#include <memory>

#include "daemon/base/mutex.h"
#include "daemon/base/thread_annotations.h"
#include "daemon/web/web_peer.h"

namespace rtcroom {

/// Passes H.264 and Opus on to a hub as they came.
class PublishPeer : public WebPeer {
 public:
  PublishPeer(const MediaClock& clock, PeerEvents events, std::chrono::milliseconds latency,
              std::shared_ptr<StreamHub> hub);

  /// Asks for a key frame; at most two a second are asked for.
  void AskKey() EXCLUDES(mutex_);

  [[nodiscard]] std::uint64_t bytes() const override { return bytes_; }

 private:
  void Prepare(const WebOffer& offer) override;
  void Verified() override { is_verified_ = true; }
  void Receive(GstPad* pad) EXCLUDES(mutex_);
  FrameTime TimeOf(MediaKind kind);
  GstPadProbeReturn OnKeyRequest();

  const MediaClock& clock_;
  const std::shared_ptr<StreamHub> hub_;
  std::atomic<bool> is_verified_{false};
  // The first source of each kind is taken, others are left out.
  std::atomic<bool> has_video_{false};
  std::atomic<bool> has_audio_{false};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<MediaTime> asked_at_{MediaTime(-std::chrono::hours(1))};
  Mutex mutex_;
  GstPtr<GstElement> pictures_ GUARDED_BY(mutex_);  ///< where they leave; null before they come
};

}  // namespace rtcroom
