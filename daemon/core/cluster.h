// The nodes that share a store: which are alive, and which does the work that only one may do.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"
#include "daemon/core/stream_liveness.h"

namespace rtcroom {

/// A member's place: `Room::sequence`, and `Pusher::seat` or `Audience::seat`.
struct SeatKey {
  std::uint64_t room_number = 0;
  std::uint64_t seat = 0;

  auto operator<=>(const SeatKey&) const = default;
};

/// The newest heartbeat of a pusher, or sign of a viewer.
struct Beat {
  SeatKey seat{};
  std::chrono::milliseconds age{0};  ///< never negative

  bool operator==(const Beat&) const = default;
};

/// The subject of a sign of media: the stream of a member, or one of its tracks where a service
/// reports these apart. The numbers are stored.
enum class MediaTrack : std::uint8_t { kStream = 0, kVideo = 1, kAudio = 2 };

/// The newest sign that a node has of the media of a pusher.
struct MediaSign {
  SeatKey seat{};
  MediaTrack track = MediaTrack::kStream;
  /// kOn; kOff; kNone: it is not on, and counts as if it had never been.
  MediaState::Kind kind = MediaState::Kind::kOn;
  /// The time since the last confirmation where it is kOn, otherwise since it ended; not negative.
  std::chrono::milliseconds age{0};
  /// Orders the signs of a track where the service that reports them numbers or dates them; 0: by
  /// age. Of the same one, kOff follows kOn.
  std::int64_t order = 0;

  bool operator==(const MediaSign&) const = default;
};

/// The signs of pushers that a node heard: heartbeats, and signs of their media.
struct HeardBeats {
  MonotonicTime as_of{};           ///< none that came before it is missing; ages count from it
  std::vector<Beat> beats{};       ///< sorted by seat, each once
  std::vector<MediaSign> signs{};  ///< sorted by seat and track, each once

  [[nodiscard]] std::size_t size() const { return beats.size() + signs.size(); }
};

/// The newest sign of media anywhere, where it is reported to another node.
struct SharedMedia {
  bool is_on = false;
  std::chrono::milliseconds age{0};  ///< that of `MediaSign`

  bool operator==(const SharedMedia&) const = default;
};

/// The last heartbeat of a pusher at any node, and the newest sign of its media.
struct SharedSilence {
  /// The time since its newest heartbeat anywhere, or since a later moment from which all pushers
  /// are given a timeout; nullopt: unknown.
  std::optional<std::chrono::milliseconds> age{};
  /// It certainly sent no heartbeat to any node for the timeout.
  bool is_silent = false;
  /// nullopt: there is none, or it is kOn and was not confirmed for `kTimeoutsWithoutAnswer`.
  std::optional<SharedMedia> media{};
  /// All nodes have reported what they heard up to this long ago; nullopt: unknown.
  std::optional<std::chrono::milliseconds> told_ago{};
  /// Signs that were heard longer ago may be missing.
  std::chrono::milliseconds complete_for = std::chrono::milliseconds::max();

  bool operator==(const SharedSilence&) const = default;
};

/// A pusher by the names of its room and user.
struct NamedMember {
  RoomKey room{};
  UserId user_id{};

  auto operator<=>(const NamedMember&) const = default;
};

/// Work that one node does for all of them.
enum class Duty : std::uint8_t { kReaper, kIm, kTrtc, kUpkeep };
inline constexpr std::array kAllDuties = {Duty::kReaper, Duty::kIm, Duty::kTrtc, Duty::kUpkeep};
inline constexpr std::size_t kDuties = kAllDuties.size();

constexpr std::string_view DutyName(Duty duty) {
  switch (duty) {
    case Duty::kReaper:
      return "reaper";
    case Duty::kIm:
      return "im";
    case Duty::kTrtc:
      return "trtc";
    case Duty::kUpkeep:
      return "upkeep";
  }
  return "unknown";
}

/// Whether clocks differ by so much that one of them is wrong: a node removes nothing by it.
inline bool IsFar(std::chrono::milliseconds difference) {
  return std::chrono::abs(difference) > std::chrono::seconds(60);
}

/// The state of a node among the others.
struct NodeStanding {
  /// The number of each duty's present term, where this node holds the duty. Terms of a duty
  /// ascend.
  std::array<std::optional<std::uint64_t>, kDuties> terms{};
  std::size_t nodes = 1;  ///< alive, with this one
  /// The other nodes declared this one gone since its last renewal: work that it began before then
  /// may be done by another node now.
  bool was_gone = false;
  /// All nodes have reported the heartbeats received up to this long ago; nullopt: some have
  /// reported none yet.
  std::optional<std::chrono::milliseconds> told_ago{};
  /// Nodes with another configuration hash, as operators know them, by number.
  std::vector<std::string> configured_otherwise{};
  /// This node's wall clock minus the database's; negative: it is behind.
  std::chrono::milliseconds clock_ahead{0};
  /// The clocks of the nodes differ from the database's, and agree with each other: the database's
  /// is the wrong one.
  bool database_clock_differs = false;
  /// No node may remove data by its wall clock, and this one is to remove what is beyond the bounds
  /// in number and bytes.
  bool keeps_bounds = false;
  /// All nodes take a marked ticket of a login for what it is (protocol D.3).
  bool all_know_marked_tickets = false;
  /// All nodes count signs of viewers, and report them.
  bool all_have_viewer_leases = false;
  /// All nodes read messages that are stored as they were sent: of any `MessageType`, and
  /// unguarded.
  bool all_know_plain_messages = false;

  [[nodiscard]] bool ClockDiffers() const { return IsFar(clock_ahead); }
  /// Whether this node may remove data by its wall clock.
  [[nodiscard]] bool TrustsWallClock() const { return !ClockDiffers() || database_clock_differs; }
  [[nodiscard]] std::optional<std::uint64_t> TermOf(Duty duty) const {
    return terms.at(static_cast<std::size_t>(duty));
  }
  [[nodiscard]] bool Holds(Duty duty) const { return TermOf(duty).has_value(); }

  bool operator==(const NodeStanding&) const = default;
};

/// A node as it is registered, for operators.
struct ListedNode {
  std::uint64_t node = 0;    ///< drawn at each start
  std::string name = {};     ///< name of its machine
  bool is_this = false;      ///< the node that lists them
  std::uint64_t rounds = 0;  ///< renewals since it came: grows while it lives
  std::int64_t schema = 0;   ///< newest schema that it knows
  /// The time since its last report of heartbeats, by the database's clock; nullopt: none yet.
  std::optional<std::chrono::milliseconds> told_ago = {};
  std::vector<std::string> duties = {};  ///< that it holds, in alphabetical order
  std::string config_hash = {};  ///< equal at nodes that are configured alike; empty: unknown
};

/// The nodes that share a store. All calls are bounded in time, but for `RemoveLeftBeats`, of which
/// each step is.
///
/// @threads `Renew`, `Report` and `Leave` one thread at a time; the others are safe from any
/// thread,
///          and these three wait for none of them.
class Cluster {
 public:
  virtual ~Cluster() = default;

  /// Published to the other nodes with the next renewal; empty: unknown. Safe from any thread.
  virtual void SetConfigHash(const std::string& hash) = 0;

  /// Keeps this node registered, and returns its duties. To be called every second, whether or not
  /// heartbeats can be reported.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<NodeStanding> Renew() = 0;

  /// Reports the next heartbeats of `heard`, after them its signs of media, and with the last ones
  /// that these were all. Takes seconds at most, after which the node is to be renewed.
  /// @param reported  as of the call before; 0 at first.
  /// @return how many have been reported by now. After `heard.size()` others may follow.
  /// @errors kStoreBusy; kStoreBroken. The same may be reported again.
  virtual Result<std::size_t> Report(const HeardBeats& heard, std::size_t reported) = 0;

  /// Finds out which of the pushers that were silent here were silent at all nodes.
  /// @return one for each of `lapsed`, in its order.
  /// @errors kStoreBusy, also when this node is not registered; kStoreBroken.
  virtual Result<std::vector<SharedSilence>> Silent(std::span<const SeatKey> lapsed,
                                                    std::chrono::milliseconds timeout) = 0;

  /// The pushers of whose media a part has been off for that long at the node with the newest sign
  /// of it, in no order; some may be named twice. `Silent` tells whether the others are off too.
  /// @param limit  most to return.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<NamedMember>> MediaOff(std::chrono::milliseconds lasting,
                                                    std::size_t limit) = 0;

  /// Claims the right to create or destroy a group. A node's own claim is extended.
  /// @param lasting  after which it ends by itself.
  /// @return false while another node has it.
  virtual Result<bool> ClaimGroup(const RoomId& group, std::chrono::milliseconds lasting) = 0;
  virtual Status ReleaseGroup(const RoomId& group) = 0;

  /// Removes the heartbeats and signs of members that have left, and uses of created groups that
  /// are as old as that; younger heartbeats stay, too. To be called from time to time by the holder
  /// of `Duty::kUpkeep`.
  /// @return how many were removed.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::size_t> RemoveLeftBeats(std::chrono::milliseconds older_than) = 0;

  /// All nodes, by number; none where no other node can use the store.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<ListedNode>> ListNodes() = 0;

  /// Unregisters this node: the others do not wait for it. To be called when no more heartbeats are
  /// accepted, and all have been reported.
  virtual Status Leave() = 0;
};

/// The only node on its store: everything is granted, and a pusher that is silent here is silent.
///
/// @threads immutable: safe from any thread.
class Alone : public Cluster {
 public:
  void SetConfigHash(const std::string& /*hash*/) override {}
  Result<NodeStanding> Renew() override {
    return NodeStanding{.terms = {0, 0, 0, 0},
                        .all_know_marked_tickets = true,
                        .all_have_viewer_leases = true,
                        .all_know_plain_messages = true};
  }
  Result<std::size_t> Report(const HeardBeats& heard, std::size_t /*reported*/) override {
    return heard.size();
  }
  Result<std::vector<SharedSilence>> Silent(std::span<const SeatKey> lapsed,
                                            std::chrono::milliseconds timeout) override {
    return std::vector(
        lapsed.size(),
        SharedSilence{.age = timeout, .is_silent = true, .told_ago = std::chrono::milliseconds(0)});
  }
  Result<std::vector<NamedMember>> MediaOff(std::chrono::milliseconds /*lasting*/,
                                            std::size_t /*limit*/) override {
    return std::vector<NamedMember>();
  }
  Result<bool> ClaimGroup(const RoomId& /*group*/, std::chrono::milliseconds /*lasting*/) override {
    return true;
  }
  Status ReleaseGroup(const RoomId& /*group*/) override { return {}; }
  Result<std::size_t> RemoveLeftBeats(std::chrono::milliseconds /*older_than*/) override {
    return 0;
  }
  Result<std::vector<ListedNode>> ListNodes() override { return std::vector<ListedNode>(); }
  Status Leave() override { return {}; }
};

}  // namespace rtcroom
