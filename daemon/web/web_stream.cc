#include "daemon/web/web_stream.h"

#include <utility>

#include <fmt/format.h>

#include "daemon/core/stream_urls.h"

namespace rtcroom {

WebStream::WebStream(const std::string& app, std::string name, StreamSettings& settings,
                     const MediaClock& clock, Logger& logger, MonotonicTime now)
    : name_(std::move(name)),
      address_(fmt::format("{}/{}/{}", settings.server, app, name_)),
      settings_(settings),
      clock_(clock),
      logger_(logger),
      pull_plan_(now) {}

WebStream::~WebStream() { EndPull(); }

std::string WebStream::Address(const std::string& query) const {
  return query.empty() ? address_ : address_ + "?" + query;
}

void WebStream::Publish(std::shared_ptr<WebPeer> publisher, const std::string& query) {
  EndPull();
  EndPush();
  push_plan_ = {};
  push_query_ = query;
  is_reordered_ = false;  // another source may send pictures in their order
  media_at_.reset();
  publisher_ = std::move(publisher);
  hub_->Restart();
}

void WebStream::Unpublish(MonotonicTime now) {
  EndPush();
  publisher_.reset();
  hub_->Restart();
  pull_plan_.Media(now);  // who plays it waits as long as for one that was never there
}

void WebStream::AskKey() {
  if (publisher_) return publisher_->AskKey();
  if (pull_) pull_->AskKey();
}

void WebStream::Step(MonotonicTime now, bool has_players) {
  is_played_ = has_players;
  if (pull_ && pull_->is_paused() && !pull_->IsConnecting()) pull_.reset();
  std::erase_if(muted_, [](const auto& push) { return !push->IsConnecting(); });
  if (publisher_) {
    StepPush(now);
  } else {
    StepPull(now, has_players);
  }
}

void WebStream::StepPush(MonotonicTime now) {
  // A browser sends no key frame unasked; players of the media server wait for one.
  constexpr std::chrono::seconds kKeyPeriod{2};
  // How long the one medium waits for the other: the media server's players are told once of what
  // there is.
  constexpr std::chrono::seconds kBothPatience{1};
  if (hub_->needs_key() || now - key_at_ >= kKeyPeriod) {
    key_at_ = now;
    publisher_->AskKey();
  }
  const RtmpPush::Media media{.has_video = hub_->has(MediaKind::kVideo),
                              .has_audio = hub_->has(MediaKind::kAudio)};
  if (!media.has_video && !media.has_audio) return;
  if (!media_at_) media_at_ = now;
  if (push_ && push_->IsTaken()) push_plan_.Worked(now);
  if (push_ && push_->has_ended()) {
    logger_.Warn("web_push_failed", {{"stream", name_}, {"reason", push_->why()}});
    push_plan_.Ended(now, hub_->frames());
    push_.reset();
  }
  const bool is_complete =
      (media.has_video && media.has_audio) || now - *media_at_ >= kBothPatience;
  if (push_ && push_->media() != media) EndPush();
  if (push_ || !is_complete || !push_plan_.IsDue(now, hub_->frames())) return;
  const std::string query =
      push_plan_.WasTaken() ? fmt::format("{}=1&{}", kAgainArgument, push_query_) : push_query_;
  push_ = std::make_unique<RtmpPush>(Address(query), media, clock_, hub_);
}

void WebStream::EndPush() {
  if (push_ && push_->IsConnecting()) {
    push_->Mute();
    muted_.push_back(std::move(push_));
  }
  push_.reset();
}

void WebStream::StepPull(MonotonicTime now, bool has_players) {
  if (seen_frames_ != hub_->frames()) pull_plan_.Media(now);
  seen_frames_ = hub_->frames();
  if (IsPulling() && pull_->has_ended()) {
    EndPull();
    is_reordered_ = false;
    pull_plan_.Ended(now);
  }
  const bool is_due = pull_plan_.IsDue(now, has_players, is_kept_);
  const bool is_first_sign = IsPulling() && pull_->is_reordered() && !is_reordered_;
  is_reordered_ |= is_first_sign;
  const bool has_place =
      pictures_ == PullPictures::kTranscode || settings_.transcodes < settings_.max_transcodes;
  const PullPictures pictures =
      is_reordered_ ? pull_plan_.Reordered(now, has_place) : PullPictures::kPass;
  if (is_first_sign) {
    logger_.Warn("web_reordered",
                 {{"stream", name_}, {"transcoded", pictures == PullPictures::kTranscode}});
  }
  // Only a transcoder needs another pipeline.
  if (is_due && IsPulling() && pictures_ == PullPictures::kPass &&
      pictures == PullPictures::kLeaveOut) {
    pull_->Use(pictures);
    pictures_ = pictures;
  }
  if (!is_due || pictures != pictures_) EndPull();
  if (is_due && !IsPulling()) BeginPull(pictures);
}

void WebStream::BeginPull(PullPictures pictures) {
  pictures_ = pictures;
  if (pictures == PullPictures::kTranscode) ++settings_.transcodes;
  hub_->Restart();
  if (pull_) {
    pull_->Use(pictures);
    return pull_->Resume();
  }
  pull_ =
      std::make_unique<RtmpPull>(Address(pull_query_), pictures, settings_.max_kbps, clock_, hub_);
}

void WebStream::EndPull() {
  if (!IsPulling()) return;
  if (pull_->IsConnecting()) {
    pull_->Pause();
  } else {
    pull_.reset();
  }
  if (std::exchange(pictures_, PullPictures::kPass) == PullPictures::kTranscode) {
    --settings_.transcodes;
  }
  hub_->Restart();
}

}  // namespace rtcroom
