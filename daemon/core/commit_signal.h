// Wakes the thread that reads the writes of a commit.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/core/room_change.h"

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

/// Wakes a sender of the outbox when a change has enqueued something for its service.
class DeliverySignal : public CommitSignal {
 public:
  enum class To : std::uint8_t { kIm, kTrtc };

  explicit DeliverySignal(To service = To::kIm) : service_(service) {}

  void OnCommit(std::span<const RoomChange> changes) noexcept override {
    const bool has_enqueued = std::ranges::any_of(changes, [this](const RoomChange& change) {
      return change.delivery && change.delivery->enqueue &&
             IsForTrtc(*change.delivery->enqueue) == (service_ == To::kTrtc);
    });
    if (has_enqueued) Raise();
  }

 private:
  const To service_;
};

/// Wakes the reader of messages when some were appended.
class MessageSignal : public CommitSignal {
 public:
  void OnCommit(std::span<const RoomChange> /*changes*/) noexcept override {}
  void OnMessages() noexcept override { Raise(); }
};

/// Wakes a reader of both events and messages.
class WriteSignal : public CommitSignal {
 public:
  void OnMessages() noexcept override { Raise(); }
};

/// Forwards to several listeners in the given order.
class CommitFanOut : public CommitListener {
 public:
  explicit CommitFanOut(std::vector<CommitListener*> listeners)
      : listeners_(std::move(listeners)) {}

  void OnCommit(std::span<const RoomChange> changes) noexcept override {
    for (CommitListener* listener : listeners_) listener->OnCommit(changes);
  }
  void OnMessages() noexcept override {
    for (CommitListener* listener : listeners_) listener->OnMessages();
  }

 private:
  const std::vector<CommitListener*> listeners_;
};

}  // namespace rtcroom
