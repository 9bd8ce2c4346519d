// A live service whose replies tests set.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/media/live_service.h"

namespace rtcroom {

/// @threads safe from any thread.
class FakeLiveService : public LiveService {
 public:
  StreamReport AskState(const std::string& stream, std::chrono::milliseconds timeout) override {
    const MutexLock lock(mutex_);
    asked_.push_back(stream);
    timeouts_.push_back(timeout);
    while (hangs_) changed_.Wait(mutex_);
    const auto state = states_.find(stream);
    if (state == states_.end()) return {.state = StreamState::kUnknown, .reason = "away"};
    return {.state = state->second};
  }
  Result<MixReply> Mix(const MixRequest& request, std::chrono::milliseconds timeout) override {
    const MutexLock lock(mutex_);
    mixes_.push_back(request);
    timeouts_.push_back(timeout);
    while (hangs_) changed_.Wait(mutex_);
    if (replies_.empty()) return Error{Errc::kUnavailable, "no reply in time"};
    Result<MixReply> reply = std::move(replies_.front());
    replies_.pop_front();
    return reply;
  }

  /// @param state  of that stream from now on.
  void Set(const std::string& stream, StreamState state) {
    const MutexLock lock(mutex_);
    states_[stream] = state;
  }
  /// The next reply to a mix; without one there is none in time.
  void WillReply(Result<MixReply> reply) {
    const MutexLock lock(mutex_);
    replies_.push_back(std::move(reply));
  }
  /// Calls hang until it is false again.
  void SetHanging(bool hangs) {
    const MutexLock lock(mutex_);
    hangs_ = hangs;
    changed_.NotifyAll();
  }
  /// The streams asked about, in order.
  [[nodiscard]] std::vector<std::string> asked() const {
    const MutexLock lock(mutex_);
    return asked_;
  }
  [[nodiscard]] std::vector<MixRequest> mixes() const {
    const MutexLock lock(mutex_);
    return mixes_;
  }
  [[nodiscard]] std::vector<std::chrono::milliseconds> timeouts() const {
    const MutexLock lock(mutex_);
    return timeouts_;
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  bool hangs_ GUARDED_BY(mutex_) = false;
  std::map<std::string, StreamState> states_ GUARDED_BY(mutex_);
  std::deque<Result<MixReply>> replies_ GUARDED_BY(mutex_);
  std::vector<std::string> asked_ GUARDED_BY(mutex_);
  std::vector<MixRequest> mixes_ GUARDED_BY(mutex_);
  std::vector<std::chrono::milliseconds> timeouts_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
