// Liveness by two signals: the heartbeats of a member and its stream.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/core/room_event.h"

namespace rtcroom {

/// The signals that decide (`liveness.policy`).
enum class LivenessPolicy : std::uint8_t {
  kAssist,     ///< a stream on air keeps a silent member
  kHeartbeat,  ///< heartbeats alone
  kStream,     ///< streams alone
};

/// A stream as the media server shows it.
struct MediaState {
  enum class Kind : std::uint8_t {
    kUnknown,  ///< the media server does not answer
    kNone,     ///< neither on air nor lately
    kOn,
    kOff,  ///< was on air
  };
  Kind kind = Kind::kUnknown;
  /// How long it has been on or off, without the times for which the media server was away; of
  /// kUnknown, for how long it has been away.
  std::chrono::milliseconds lasting{0};
  /// The time since the last sign that it is on, of kOn.
  std::chrono::milliseconds seen_ago{0};
  /// The rate of the media that arrived lately; nullopt when it is not known.
  std::optional<std::uint64_t> bits_per_second{};
};

/// Timeouts of heartbeats for which a silent member stays while the media server does not answer,
/// not counting those for which its stream had kept it before. Also for how many a stream that
/// another node saw on air counts without a later sign.
inline constexpr int kTimeoutsWithoutAnswer = 3;

/// "unknown", "none", "on", "off".
std::string_view MediaStateName(MediaState::Kind kind);

/// The known states of streams.
///
/// @threads implementations are safe from any thread, and quick.
class MediaView {
 public:
  virtual ~MediaView() = default;
  [[nodiscard]] virtual MediaState StateOf(std::string_view stream) const = 0;
  /// Streams that have been off for at least that long.
  [[nodiscard]] virtual std::vector<std::string> OffFor(std::chrono::milliseconds grace) const = 0;
};

/// The parts of a stream that arrive at the media server.
struct StreamParts {
  bool video = true;
  bool audio = true;
  bool operator==(const StreamParts&) const = default;
};

/// A stream that brings a picture or sound, not both.
struct PartialStream {
  std::string_view name{};
  StreamParts parts{};
};

/// Receives which streams are on air, from one thread at a time.
///
/// @threads implementations are quick, and call nothing of the caller.
class OnAirListener {
 public:
  virtual ~OnAirListener() = default;
  /// A stream has begun or ended. Not again without a change.
  virtual void OnAir(std::string_view stream, bool is_on) noexcept = 0;
  /// A phone begins to send the stream, in the place of its sender until then.
  virtual void OnPhone(std::string_view /*stream*/) noexcept {}
  /// It is called with each list of the media server: all others bring both, as far as is known.
  virtual void OnPartial(std::span<const PartialStream> /*streams*/) noexcept {}
  /// It is called after each list of the media server: all streams on air have been reported.
  virtual void OnListed() noexcept {}
};

/// Forwards to several listeners in the given order.
class OnAirFanOut : public OnAirListener {
 public:
  explicit OnAirFanOut(std::vector<OnAirListener*> listeners) : listeners_(std::move(listeners)) {}
  void OnAir(std::string_view stream, bool is_on) noexcept override {
    for (OnAirListener* listener : listeners_) listener->OnAir(stream, is_on);
  }
  void OnPhone(std::string_view stream) noexcept override {
    for (OnAirListener* listener : listeners_) listener->OnPhone(stream);
  }
  void OnPartial(std::span<const PartialStream> streams) noexcept override {
    for (OnAirListener* listener : listeners_) listener->OnPartial(streams);
  }
  void OnListed() noexcept override {
    for (OnAirListener* listener : listeners_) listener->OnListed();
  }

 private:
  const std::vector<OnAirListener*> listeners_;
};

struct LivenessRules {
  LivenessPolicy policy = LivenessPolicy::kHeartbeat;
  std::chrono::milliseconds grace{15'000};  ///< time for which a stream may be off
  bool evict_on_media_off = false;          ///< evicts members that send heartbeats, too
};

/// Whether a stream that is off evicts members that send heartbeats.
inline bool EvictsDespiteHeartbeats(const LivenessRules& rules) {
  return rules.policy == LivenessPolicy::kStream || rules.evict_on_media_off;
}

/// A member at the moment of its judgement.
struct MemberSignals {
  MonotonicTime::duration silent{0};     ///< since its last heartbeat
  MonotonicTime::duration added_ago{0};  ///< since its last add_pusher
  std::optional<MediaState> media{};     ///< nullopt: it has no stream that could be seen
};

/// Why the member has to leave; nullopt: it stays.
/// @param timeout  of heartbeats, and of a stream that has not begun.
/// @source protocol E.5.
std::optional<LeaveReason> Judge(const LivenessRules& rules, std::chrono::milliseconds timeout,
                                 const MemberSignals& member);

}  // namespace rtcroom
