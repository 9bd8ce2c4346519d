// The streams of the live service, as its callbacks report them.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/sip_hash.h"
#include "daemon/core/media_signs.h"
#include "daemon/core/stream_liveness.h"

namespace rtcroom {

struct CallbackStreamsOptions {
  /// How long a start is believed without its stop, which may get lost.
  std::chrono::milliseconds believed_for = 3 * std::chrono::seconds(25);
  std::size_t max_streams = 100'000;
};

/// One push of a stream began or ended.
struct PushReport {
  std::string_view stream{};
  /// A number that ascends, the same in the start and the stop of one push; may be empty.
  std::string_view sequence{};
  std::optional<TimePoint> at{};  ///< time by the service's clock
};

/// The state of all streams, in memory only. Reports may be lost, doubled, late and reordered: a
/// push that has ended does not begin again, and the end of an earlier push does not end a later
/// one.
///
/// @threads safe from any thread.
/// @source docs/tencent-live.md, "Callbacks"; protocol E.5.
class CallbackStreams : public MediaView, public StreamSigns {
 public:
  /// How long a stream that is off is remembered: longer than the service repeats a callback.
  static constexpr std::chrono::minutes kOffIsKept{15};

  /// @param clock  outlives this object.
  CallbackStreams(const CallbackStreamsOptions& options, const Clock& clock)
      : options_(options), clock_(clock), purged_at_(clock.Monotonic()) {}

  /// @return false when there are too many streams: nothing is recorded.
  bool Started(const PushReport& report) EXCLUDES(mutex_);
  bool Stopped(const PushReport& report) EXCLUDES(mutex_);

  /// kNone also for a start that is no longer believed.
  [[nodiscard]] MediaState StateOf(std::string_view stream) const override EXCLUDES(mutex_);
  [[nodiscard]] std::vector<std::string> OffFor(std::chrono::milliseconds grace) const override
      EXCLUDES(mutex_);
  [[nodiscard]] std::vector<StreamSign> SignsSince(MonotonicTime since) const override
      EXCLUDES(mutex_);

 private:
  struct Stream {
    std::string started{};                ///< sequence of the last push that began
    std::optional<TimePoint> began_at{};  ///< time of that
    std::string ended{};                  ///< sequence of the last push that ended
    std::optional<TimePoint> ended_at{};  ///< time of that
    bool is_on = false;
    MonotonicTime since{};  ///< time since which `is_on` holds
  };
  using Streams = std::unordered_map<std::string, Stream, NameHash, std::equal_to<>>;

  /// Null when there is no place for it.
  Stream* FindOrAddLocked(std::string_view name, MonotonicTime now) REQUIRES(mutex_);
  [[nodiscard]] bool IsBelieved(const Stream& stream, MonotonicTime now) const;
  [[nodiscard]] bool IsForgotten(const Stream& stream, MonotonicTime now) const;

  const CallbackStreamsOptions options_;
  const Clock& clock_;
  mutable Mutex mutex_;
  Streams streams_ GUARDED_BY(mutex_);
  MonotonicTime purged_at_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
