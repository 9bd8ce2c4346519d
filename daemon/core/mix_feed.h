// The mixes that live rooms want now.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/base/sip_hash.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/room.h"
#include "daemon/core/stream_liveness.h"
#include "daemon/core/stream_urls.h"

namespace rtcroom {

/// A mix for which all streams are on air.
struct WantedMix {
  struct Input {
    std::string stream{};
    MixPlace place{};
    bool operator==(const Input&) const = default;
  };
  std::string stream{};         ///< stream of the room's creator; the output has its name
  MixCanvas canvas{};           ///< 0x0: the only input is `stream`, to be passed on as it is
  std::vector<Input> inputs{};  ///< inputs in join order
  bool operator==(const WantedMix&) const = default;
};

/// Joins what live rooms ask for with what is on air. A room wants a mix while the stream of its
/// creator is on air: of the members' streams that the mix has, what arrives of those that are on
/// air, or of the creator's alone, since viewers always watch the output.
///
/// A change of a room or of a stream costs the rooms that it concerns, not all of them.
///
/// @threads safe from any thread.
/// @source protocol D.6.
class MixFeed : public CommitListener, public OnAirListener {
 public:
  struct Counts {
    std::size_t wanted = 0;   ///< are in `Wanted`
    std::size_t refused = 0;  ///< are beyond the limit
  };

  /// @param max  of mixes; those wanted for the longest time win. 0: this object does nothing.
  /// @param streams  names the streams of gen-1; outlives this.
  MixFeed(std::size_t max, const StreamUrlSigner& streams) : max_(max), streams_(streams) {}

  /// Adds a room that was stored before this process started.
  void Restore(const Room& room) EXCLUDES(mutex_);
  void OnCommit(const Committed& committed) noexcept override EXCLUDES(mutex_);

  void OnAir(std::string_view stream, bool is_on) noexcept override EXCLUDES(mutex_);
  void OnPartial(std::span<const PartialStream> streams) noexcept override EXCLUDES(mutex_);
  void OnListed() noexcept override EXCLUDES(mutex_);

  /// The mixes that are wanted, at most `max`, those wanted for the longest time first, each stream
  /// once: of several rooms of one creator for the latest. nullopt until the streams on air are
  /// known: to a reader an empty list would be the end of all mixes.
  [[nodiscard]] std::optional<std::vector<WantedMix>> Wanted() const EXCLUDES(mutex_);
  [[nodiscard]] Counts Count() const EXCLUDES(mutex_);
  /// Raised when `Wanted` may have changed; for one reader.
  CommitSignal& changes() { return changes_; }

 private:
  struct Member {
    UserId user_id{};
    std::string stream{};  ///< the member's own; empty: none
    std::optional<MixPlace> place{};
  };
  /// A live room.
  struct MixRoom {
    std::uint64_t number = 0;  ///< `Room::sequence`
    UserId creator{};
    MixCanvas canvas{};
    std::vector<Member> members{};  ///< members in join order
    /// The mix with all streams; no inputs: none was asked for. No stream: its creator sends none.
    WantedMix whole{};
    // These are present while it is wanted.
    std::optional<WantedMix> mix{};
    std::optional<std::uint64_t> rank{};
  };
  /// The rooms by rank and number: in the order in which they win.
  using Order = std::map<std::pair<std::uint64_t, std::uint64_t>, const MixRoom*>;

  void ApplyLocked(const StoredEvent& stored) REQUIRES(mutex_);
  void ApplyLocked(MixRoom& room, const RoomEvent& event) REQUIRES(mutex_);
  void ApplyLocked(const MixChanged& changed) REQUIRES(mutex_);
  /// @param named  the stream in the push URL of that user.
  void PutMemberLocked(MixRoom& room, Dialect dialect, const UserId& user_id,
                       std::string_view named) REQUIRES(mutex_);
  static void PlaceMembers(MixRoom& room, const RoomMix& mix);
  /// Call it after a change of its members.
  void UpdateLocked(MixRoom& room) REQUIRES(mutex_);
  void RemoveStreamsLocked(MixRoom& room) REQUIRES(mutex_);
  void AssessLocked(MixRoom& room) REQUIRES(mutex_);
  /// It assesses the rooms in which the stream is.
  void AssessRoomsOfLocked(std::string_view stream) REQUIRES(mutex_);
  /// The room of each stream that is mixed, in the order in which they win.
  [[nodiscard]] std::vector<const MixRoom*> ChosenLocked() const REQUIRES(mutex_);
  [[nodiscard]] std::optional<WantedMix> MixNowLocked(const MixRoom& room) const REQUIRES(mutex_);
  [[nodiscard]] static WantedMix WholeMixOf(const MixRoom& room);

  const std::size_t max_;
  const StreamUrlSigner& streams_;
  mutable Mutex mutex_;
  /// The rooms by number; entries do not move.
  std::unordered_map<std::uint64_t, MixRoom> rooms_ GUARDED_BY(mutex_);
  /// The rooms of each stream.
  std::unordered_map<std::string, std::set<MixRoom*>, NameHash, std::equal_to<>> by_stream_
      GUARDED_BY(mutex_);
  std::unordered_set<std::string, NameHash, std::equal_to<>> on_air_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, StreamParts, NameHash, std::equal_to<>> partial_
      GUARDED_BY(mutex_);
  bool is_listed_ GUARDED_BY(mutex_) = false;
  Order wanted_ GUARDED_BY(mutex_);
  std::uint64_t last_rank_ GUARDED_BY(mutex_) = 0;
  CommitSignal changes_;
};

}  // namespace rtcroom
