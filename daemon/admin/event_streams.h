// Tells operators' pages what happens, as it happens.
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

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/cursor.h"
#include "daemon/core/store.h"
#include "handlers/pending_reply.h"

namespace rtcroom {

/// Streams of Server-Sent Events, each a reader of committed events with a position of its own. One
/// thread serves them all, and sleeps while there are none. A page that is slow is read for only as
/// fast as it takes; nothing is kept for it but what is on its way.
///
/// @threads safe from any thread, except that `Stop` and the destructor are for one.
class EventStreams {
 public:
  static constexpr std::size_t kMaxStreams = 16;

  /// All of it outlives this object; `commits` wakes nobody else.
  struct Parts {
    Store& store;
    CommitSignal& commits;
    const Clock& clock;
    Logger& logger;
  };
  explicit EventStreams(const Parts& parts);
  ~EventStreams();  ///< as `Stop`
  EventStreams(const EventStreams&) = delete;
  EventStreams& operator=(const EventStreams&) = delete;

  /// Answers `pending` with a stream of what happens after `at`. Where that is nothing, or no
  /// longer retained, the page is told first that it has missed something, and hears of what
  /// happens from now on.
  ///
  /// This object outlives the connection of `pending`.
  /// @param may_open  whether who asks still may; called before the stream opens and when an
  ///                  `EndAll` from then on would end it, so that none slips past a change of who
  ///                  may. Quick.
  /// @errors kTooManyRequests when there are as many streams as may be; kUnavailable after `Stop`;
  ///         kUnauthorized when it may not: `pending` is still to be answered.
  /// @throws what `pending` and `may_open` throw, when nothing has come of it.
  Status Open(PendingReply& pending, std::optional<Cursor> at,
              const std::function<bool()>& may_open) EXCLUDES(mutex_);

  /// Ends all streams that are open or about to be; others may be opened.
  void EndAll() EXCLUDES(mutex_);

  /// Ends all streams, and opens no more. May be called again.
  void Stop() EXCLUDES(mutex_);

  [[nodiscard]] std::size_t size() const EXCLUDES(mutex_);

 private:
  struct Stream {
    std::shared_ptr<StreamedReply> reply{};  ///< null until it is open; shared with the round
    std::optional<Cursor> at{};
    MonotonicTime last_sent{};
  };
  using Streams = std::map<std::uint64_t, Stream>;
  /// What comes after one cursor, written as messages.
  struct Piece {
    std::optional<Cursor> from{};
    std::optional<Cursor> next{};  ///< none: it could not be read
    std::string text{};
    bool has_more = false;
  };
  /// When the next round is due.
  enum class Next : std::uint8_t { kAtOnce, kSoon, kWhenTold };

  void Run(const std::stop_token& stop) EXCLUDES(mutex_);
  bool AwaitStreams(const std::stop_token& stop) EXCLUDES(mutex_);
  /// A place for one more stream, which is not open yet.
  Result<std::uint64_t> Reserve(std::optional<Cursor> at) EXCLUDES(mutex_);
  Status Open(std::uint64_t id, PendingReply& pending, const std::function<bool()>& may_open)
      EXCLUDES(mutex_);
  /// Tells every stream some of what it has not been told.
  Next Advance() EXCLUDES(mutex_);
  Next Advance(Stream& stream, std::vector<Piece>& pieces);
  Piece Read(const std::optional<Cursor>& from);
  Piece ReadGap();
  void NoteFailure(const Error& error);
  void Remove(std::uint64_t id) EXCLUDES(mutex_);

  const Parts parts_;
  bool is_failing_ = false;  // the thread only
  mutable Mutex mutex_;
  CondVar changed_;
  Streams streams_ GUARDED_BY(mutex_);
  std::uint64_t last_id_ GUARDED_BY(mutex_) = 0;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace rtcroom
