// Pushes events to console pages in real time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "daemon/admin/admin_responder.h"
#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/cursor.h"
#include "daemon/core/event_log.h"

namespace rtcroom {

/// Server-Sent Events streams, each a reader of committed events with its own position. One thread
/// serves all of them, and sleeps while there are none. Events are read for a page only as fast as
/// the page takes them; only unsent data is buffered.
///
/// @threads safe from any thread, except that `Stop` and the destructor are for one thread.
class EventStreams {
 public:
  static constexpr std::size_t kMaxStreams = 16;

  /// All of it must outlive this object; `commits` has no other waiter.
  struct Deps {
    EventLog& log;
    CommitSignal& commits;
    const Clock& clock;
    Logger& logger;
  };
  explicit EventStreams(const Deps& deps);
  ~EventStreams();  ///< as `Stop`
  EventStreams(const EventStreams&) = delete;
  EventStreams& operator=(const EventStreams&) = delete;

  /// Answers `responder` with a stream of the events after `at`. When `at` is nullopt, or no longer
  /// retained, the stream begins with a notice of missed events, followed by the events from now
  /// on.
  ///
  /// This object outlives the connection of `responder`.
  /// @param may_open  whether the client still has access; quick. Called before the stream opens,
  ///                  at a point from which an `EndAll` also ends this stream: so no stream
  ///                  survives a change of the credentials.
  /// @errors kTooManyRequests when the limit of streams is reached; kUnavailable after `Stop`;
  ///         kUnauthorized without access. The caller still has to answer `responder` then.
  /// @throws the exceptions of `responder` and `may_open`; no stream was opened then.
  Status Open(AdminResponder& responder, std::optional<Cursor> at,
              const std::function<bool()>& may_open) EXCLUDES(mutex_);

  /// Ends all streams that are open or about to open; others may be opened.
  void EndAll() EXCLUDES(mutex_);

  /// Ends all streams, and opens no more. May be called again.
  void Stop() EXCLUDES(mutex_);

  [[nodiscard]] std::size_t size() const EXCLUDES(mutex_);

 private:
  struct Stream {
    std::shared_ptr<StreamedReply> reply{};  ///< null until open; shared with the current round
    std::optional<Cursor> at{};
    MonotonicTime last_sent{};
  };
  using Streams = std::map<std::uint64_t, Stream>;
  /// The events after one cursor, formatted as messages.
  struct Piece {
    std::optional<Cursor> from{};
    std::optional<Cursor> next{};  ///< nullopt: the read failed
    std::string text{};
    bool has_more = false;
  };
  /// The time at which the next round is due.
  enum class Next : std::uint8_t { kAtOnce, kSoon, kOnNotify };

  void Run(const std::stop_token& stop) EXCLUDES(mutex_);
  bool AwaitStreams(const std::stop_token& stop) EXCLUDES(mutex_);
  /// Reserves a slot for a stream that is not open yet.
  Result<std::uint64_t> Reserve(std::optional<Cursor> at) EXCLUDES(mutex_);
  Status Open(std::uint64_t id, AdminResponder& responder, const std::function<bool()>& may_open)
      EXCLUDES(mutex_);
  /// Sends every stream some of its pending events.
  Next Advance() EXCLUDES(mutex_);
  Next Advance(Stream& stream, std::vector<Piece>& pieces);
  Piece Read(const std::optional<Cursor>& from);
  Piece ReadGap();
  void RecordFailure(const Error& error);
  void Remove(std::uint64_t id) EXCLUDES(mutex_);

  const Deps deps_;
  bool is_failing_ = false;  // used by the thread only
  mutable Mutex mutex_;
  CondVar changed_;
  Streams streams_ GUARDED_BY(mutex_);
  std::uint64_t last_id_ GUARDED_BY(mutex_) = 0;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace rtcroom
