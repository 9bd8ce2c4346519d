// The filter of a Watch request.
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

/// Filter-relevant facts of an event, computed once for all filters.
struct EventFacts {
  explicit EventFacts(const RoomEvent& event);

  KindMask kind = 0;  ///< one bit
  std::string room_id{};
  std::size_t room_hash = 0;
  std::string user_id{};  ///< the affected user; empty when there is none
  std::size_t user_hash = 0;
};

/// A requested room.
struct RoomPick {
  KindMask kinds = kAnyKind;  ///< matches only these kinds
  RoomId id{};
};

/// Whether an event, or a room, matches the request. Matching an event takes about 10 ns, whatever
/// the size of the filter.
///
/// @threads immutable.
class WatchFilter {
 public:
  WatchFilter() = default;  ///< matches everything
  /// Entries of a list, and of `kinds`, are alternatives; an empty list does not restrict.
  WatchFilter(KindMask kinds, const std::vector<RoomPick>& rooms, const std::vector<UserId>& users);

  [[nodiscard]] bool Matches(const EventFacts& event) const {
    return (kinds_ & event.kind) != 0 &&
           (rooms_.empty() || rooms_.Contains(event.room_hash, event.room_id, event.kind)) &&
           (users_.empty() || users_.Contains(event.user_hash, event.user_id, event.kind));
  }

  /// A user is in the rooms that it created or is a pusher of.
  [[nodiscard]] bool Matches(const Room& room) const;

 private:
  // Names in hash order.
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
