// Wakes the thread that reads the writes of a commit.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/core/commit_listener.h"

namespace rtcroom {

/// Wakes one event reader as soon as there is something new to read, so that it need not poll.
///
/// @threads safe from any thread.
class CommitSignal : public CommitListener {
 public:
  void OnCommit(const Committed& committed) noexcept override {
    if (!committed.events.empty()) Raise();
  }

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

/// Wakes a sender of the outbox when something has been enqueued for its service.
class DeliverySignal : public CommitSignal {
 public:
  enum class To : std::uint8_t { kIm, kTrtc };

  explicit DeliverySignal(To service = To::kIm) : service_(service) {}

  void OnCommit(const Committed& committed) noexcept override {
    if (service_ == To::kIm ? committed.has_im_deliveries : committed.has_trtc_deliveries) Raise();
  }

 private:
  const To service_;
};

/// Wakes the reader of what concerns the message channel.
class ChannelSignal : public CommitSignal {
 public:
  void OnCommit(const Committed& committed) noexcept override {
    const bool concerns =
        !committed.events.empty() || committed.has_messages || !committed.account_logins.empty();
    if (concerns) Raise();
  }
};

/// Forwards to a listener that is there later than the store.
class CommitRelay : public CommitListener {
 public:
  /// @param listener  outlives the commits that follow; null: none.
  void ForwardTo(CommitListener* listener) { listener_ = listener; }

  void OnCommit(const Committed& committed) noexcept override {
    if (CommitListener* const listener = listener_) listener->OnCommit(committed);
  }

 private:
  std::atomic<CommitListener*> listener_{nullptr};
};

/// Forwards to several listeners in the given order.
class CommitFanOut : public CommitListener {
 public:
  explicit CommitFanOut(std::vector<CommitListener*> listeners)
      : listeners_(std::move(listeners)) {}

  void OnCommit(const Committed& committed) noexcept override {
    for (CommitListener* listener : listeners_) listener->OnCommit(committed);
  }

 private:
  const std::vector<CommitListener*> listeners_;
};

}  // namespace rtcroom
