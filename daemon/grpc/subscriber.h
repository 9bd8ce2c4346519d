// One Watch stream: the choice of its next message, and its end.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/cursor.h"
#include "daemon/grpc/catch_up.h"
#include "daemon/grpc/catch_up_pool.h"
#include "daemon/grpc/event_ring.h"
#include "daemon/grpc/watch_options.h"
#include "daemon/grpc/watch_spec.h"

namespace rtcroom {

/// State shared by all subscribers. Outlives them while their streams last.
struct WatchDeps {
  const Clock& clock;
  const WatchOptions& options;
  const EventRing& ring;
  CatchUpPool& catch_up;
  WatchCounts& counts;
};

/// Decides which messages a subscriber gets. It has no queue: when one message is sent, it looks
/// for the next, first in the page read by the catch-up, then in the ring of newest events.
///
/// Many threads report signals: the feed, the transport, the readers of pages. The first one also
/// processes the signals that others report meanwhile, so that one thread at a time works on the
/// stream, without a lock, and no thread waits.
///
/// A caller outside the stream's own callbacks must hold a shared_ptr: the subscriber may end, and
/// its stream be removed, before such a call returns.
///
/// @threads the public methods are safe from any thread, and do not block.
class Subscriber : public CatchUpClient, public std::enable_shared_from_this<Subscriber> {
 public:
  Subscriber(WatchSpec spec, const WatchDeps& deps);
  ~Subscriber() override = default;
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  /// Starts the stream. Once, before anything else.
  void Begin() { Notify(kBegun); }
  /// Reports new events in the ring.
  void OnEvents() { Notify(kEvents); }
  /// Checks for silence and slowness, if due.
  void OnTick(MonotonicTime now);
  /// Ends the stream because the server stops.
  void Stop() { Notify(kStopped); }
  /// Ends the stream because the server is cut off from the others on its store.
  void OnCutOff() { Notify(kCutOff); }
  /// Aborts the stream, if it has not ended yet: for one whose end was requested long ago.
  virtual void Abort() = 0;

  [[nodiscard]] bool WantsPage() const override { return !ended_.load(std::memory_order_relaxed); }
  void TakePage(CatchUpOutcome outcome) override;

 protected:
  // Calls from the transport:

  /// The last message was sent, or the stream is broken.
  void OnWritten(bool ok) { Notify(ok ? kWritten : kWritten | kBroken); }
  /// The client cancelled the call.
  void OnCancelled() { Notify(kBroken); }

  // Calls to the transport, by one thread at a time, none after `Close`:

  /// The start is settled: later signals will be processed. Once, before the first `Write`.
  virtual void Open() = 0;
  /// Sends a message, which stays unchanged until `OnWritten` is called for it. One at a time.
  virtual void Write(const grpc::ByteBuffer& message) = 0;
  /// Ends the stream. Once; a write may still be in progress.
  /// @param cursor  for the trailing metadata, unless it is empty.
  virtual void Close(const grpc::Status& status, const std::string& cursor) = 0;

 private:
  enum Signal : std::uint32_t {
    kBegun = 1U << 0U,
    kEvents = 1U << 1U,
    kTime = 1U << 2U,
    kPage = 1U << 3U,
    kWritten = 1U << 4U,
    kBroken = 1U << 5U,
    kStopped = 1U << 6U,
    kCutOff = 1U << 7U,
    kBusy = 1U << 8U,  // a thread is processing the signals
  };

  void Notify(std::uint32_t signals);
  void Process(std::uint32_t signals);

  void ReadPage();
  void TakeArrivedPage();
  void SendNext();
  bool SendFromPage();
  void SendFromRing();
  void GoLiveOrReadPage();
  void Send(grpc::ByteBuffer message);

  void End(const grpc::Status& status, const std::string& cursor);
  void EndSlow();
  void EndHere(std::string_view reason);
  void EndUnread(const Error& error, const std::optional<Cursor>& newest);
  [[nodiscard]] std::string CursorText() const;

  const WatchSpec spec_;
  const WatchDeps deps_;

  std::atomic<std::uint32_t> signals_{0};
  std::atomic<bool> ended_{false};
  std::atomic<MonotonicTime> due_;  // when `OnTick` has something to do

  // Written by the thread that reads the page, before it reports; then owned by the receiver.
  std::optional<CatchUpOutcome> arrived_;

  // All members below belong to the thread that processes the signals.
  std::unique_ptr<CatchUp> catch_up_;  // null while a page is being read, and when live
  bool is_reading_ = false;            // a page is being read
  bool has_read_all_ = false;          // no new events were left: wait for signals
  std::optional<CatchUpPage> page_;    // its messages not sent yet
  std::size_t sent_of_page_ = 0;
  PageSlot slot_;
  std::optional<EventRing::Mark> live_;  // when served from the ring
  std::optional<Cursor> cursor_;         // everything up to here is sent; nullopt: unknown
  bool is_open_ = false;
  grpc::ByteBuffer message_;  // being written
  bool is_writing_ = false;
  MonotonicTime page_since_;  // of `page_`
  MonotonicTime wrote_at_;
  bool is_aborted_ = false;
};

}  // namespace rtcroom
