// Plans that decide which session publishes a stream, and when the worker pulls the stream from the
// media server or pushes it there.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "daemon/base/clock.h"

namespace rtcroom {

/// The sessions that publish a stream: one that is answered and one that is to be, at most.
///
/// @threads for one thread.
class PublisherPlan {
 public:
  /// Whether one more would take the place of another, and so cost no more.
  [[nodiscard]] bool HasAny() const { return !answered_.empty() || !waiting_.empty(); }
  /// A session waits for its answer.
  /// @return the one whose place it takes, which ends; empty: none.
  std::string Began(const std::string& id) { return std::exchange(waiting_, id); }
  /// The session that waits is answered.
  /// @return likewise.
  std::string Answered() { return std::exchange(answered_, std::exchange(waiting_, {})); }
  void Ended(const std::string& id) {
    if (waiting_ == id) waiting_.clear();
    if (answered_ == id) answered_.clear();
  }

 private:
  std::string waiting_;
  std::string answered_;
};

/// How the worker treats the pictures that it pulls from the media server.
enum class PullPictures : std::uint8_t { kPass, kTranscode, kLeaveOut };

/// The times to pull a stream from the media server, for those who play it.
///
/// A pull goes on for 30 s after the last player, as the first picture of a new one takes up to
/// some seconds. One that has ended begins anew after 500 ms. A player waits for media for 30 s.
///
/// @threads for one thread.
class PullPlan {
 public:
  static constexpr std::chrono::seconds kPatience{30};
  static constexpr std::chrono::milliseconds kPause{500};

  explicit PullPlan(MonotonicTime now) : wanted_at_(now), media_at_(now) {}

  /// Media has come since the last call.
  void Media(MonotonicTime now) { media_at_ = now; }
  /// The pull has ended by itself.
  void Ended(MonotonicTime now) { begin_at_ = now + kPause; }

  /// Whether a pull is to run now. Call it at least each second.
  /// @param is_kept  it is wanted though nobody plays it.
  bool IsDue(MonotonicTime now, bool is_played, bool is_kept = false) {
    if (is_played) played_at_ = now;
    if (is_played || is_kept) wanted_at_ = now;
    return !IsOver(now) && now >= begin_at_;
  }

  /// Decides how to treat pictures that browsers cannot play as they come. A transcoder runs only
  /// for a stream that somebody plays, or played less than 30 s ago.
  /// @param has_transcoder  the stream has one, or may have one more.
  [[nodiscard]] PullPictures Reordered(MonotonicTime now, bool has_transcoder) const {
    const bool is_played = played_at_ && now - *played_at_ < kPatience;
    return has_transcoder && is_played ? PullPictures::kTranscode : PullPictures::kLeaveOut;
  }

  /// Whether the stream is of no more use: nobody has wanted it for 30 s.
  [[nodiscard]] bool IsOver(MonotonicTime now) const { return now - wanted_at_ >= kPatience; }

  /// Whether somebody who has waited since `since` waits in vain.
  [[nodiscard]] bool IsMissing(MonotonicTime now, MonotonicTime since) const {
    return now - since >= kPatience && now - media_at_ >= kPatience;
  }

 private:
  std::optional<MonotonicTime> played_at_;
  MonotonicTime wanted_at_;
  MonotonicTime media_at_;
  MonotonicTime begin_at_{};
};

/// The times to push a stream to the media server: at once, and each second again after the server
/// has closed it or could not be reached, for 30 s without a push that lasts. It is pushed again
/// only with media that came since: a server that closes the push of a publisher that sends nothing
/// would close the next one, too.
///
/// @threads for one thread.
class PushPlan {
 public:
  static constexpr std::chrono::seconds kPatience{30};
  static constexpr std::chrono::seconds kPause{1};
  /// A push that is taken for so long lasts.
  static constexpr std::chrono::seconds kTrial{5};

  /// The push has ended: the media server was not reached, has refused it, or has closed it.
  /// @param frames  that the publisher has sent.
  void Ended(MonotonicTime now, std::uint64_t frames) {
    if (!failing_since_) failing_since_ = now;
    begin_at_ = now + kPause;
    frames_ = frames;
    taken_at_.reset();
  }
  /// The media server takes it. Call it a few times a second.
  void Worked(MonotonicTime now) {
    if (!taken_at_) taken_at_ = now;
    if (now - *taken_at_ >= kTrial) failing_since_.reset();
    was_taken_ = true;
  }

  [[nodiscard]] bool IsDue(MonotonicTime now, std::uint64_t frames) const {
    return now >= begin_at_ && frames != frames_;
  }
  /// Whether the media server has taken a push: somebody else may publish the stream by now, and
  /// must not lose it by another one.
  [[nodiscard]] bool WasTaken() const { return was_taken_; }
  /// Whether it is of no more use to push.
  [[nodiscard]] bool IsLost(MonotonicTime now) const {
    return !taken_at_ && failing_since_ && now - *failing_since_ >= kPatience;
  }

 private:
  bool was_taken_ = false;
  std::optional<MonotonicTime> taken_at_;  ///< nullopt: it is not taken now
  std::uint64_t frames_ = 0;               ///< when the last push ended
  MonotonicTime begin_at_{};
  std::optional<MonotonicTime> failing_since_;
};

}  // namespace rtcroom
