// The connection to one browser.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gst/gst.h>
#include <rtcroom/v1/web.pb.h>

#include "daemon/base/token_bucket.h"
#include "daemon/web/frame_ports.h"
#include "daemon/web/media_pipeline.h"
#include "daemon/web/sdp_answer.h"
#include "daemon/web/sdp_offer.h"
#include "daemon/web/session_watch.h"
#include "daemon/web/stream_hub.h"

namespace rtcroom {

struct PeerNetwork {
  std::vector<std::string> addresses = {};  ///< numeric, of this machine
  std::uint16_t first_port = 0;
  std::uint16_t last_port = 0;
  bool has_tcp = false;
  std::chrono::milliseconds latency{250};  ///< for packets that come late or again
};

/// All are called on the main loop's thread, and not after `End`.
struct PeerEvents {
  /// The library's answer; once, or `failed` instead.
  std::function<void(const std::string& answer)> answered;
  /// The peer is there, and is who made the offer. Once at most.
  std::function<void()> connected;
  std::function<void(SessionFault fault)> failed;
  /// The peer needs a key frame of what it plays.
  std::function<void()> key_wanted;
};

/// A peer connection and its pipeline. H.264 and Opus of a browser that publishes are delivered to
/// the hub as they came. To one that plays the frames of the hub are sent as they are, once it is
/// connected: what is sent before would be played late.
///
/// Signals of the library come on threads of its own; they hold weak references, since some come
/// after the end.
///
/// @threads for the main loop's thread, but for what says otherwise.
class WebPeer : public std::enable_shared_from_this<WebPeer> {
 public:
  WebPeer(WebWay way, const WebOffer& offer, const PeerNetwork& network, const MediaClock& clock,
          std::shared_ptr<StreamHub> hub, PeerEvents events);
  ~WebPeer();
  WebPeer(const WebPeer&) = delete;
  WebPeer& operator=(const WebPeer&) = delete;

  /// Answers the offer; returns at once.
  void Begin(const WebOffer& offer, const PeerNetwork& network);
  /// Ends the connection, and its threads.
  void End();

  /// Whether its pipeline has failed.
  [[nodiscard]] bool has_failed() const { return pipeline_.end().has_value(); }
  /// Packets of RTCP that came.
  [[nodiscard]] std::uint64_t signs() const { return signs_; }
  /// Bytes of media to the peer, or from it: then all packets count, also those that are left out.
  [[nodiscard]] std::uint64_t bytes() const { return feed_ ? feed_->bytes() : bytes_.load(); }
  /// Bytes of memory for the packets of pictures that came since the last whole picture.
  [[nodiscard]] std::uint64_t unfinished() const { return unfinished_; }
  /// Asks who publishes for a key frame; at most two a second are asked for.
  void AskKey() { pipeline_.AskKey(); }
  /// Whether the peer names more sources in RTCP than a browser has: each takes memory.
  [[nodiscard]] bool HasManySources() const;
  /// Writes the round trip, the loss and the key frames that were asked for: of the peer, or by it.
  void WriteStats(v1::WebSessionStats& stats) const;

 private:
  /// Calls it on the main loop's thread, unless the peer has ended by then. Safe from any thread.
  void Post(std::function<void(WebPeer& self)> call);
  void BoundStreams(const WebOffer& offer);
  void SetUpIce(const PeerNetwork& network);
  void Negotiate(const std::string& offer);
  void SetAnswer(GstPromise* promise);
  void CheckGathering();
  void CheckConnection();
  bool HasRightCertificate();
  void HearRtcp();
  void BoundPackets();
  void BoundRepeats();
  /// Decides, on any thread, whether something passes a pad.
  using Probe = bool (*)(WebPeer& self, GstPadProbeInfo* info);
  /// Nothing passes once the peer is gone.
  void Watch(GstPad* pad, GstPadProbeType type, Probe probe);
  /// Safe from any thread.
  void Fail(SessionFault fault);
  [[nodiscard]] MonotonicTime Now() const { return MonotonicTime(clock_.Now()); }
  void Receive(GstPad* pad);
  FrameTime TimeOf(MediaKind kind);
  void WatchKeyRequests(GstPad* pad);
  /// Somebody downstream of a watched pad needs a key frame; called on any thread.
  /// @return whether it is asked for.
  bool OnKeyRequest();

  const WebWay way_;
  const MediaClock& clock_;
  const std::shared_ptr<StreamHub> hub_;
  MediaPipeline pipeline_;
  const GstPtr<GstElement> rtc_;
  PeerEvents events_;
  std::string fingerprint_;
  bool has_ended_ = false;
  std::atomic<bool> has_answered_{false};
  std::atomic<bool> is_verified_{false};  ///< its certificate was found right
  std::atomic<std::uint64_t> signs_{0};
  std::atomic<std::uint32_t> key_requests_{0};
  std::atomic<MediaTime> asked_at_{MediaTime(-std::chrono::hours(1))};  ///< for a key frame
  // A publisher sets these. It takes the first source of each kind and ignores others.
  std::atomic<bool> has_video_{false};
  std::atomic<bool> has_audio_{false};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> unfinished_{0};
  // The thread on which packets come uses these.
  std::set<std::uint32_t> sources_;
  TokenBucket rtcp_;                 ///< packets
  TokenBucket repeats_;              ///< that are asked for
  std::shared_ptr<FrameFeed> feed_;  ///< to one that plays; shared with the hub
  GstPtr<GObject> rtp_session_;      ///< from `connected` on
};

}  // namespace rtcroom
