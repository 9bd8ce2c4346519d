// The streams of a live service that is asked about each of them.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/base/call_pool.h"
#include "daemon/base/clock.h"
#include "daemon/base/log_ration.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/base/sip_hash.h"
#include "daemon/base/tally.h"
#include "daemon/core/stream_liveness.h"
#include "daemon/media/live_service.h"

namespace rtcroom {

struct CloudStreamsOptions {
  /// How long a reply counts. Shorter than the time between two looks at a member, so that each
  /// look is followed by a question, and longer than that between two sweeps.
  std::chrono::milliseconds fresh_for{12'500};
  /// A stream whose state was not read for that long is removed.
  std::chrono::milliseconds forget_after{100'000};
  std::chrono::milliseconds timeout{2500};  ///< limit of one question
  std::size_t max_streams = 100'000;
};

/// All of it outlives the streams; the pool is stopped before.
struct CloudStreamsDeps {
  LiveService& service;
  CallPool& calls;
  /// States reported by callbacks, used before the service is asked; null: there are none.
  const MediaView* callbacks = nullptr;
  Tally& replies;  ///< counts them: "live", "not_live" or "unknown"
  const Clock& clock;
  Logger& logger;
};

/// A look at a stream returns what is known and has the service asked, on the threads of a pool: a
/// later look finds the reply. `OffFor`, which each sweep calls, finds the streams that have turned
/// out not to be live, and repeats questions of doubtful result.
///
/// @threads safe from any thread.
/// @source protocol E.5.
class CloudStreams : public MediaView {
 public:
  CloudStreams(CloudStreamsOptions options, const CloudStreamsDeps& deps);

  /// kNone for a stream that is not live, and was not at an earlier reply.
  [[nodiscard]] MediaState StateOf(std::string_view stream) const override EXCLUDES(mutex_);
  /// The streams include those of kNone, which have no grace.
  [[nodiscard]] std::vector<std::string> OffFor(std::chrono::milliseconds grace) const override
      EXCLUDES(mutex_);

 private:
  struct Stream {
    MonotonicTime looked_at{};
    bool is_asked = false;  ///< and there is no reply yet
    std::optional<StreamState> reply{};
    MonotonicTime replied_at{};
    std::optional<MonotonicTime> live_at{};     ///< the latest reply that it is live
    std::optional<MonotonicTime> live_since{};  ///< the first of a series of these
    std::optional<MonotonicTime> off_since{};   ///< the first of a series of replies that it is not
  };
  using Streams = std::unordered_map<std::string, Stream, NameHash, std::equal_to<>>;

  [[nodiscard]] bool IsFresh(const Stream& stream, MonotonicTime now) const {
    return stream.reply && now - stream.replied_at < options_.fresh_for;
  }
  [[nodiscard]] MediaState StateAt(const Stream& stream, MonotonicTime now) const;
  void Ask(const std::string& name) const EXCLUDES(mutex_);
  void Record(const std::string& name, const StreamReport& report) const EXCLUDES(mutex_);
  void GiveUp(const std::string& name) const EXCLUDES(mutex_);

  const CloudStreamsOptions options_;
  const CloudStreamsDeps deps_;
  mutable Mutex mutex_;
  // A cache that looks fill.
  mutable Streams streams_ GUARDED_BY(mutex_);
  mutable LogRation unknown_lines_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
