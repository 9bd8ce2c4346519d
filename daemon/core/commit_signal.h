// From a commit to the thread that reads the events of it.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/core/store.h"

namespace rtcroom {

/// Wakes one reader of events as soon as there is something new to read, so that it need not poll.
///
/// @threads safe from any thread.
class CommitSignal : public CommitListener {
 public:
  void OnCommit(std::span<const RoomChange> /*changes*/) noexcept override { Raise(); }

  /// Wakes the reader, or keeps it from falling asleep.
  void Raise() noexcept EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      if (raised_) return;  // whoever raised it has notified, and the reader is yet to come
      raised_ = true;
    }
    changed_.NotifyOne();
  }

  /// Waits until it is raised, `deadline` at the latest, and lowers it.
  /// @return whether it was raised.
  bool Wait(MonotonicTime deadline) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (!raised_) {
      if (!changed_.WaitUntil(mutex_, deadline)) break;
    }
    const bool raised = raised_;
    raised_ = false;
    return raised;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool raised_ GUARDED_BY(mutex_) = false;
};

/// One listener that is several, in the order given.
class CommitFanOut : public CommitListener {
 public:
  explicit CommitFanOut(std::vector<CommitListener*> listeners)
      : listeners_(std::move(listeners)) {}

  void OnCommit(std::span<const RoomChange> changes) noexcept override {
    for (CommitListener* listener : listeners_) listener->OnCommit(changes);
  }

 private:
  const std::vector<CommitListener*> listeners_;
};

}  // namespace rtcroom
