// What a subscriber wants to hear of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <rtcroom/v1/room.pb.h>

#include "daemon/core/ids.h"
#include "daemon/core/room.h"
#include "daemon/core/room_event.h"

namespace rtcroom {

/// A set of room kinds: bit n is `v1::RoomKind` n.
using KindMask = std::uint32_t;
inline constexpr KindMask kAnyKind = ~KindMask{0};
inline KindMask MaskOf(v1::RoomKind kind) { return KindMask{1} << static_cast<unsigned>(kind); }

/// What filters ask of an event, found out once for all of them.
struct EventFacts {
  explicit EventFacts(const RoomEvent& event);

  KindMask kind = 0;  ///< one bit
  std::string room_id{};
  std::size_t room_hash = 0;
  std::string user_id{};  ///< whom it happened to; empty when nobody in particular
  std::size_t user_hash = 0;
};

/// A room that is asked for.
struct RoomPick {
  KindMask kinds = kAnyKind;  ///< it counts only as one of these
  RoomId id{};
};

/// Tells whether an event, or a room, is among what was asked for. Asking about an event takes some
/// 10 ns, whatever the size of the filter.
///
/// @threads immutable.
class WatchFilter {
 public:
  WatchFilter() = default;  ///< everything
  /// Of each list, and of `kinds`, any entry will do; an empty list asks for nothing in particular.
  WatchFilter(KindMask kinds, const std::vector<RoomPick>& rooms, const std::vector<UserId>& users);

  [[nodiscard]] bool Matches(const EventFacts& event) const {
    return (kinds_ & event.kind) != 0 &&
           (rooms_.empty() || rooms_.Contains(event.room_hash, event.room_id, event.kind)) &&
           (users_.empty() || users_.Contains(event.user_hash, event.user_id, event.kind));
  }

  /// A user counts as being in the rooms that it made or is a pusher of.
  [[nodiscard]] bool Matches(const Room& room) const;

 private:
  // Names, found by hash.
  class Names {
   public:
    void Add(std::string name, KindMask kinds);
    void Sort();  // once, after the last Add
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    [[nodiscard]] bool Contains(std::size_t hash, std::string_view name, KindMask kind) const;

   private:
    struct Entry {
      std::size_t hash = 0;
      KindMask kinds = kAnyKind;
      std::string name{};
    };
    std::vector<Entry> entries_;
  };

  KindMask kinds_ = kAnyKind;
  Names rooms_;
  Names users_;
};

}  // namespace rtcroom
