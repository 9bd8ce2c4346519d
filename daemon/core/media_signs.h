// The signs that this node has of the media of members, for the other nodes that share the store.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/core/cluster.h"
#include "daemon/core/lease_table.h"
#include "daemon/core/stream_claims.h"

namespace rtcroom {

/// The newest sign of a stream.
struct StreamSign {
  std::string stream{};
  bool is_on = false;
  MonotonicTime at{};      ///< time of the last confirmation, or of the end
  std::int64_t order = 0;  ///< `MediaSign::order`
};

/// Streams that are reported to this node.
///
/// @threads implementations are safe from any thread, and quick.
class StreamSigns {
 public:
  virtual ~StreamSigns() = default;
  /// The streams that count as on or off and that began or ended since then.
  [[nodiscard]] virtual std::vector<StreamSign> SignsSince(MonotonicTime since) const = 0;
};

/// The newest sign of one track of a member.
struct TrackSign {
  StreamClaims::Member member{};
  MediaTrack track = MediaTrack::kVideo;
  MediaState::Kind kind = MediaState::Kind::kNone;
  MonotonicTime at{};      ///< time of the last confirmation, or of the end
  std::int64_t order = 0;  ///< `MediaSign::order`
};

/// Members whose tracks are reported to this node.
///
/// @threads implementations are safe from any thread, and quick.
class TrackSigns {
 public:
  virtual ~TrackSigns() = default;
  /// The members of whom something was reported since then. A name may stand for several rooms, of
  /// which one exists.
  [[nodiscard]] virtual std::vector<TrackSign> SignsSince(MonotonicTime since) const = 0;
};

/// Signs of media, by the seats of the members.
class SeatSigns {
 public:
  virtual ~SeatSigns() = default;
  /// The signs that are new since then, and from time to time all that count: a member may join
  /// after its stream has begun, and what was told may be lost.
  /// @param since  an earlier `as_of`.
  /// @param as_of  now, or shortly before; ages count from it.
  /// @return sorted by seat and track, each once.
  /// @threads one thread at a time.
  virtual std::vector<MediaSign> SignsSince(MonotonicTime since, MonotonicTime as_of) = 0;
};

/// Finds the seats of all that is reported to this node.
///
/// @threads for one thread.
class MediaSigns : public SeatSigns {
 public:
  /// All of it outlives this.
  struct Sources {
    const StreamSigns* streams = nullptr;  ///< null: none
    const TrackSigns* tracks = nullptr;    ///< null: none
    const StreamClaims& claims;
    const LeaseTable& leases;
  };

  /// How often all signs are told, at least: a stream that goes on is confirmed so often.
  static constexpr std::chrono::milliseconds kMostBetween{10'000};

  /// @param grace  for which a stream may be off; all signs are told at least twice in it.
  MediaSigns(const Sources& sources, std::chrono::milliseconds grace);

  std::vector<MediaSign> SignsSince(MonotonicTime since, MonotonicTime as_of) override;

 private:
  void Add(const StreamClaims::Member& member, MediaSign sign, std::vector<MediaSign>& signs,
           MonotonicTime as_of) const;

  const Sources sources_;
  const std::chrono::milliseconds between_;
  std::optional<MonotonicTime> all_at_{};  ///< `as_of` of the last time that it returned all
};

}  // namespace rtcroom
