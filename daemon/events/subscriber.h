// One stream of Watch: what it is told next, and when it ends.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/cursor.h"
#include "daemon/events/catch_up.h"
#include "daemon/events/catch_up_pool.h"
#include "daemon/events/event_ring.h"
#include "daemon/events/watch_options.h"
#include "daemon/events/watch_order.h"

namespace rtcroom {

/// What all subscribers share. Outlives them while their streams last.
struct WatchSurroundings {
  const Clock& clock;
  const WatchOptions& options;
  const EventRing& ring;
  CatchUpPool& catch_up;
  WatchCounts& counts;
};

/// Decides what a subscriber is sent. It has no queue: when one message has gone, it looks for the
/// next, first in the page that the catching up has brought, then in the ring of newest events.
///
/// Many threads tell it that something has happened: the feed, the transport, those who read
/// pages. Whoever comes first deals with what the others tell meanwhile too, so that the stream is
/// worked on by one thread at a time, without a lock, and nobody waits.
///
/// Whoever calls it from outside the stream's own callbacks holds a share of it: it may end, and
/// its stream be forgotten, before such a call returns.
///
/// @threads the public methods are safe from any thread, and do not block.
class Subscriber : public CatchUpClient, public std::enable_shared_from_this<Subscriber> {
 public:
  Subscriber(WatchOrder order, const WatchSurroundings& around);
  ~Subscriber() override = default;
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  /// Begins to work. Once, before anything else.
  void Begin() { Tell(kBegun); }
  /// There are new events in the ring.
  void HearOfEvents() { Tell(kEvents); }
  /// Looks for silence and slowness, if it is time to.
  void HearOfTime(MonotonicTime now);
  /// Ends the stream, since the server stops.
  void Stop() { Tell(kStopped); }
  /// Breaks the stream off, if it has not ended yet: for one that was told to end long ago.
  virtual void BreakOff() = 0;

  [[nodiscard]] bool WantsPage() const override { return !ended_.load(std::memory_order_relaxed); }
  void TakePage(CatchUpOutcome outcome) override;

 protected:
  // The transport tells this:

  /// The message that was written last has left, or the stream is broken.
  void HearOfWritten(bool ok) { Tell(ok ? kWritten : kWritten | kBroken); }
  /// The caller does not want it any more.
  void HearOfCancel() { Tell(kBroken); }

  // and is told this, by one thread at a time, and nothing after `Close`:

  /// The start is settled: what happens from now on will be told. Once, before the first `Write`.
  virtual void Open() = 0;
  /// Sends a message, which stays as it is until `HearOfWritten` is called for it. One at a time.
  virtual void Write(const grpc::ByteBuffer& message) = 0;
  /// Ends the stream. Once; what is being written may still be under way.
  /// @param cursor  for the trailing metadata, unless it is empty.
  virtual void Close(const grpc::Status& status, const std::string& cursor) = 0;

 private:
  enum News : std::uint32_t {
    kBegun = 1U << 0U,
    kEvents = 1U << 1U,
    kTime = 1U << 2U,
    kPage = 1U << 3U,
    kWritten = 1U << 4U,
    kBroken = 1U << 5U,
    kStopped = 1U << 6U,
    kBusy = 1U << 7U,  // somebody deals with the news
  };

  void Tell(std::uint32_t news);
  void DealWith(std::uint32_t news);

  void ReadPage();
  void TakeArrivedPage();
  void GoOn();
  bool SendFromPage();
  void SendFromRing();
  void GoLiveOrReadPage();
  void Send(grpc::ByteBuffer message);

  void End(const grpc::Status& status, const std::string& cursor);
  void EndSlow();
  void EndStopped();
  void EndUnread(const Error& error, const std::optional<Cursor>& newest);
  [[nodiscard]] std::string StandsText() const;

  const WatchOrder order_;
  const WatchSurroundings around_;

  std::atomic<std::uint32_t> news_{0};
  std::atomic<bool> ended_{false};
  std::atomic<MonotonicTime> due_;  // when `HearOfTime` is worth dealing with

  // Written by the one thread that reads the page, before it tells; then its receiver's.
  std::optional<CatchUpOutcome> arrived_;

  // Everything below belongs to whoever deals with the news.
  std::unique_ptr<CatchUp> catch_up_;  // null while a page is being read, and when live
  bool is_reading_ = false;            // a page is being read
  bool has_read_all_ = false;          // there was nothing new to read: wait for news
  std::optional<CatchUpPage> page_;    // what is left to be sent of it
  std::size_t sent_of_page_ = 0;
  PageSlot slot_;
  std::optional<EventRing::Mark> live_;  // when served from the ring
  std::optional<Cursor> stands_;         // everything up to here is told; nothing: unknown
  bool is_open_ = false;
  grpc::ByteBuffer message_;  // being written
  bool is_writing_ = false;
  MonotonicTime page_since_;  // of `page_`
  MonotonicTime wrote_at_;
  bool is_broken_off_ = false;
};

}  // namespace rtcroom
