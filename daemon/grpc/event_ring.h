// The newest events, ready to send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include <grpcpp/support/byte_buffer.h>

#include "daemon/base/mutex.h"
#include "daemon/grpc/watch_filter.h"

namespace rtcroom {

/// An event, serialised once for all subscribers.
struct FeedEvent {
  std::uint64_t position = 0;  ///< in the store's order
  EventFacts facts;
  grpc::ByteBuffer message{};  ///< a v1::WatchResponse that includes the event's cursor
};

struct EventRingLimits {
  std::size_t max_events = 8192;
  std::size_t max_bytes = std::size_t{4} * 1024 * 1024;  ///< of the messages
};

/// The end of the store's history, from which all live subscribers are served. One writer appends;
/// each reader keeps a place of its own, which may have been overwritten.
///
/// Places number the appended events without gaps, so that a reader finds its own in O(1);
/// positions are the store's, and have gaps.
///
/// @threads safe from any thread.
class EventRing {
 public:
  explicit EventRing(EventRingLimits limits) : limits_(limits) {}

  /// Drops all events, because some are missing. The next appended event follows `position` in the
  /// store's order without a gap. Readers have to look up their place anew.
  void Restart(std::uint64_t position);

  /// Appends events in ascending order, the first following the last appended one, and drops the
  /// oldest above the limits. A call before the first `Restart` is an error.
  void Append(std::vector<std::shared_ptr<const FeedEvent>> events);

  /// A reader's place.
  struct Mark {
    std::uint64_t position = 0;  ///< everything up to here is done
    std::uint64_t place = 0;     ///< next place to read
    std::uint64_t restarts = 0;  ///< restarts before it was made
  };

  /// The mark of a reader at `position`; nullopt when the following events are not, or no longer,
  /// in the ring. The reader may be ahead of the ring.
  [[nodiscard]] std::optional<Mark> MarkAt(std::uint64_t position) const;

  /// Why a reader finds no event.
  enum class Loss : std::uint8_t {
    kNone,       ///< it has read everything
    kTooSlow,    ///< its next events have been dropped
    kRestarted,  ///< the ring restarted: its next events are unknown
  };
  [[nodiscard]] Loss LossOf(const Mark& mark) const;

  struct Found {
    std::shared_ptr<const FeedEvent> event{};  ///< null: no more matches
    Loss loss = Loss::kNone;
    Mark mark{};  ///< after the examined events
  };
  /// The first event after `mark` that matches.
  [[nodiscard]] Found Next(const Mark& mark, const WatchFilter& filter) const;

 private:
  struct Slot {
    std::uint64_t position = 0;
    std::shared_ptr<const FeedEvent> event{};  // shared with senders
    std::size_t bytes = 0;
  };

  [[nodiscard]] bool IsFullLocked() const REQUIRES(mutex_);
  [[nodiscard]] Loss LossOfLocked(const Mark& mark) const REQUIRES(mutex_);

  const EventRingLimits limits_;
  mutable Mutex mutex_;
  std::deque<Slot> slots_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
  std::uint64_t first_place_ GUARDED_BY(mutex_) = 0;  // of the oldest slot, or of the next one
  std::optional<std::uint64_t> before_ GUARDED_BY(mutex_);  // position right before the oldest slot
  std::uint64_t restarts_ GUARDED_BY(mutex_) = 0;
};

}  // namespace rtcroom
