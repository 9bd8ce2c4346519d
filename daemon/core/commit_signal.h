// Wakes the thread that reads events after a commit.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/core/store.h"

namespace rtcroom {

/// Wakes one event reader as soon as there is something new to read, so that it need not poll.
///
/// @threads safe from any thread.
class CommitSignal : public CommitListener {
 public:
  void OnCommit(std::span<const RoomChange> /*changes*/) noexcept override { Raise(); }

  /// Wakes the reader, or prevents its next wait from blocking.
  void Raise() noexcept EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      if (raised_) return;  // already notified, and not yet consumed by the reader
      raised_ = true;
    }
    changed_.NotifyOne();
  }

  /// Waits until the signal is raised, at most until `deadline`, and resets it.
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

/// Forwards to several listeners in the given order.
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
