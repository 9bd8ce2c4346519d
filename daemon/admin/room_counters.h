// Counts of rooms and members, updated with every commit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "daemon/base/mutex.h"
#include "daemon/core/commit_listener.h"
#include "daemon/core/ids.h"
#include "daemon/core/room.h"
#include "daemon/core/room_event.h"

namespace rtcroom {

inline constexpr std::size_t kRoomKindCount = std::size(kAllRoomKinds);

/// The place of a kind in `kAllRoomKinds`.
constexpr std::size_t RoomKindIndex(RoomKind kind) { return static_cast<std::size_t>(kind) - 1; }

/// Removals by the server. Other members left by themselves, or with their room.
struct Evictions {
  std::uint64_t heartbeat_timeout = 0;   ///< pushers
  std::uint64_t stream_interrupted = 0;  ///< likewise
  std::uint64_t kicked = 0;              ///< pushers
  std::uint64_t idle = 0;                ///< rooms that no member joined
  std::uint64_t dismissed = 0;           ///< rooms
};

/// The totals count from the start of the process; the others are current values.
struct RoomCounts {
  std::array<std::uint64_t, kRoomKindCount> pushers{};    ///< by kind
  std::array<std::uint64_t, kRoomKindCount> audiences{};  ///< by kind
  std::array<std::uint64_t, kRoomKindCount> created{};    ///< rooms by kind, a total
  std::array<std::uint64_t, kRoomKindCount> ended{};      ///< rooms by kind, a total
  Evictions evictions{};                                  ///< totals
};

/// Follows the store by observing every commit in order, so that no scan is needed. Remembers only
/// the rooms that have viewers.
///
/// @threads safe from any thread.
class RoomCounters : public CommitListener {
 public:
  /// Adds a room that was stored before this process began.
  void Restore(const Room& room) EXCLUDES(mutex_);

  void OnCommit(const Committed& committed) noexcept override EXCLUDES(mutex_);

  [[nodiscard]] RoomCounts snapshot() const EXCLUDES(mutex_);

 private:
  void CountLocked(const StoredEvent& stored) REQUIRES(mutex_);
  void RemoveAudienceLocked(RoomKind kind, std::uint64_t room_number, std::uint64_t count)
      REQUIRES(mutex_);

  mutable Mutex mutex_;
  RoomCounts counts_ GUARDED_BY(mutex_);
  std::unordered_map<std::uint64_t, std::uint64_t> audiences_
      GUARDED_BY(mutex_);  ///< by `sequence`
};

}  // namespace rtcroom
