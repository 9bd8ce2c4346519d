// The newest events, ready to be sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include <grpcpp/support/byte_buffer.h>

#include "daemon/base/mutex.h"
#include "daemon/events/watch_filter.h"

namespace rtcroom {

/// An event, serialised once for all who hear of it.
struct FeedEvent {
  std::uint64_t position = 0;  ///< in the store's order
  EventFacts facts;
  grpc::ByteBuffer message{};  ///< a v1::WatchResponse with the event's cursor in it
};

struct EventRingLimits {
  std::size_t max_events = 8192;
  std::size_t max_bytes = std::size_t{4} * 1024 * 1024;  ///< of the messages
};

/// The end of the store's history, from which all live subscribers are served. One writer appends;
/// readers keep a place each, and may find that the ring has gone on without them.
///
/// Places number what was ever appended, without gaps, so that a reader finds its own at once;
/// positions are the store's, and have gaps.
///
/// @threads safe from any thread.
class EventRing {
 public:
  explicit EventRing(EventRingLimits limits) : limits_(limits) {}

  /// Forgets everything, since something is missing. What is appended from now on follows
  /// `position` in the store's order without a gap. Whoever reads has to look for its place anew.
  void Restart(std::uint64_t position);

  /// Appends events in ascending order, the first following what was appended before, and forgets
  /// the oldest where there are too many. Before the first `Restart` this is a mistake.
  void Append(std::vector<std::shared_ptr<const FeedEvent>> events);

  /// Where a reader stands.
  struct Mark {
    std::uint64_t position = 0;  ///< it has dealt with everything up to here
    std::uint64_t place = 0;     ///< where it looks next
    std::uint64_t restarts = 0;  ///< before it was made
  };

  /// The mark of a reader that stands at `position`, or nothing when what follows it is not, or no
  /// longer, here. The reader may be ahead of the ring.
  [[nodiscard]] std::optional<Mark> MarkAt(std::uint64_t position) const;

  /// Why a reader finds nothing.
  enum class Loss : std::uint8_t {
    kNone,       ///< it has seen everything
    kTooSlow,    ///< what it has yet to see was here and is forgotten
    kRestarted,  ///< the ring has begun anew: there is no telling what it has yet to see
  };
  [[nodiscard]] Loss LossOf(const Mark& mark) const;

  struct Found {
    std::shared_ptr<const FeedEvent> event{};  ///< null: nothing more matches
    Loss loss = Loss::kNone;
    Mark mark{};  ///< behind what was looked at
  };
  /// The first event after `mark` that matches.
  [[nodiscard]] Found Next(const Mark& mark, const WatchFilter& filter) const;

 private:
  struct Slot {
    std::uint64_t position = 0;
    std::shared_ptr<const FeedEvent> event{};  // shared with whoever is sending it
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
