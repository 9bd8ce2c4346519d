// The streams of the media server, for all threads of this server.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/auth/stream_signature.h"
#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/core/ban_list.h"
#include "daemon/core/media_signs.h"
#include "daemon/core/revocation_list.h"
#include "daemon/core/stream_claims.h"
#include "daemon/core/stream_liveness.h"
#include "daemon/media/stream_guard.h"
#include "daemon/media/stream_rates.h"
#include "daemon/media/stream_server.h"
#include "daemon/media/stream_table.h"

namespace rtcroom {

/// Dependencies of the monitor, which they outlive.
struct StreamMonitorDeps {
  StreamClaims& claims;
  const BanList& bans;
  const RevocationList& revocations;
  const StreamSignatureVerifier& pushers;  ///< checks push URLs
  const StreamSignatureVerifier& players;  ///< checks play URLs
  OnAirListener* on_air = nullptr;         ///< gets streams and phones; null: none
  const Clock& clock;
};

/// Answers callbacks from memory, knows which streams are on, and which clients are to be
/// disconnected: those that may not send, and those of evicted members.
///
/// @threads safe from any thread; no function waits for anything outside.
class StreamMonitor : public MediaView, public StreamSigns {
 public:
  StreamMonitor(const StreamTableOptions& options, const StreamMonitorDeps& deps);

  /// Callbacks. @param arguments  of the URL, percent-decoded.
  PublishOutcome Publish(std::string_view stream, std::string_view client,
                         const StreamArguments& arguments) EXCLUDES(mutex_);
  UpdateVerdict Update(std::string_view stream, std::string_view client,
                       const StreamArguments& arguments, std::optional<std::int64_t> media_ms)
      EXCLUDES(mutex_);
  void Ended(std::string_view client) EXCLUDES(mutex_);
  /// These do what those of `StreamTable` do.
  [[nodiscard]] std::string StreamOfClient(std::string_view client) const EXCLUDES(mutex_);
  [[nodiscard]] StreamSignature CheckPlay(std::string_view stream,
                                          const StreamArguments& arguments) const;

  /// The thread that asks the media server calls these.
  /// @param listed  the streams of the same list, with their counters.
  void Poll(const StreamPoll& poll, std::span<const ListedStream> listed) EXCLUDES(mutex_);
  void PollFailed() EXCLUDES(mutex_);
  /// The clients that may not be on air, each time until their end is reported.
  [[nodiscard]] std::vector<StreamDrop> Sweep() EXCLUDES(mutex_);

  [[nodiscard]] MediaState StateOf(std::string_view stream) const override EXCLUDES(mutex_);
  [[nodiscard]] std::vector<std::string> OffFor(std::chrono::milliseconds grace) const override
      EXCLUDES(mutex_);
  [[nodiscard]] std::vector<StreamSign> SignsSince(MonotonicTime since) const override
      EXCLUDES(mutex_);
  [[nodiscard]] StreamCounts Count() const EXCLUDES(mutex_);

 private:
  void TakeEvictedLocked() REQUIRES(mutex_);

  class Guard : public StreamGuard {
   public:
    explicit Guard(const StreamMonitorDeps& deps) : deps_(deps) {}
    [[nodiscard]] bool IsBanned(std::string_view stream, const PushBinding* binding) const override;
    [[nodiscard]] std::optional<TimePoint> RevokedUntil(std::string_view stream) const override;
    [[nodiscard]] bool IsClaimed(std::string_view stream) const override;
    [[nodiscard]] bool IsClaimedByItsUser(std::string_view stream) const override;

   private:
    const StreamMonitorDeps deps_;
  };

  const StreamMonitorDeps deps_;
  const Guard guard_;
  mutable Mutex mutex_;
  StreamTable table_ GUARDED_BY(mutex_);
  StreamRates rates_ GUARDED_BY(mutex_);
  /// Clients of evicted members, until they have ended.
  std::vector<StreamClient> evicted_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
