// Pushes of what is not stored: what happens to the media of a room's members, who comes to a group
// and goes, what accounts have read, and what is said to those who are connected.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/core/notice_log.h"

namespace rtcroom {

/// A notice that is delivered.
struct NoticePush : PushNotice {
  /// The encoded notice by variant: the first receiver that needs a variant adds it, and the others
  /// use it. Only the feed's thread reads and writes this.
  std::map<int, std::string> forms{};
};

/// Waits for the feed, which delivers it within its next tick. Receivers that are not there then do
/// not get it, now or later.
///
/// @threads safe from any thread.
class PushNotices : public NoticeListener {
 public:
  /// Beyond these newer ones are dropped.
  static constexpr std::size_t kMaxWaiting = 10'000;
  static constexpr std::size_t kMaxWaitingBytes = std::size_t{16} << 20;
  /// The most notices that wait to be reported to the other servers. Newer ones are dropped.
  static constexpr std::size_t kMaxUntold = 2000;
  /// The most notices that one tick reports.
  static constexpr std::size_t kToldPerTick = 100;

  /// SDKs in a room with more receivers are not told who comes and goes.
  static constexpr std::size_t kMostTold = 200;

  /// @param others  is there until `Stop`; null: no other server is on the store.
  explicit PushNotices(NoticeLog* others = nullptr) : others_(others) {
    if (others_ != nullptr) others_->HearNotices(this);
  }
  /// The log is not used afterwards, nor is `Tell` called.
  void Stop() {
    if (others_ != nullptr) others_->HearNotices(nullptr);
  }
  PushNotices(const PushNotices&) = delete;
  PushNotices& operator=(const PushNotices&) = delete;

  void Add(PushNotice notice) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const std::size_t bytes = bytes_ + notice.bytes();
    if (waiting_.size() >= kMaxWaiting || bytes > kMaxWaitingBytes) return;
    bytes_ = bytes;
    waiting_.push_back(std::move(notice));
  }
  /// The notice goes to the receivers at all servers on the store.
  void Share(PushNotice notice) EXCLUDES(mutex_) {
    if (others_ == nullptr) return Add(std::move(notice));
    const MutexLock lock(mutex_);
    const std::size_t bytes = untold_bytes_ + notice.bytes();
    if (untold_.size() >= kMaxUntold || bytes > kMaxWaitingBytes) return;
    untold_bytes_ = bytes;
    untold_.push_back(std::move(notice));
  }
  /// Tells the servers on the store, and this one, of some that are to be shared. What fails is
  /// tried again. @threads one thread at a time.
  void Tell() EXCLUDES(mutex_) {
    std::vector<PushNotice> told;
    {
      const MutexLock lock(mutex_);
      const std::size_t count = std::min(untold_.size(), kToldPerTick);
      told.assign(untold_.begin(), untold_.begin() + static_cast<std::ptrdiff_t>(count));
    }
    if (told.empty() || !others_->ReportNotices(told)) return;
    const MutexLock lock(mutex_);
    for (const PushNotice& notice : told) untold_bytes_ -= notice.bytes();
    untold_.erase(untold_.begin(), untold_.begin() + static_cast<std::ptrdiff_t>(told.size()));
  }
  void OnNotices(std::span<const PushNotice> notices) noexcept override {
    for (const PushNotice& notice : notices) Add(notice);
  }
  [[nodiscard]] std::vector<PushNotice> Take() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    bytes_ = 0;
    return std::exchange(waiting_, {});
  }

 private:
  NoticeLog* const others_;
  Mutex mutex_;
  std::vector<PushNotice> waiting_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;  ///< of them
  std::deque<PushNotice> untold_ GUARDED_BY(mutex_);
  std::size_t untold_bytes_ GUARDED_BY(mutex_) = 0;  ///< likewise
};

}  // namespace rtcroom
