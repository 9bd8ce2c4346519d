// A stream that browsers publish or play: its hub, and its way from and to the media server.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/web/media_pipeline.h"
#include "daemon/web/rtmp_pull.h"
#include "daemon/web/rtmp_push.h"
#include "daemon/web/stream_hub.h"
#include "daemon/web/stream_plans.h"
#include "daemon/web/web_peer.h"

namespace rtcroom {

/// The settings that the streams of a worker share.
struct StreamSettings {
  std::string server = {};  ///< rtmp://HOST:PORT
  std::size_t max_kbps = 0;
  std::size_t max_transcodes = 0;  ///< 0: streams with B-frames are played without pictures
  std::size_t transcodes = 0;      ///< that run now
};

/// @threads for the main loop's thread; what it is given outlives it.
class WebStream {
 public:
  /// @param app, name  of the stream on the media server
  WebStream(const std::string& app, std::string name, StreamSettings& settings,
            const MediaClock& clock, Logger& logger, MonotonicTime now);
  ~WebStream();
  WebStream(const WebStream&) = delete;
  WebStream& operator=(const WebStream&) = delete;

  [[nodiscard]] const std::shared_ptr<StreamHub>& hub() const { return hub_; }

  [[nodiscard]] PublisherPlan& publishers() { return publishers_; }
  /// Its source is a browser from now on, instead of the media server or another browser.
  void Publish(std::shared_ptr<WebPeer> publisher, const std::string& query);
  /// The browser has ended.
  void Unpublish(MonotonicTime now);
  /// The signature for the next pull.
  void SetPullQuery(const std::string& query) { pull_query_ = query; }
  /// Whether it is to be pulled though nobody plays it.
  void SetKept(bool is_kept) { is_kept_ = is_kept; }
  void AskKey();

  /// Pulls and pushes as far as it is time to. Call it a few times a second.
  void Step(MonotonicTime now, bool has_players);

  /// Whether the publisher's session ends, as the media server has not taken its stream for long.
  [[nodiscard]] bool IsPushLost(MonotonicTime now) const { return push_plan_.IsLost(now); }
  /// Whether who plays it since `since` waits in vain.
  [[nodiscard]] bool IsMissing(MonotonicTime now, MonotonicTime since) const {
    return publisher_ == nullptr && pull_plan_.IsMissing(now, since);
  }
  /// Whether who plays it gets no pictures, as browsers cannot play them and no more transcoders
  /// may run.
  [[nodiscard]] bool RefusesPictures() const {
    return is_played_ && pictures_ == PullPictures::kLeaveOut;
  }
  /// Whether nobody has published or wanted it for long, and it has no pull, not even a paused one,
  /// and no muted push.
  [[nodiscard]] bool IsOver(MonotonicTime now) const {
    return publisher_ == nullptr && pull_ == nullptr && muted_.empty() && pull_plan_.IsOver(now);
  }

 private:
  void StepPush(MonotonicTime now);
  void EndPush();
  void StepPull(MonotonicTime now, bool has_players);
  [[nodiscard]] bool IsPulling() const { return pull_ != nullptr && !pull_->is_paused(); }
  void BeginPull(PullPictures pictures);
  void EndPull();
  /// The query, a signature, is never logged.
  [[nodiscard]] std::string Address(const std::string& query) const;

  const std::string name_;
  const std::string address_;  ///< rtmp://HOST:PORT/APP/NAME
  StreamSettings& settings_;
  const MediaClock& clock_;
  Logger& logger_;
  const std::shared_ptr<StreamHub> hub_ = std::make_shared<StreamHub>();
  PublisherPlan publishers_;
  std::shared_ptr<WebPeer> publisher_;  ///< shared with its session
  std::string push_query_;
  std::string pull_query_;
  std::unique_ptr<RtmpPush> push_;
  std::vector<std::unique_ptr<RtmpPush>> muted_;  ///< pushes that still connect, and are over
  PushPlan push_plan_;
  std::optional<MonotonicTime> media_at_;  ///< when the publisher's first media came
  MonotonicTime key_at_{};
  std::unique_ptr<RtmpPull> pull_;  ///< a paused one still connects, and is not wanted now
  PullPlan pull_plan_;
  bool is_kept_ = false;
  bool is_played_ = false;                       ///< at the last step
  bool is_reordered_ = false;                    ///< browsers cannot play the pictures as they come
  PullPictures pictures_ = PullPictures::kPass;  ///< of the pull that runs
  std::uint64_t seen_frames_ = 0;
};

}  // namespace rtcroom
