// Records every change reported by a store, and counts the reports of messages.
#pragma once

#include <atomic>
#include <span>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/core/room_change.h"

namespace rtcroom {

/// @threads safe from any thread.
class RecordingListener : public CommitListener {
 public:
  void OnCommit(std::span<const RoomChange> changes) noexcept override {
    const MutexLock lock(mutex_);
    changes_.insert(changes_.end(), changes.begin(), changes.end());
  }

  void OnMessages() noexcept override { ++message_reports_; }

  /// Number of commits with messages.
  [[nodiscard]] int message_reports() const { return message_reports_; }

  [[nodiscard]] std::vector<RoomChange> changes() const {
    const MutexLock lock(mutex_);
    return changes_;
  }

  /// The events of all changes, in the order of the reports.
  [[nodiscard]] std::vector<RoomEvent> events() const {
    const MutexLock lock(mutex_);
    std::vector<RoomEvent> events;
    for (const RoomChange& change : changes_) {
      events.insert(events.end(), change.events.begin(), change.events.end());
    }
    return events;
  }

 private:
  mutable Mutex mutex_;
  std::vector<RoomChange> changes_ GUARDED_BY(mutex_);
  std::atomic<int> message_reports_{0};
};

}  // namespace rtcroom
