// Index of the rooms by list position.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include <ext/pb_ds/assoc_container.hpp>
#include <ext/pb_ds/tree_policy.hpp>

#include "daemon/core/ids.h"
#include "daemon/core/room_store.h"

namespace rtcroom {

/// The fields that decide which lists a room is in, and where.
struct RoomListEntry {
  RoomKind kind = RoomKind::kDouble;
  Dialect dialect = Dialect::kGen1;
  std::string type{};       ///< `Room::type`
  std::uint64_t place = 0;  ///< `Room::place`; 0: in no list yet
};

/// The places of all rooms, list by list, in order-statistic trees: insertion, removal and
/// selection of the n-th are O(log n). About 80 bytes per room.
///
/// @threads one thread at a time; a store guards it with its own lock.
class RoomListIndex {
 public:
  /// Adds a new room.
  void Insert(const RoomListEntry& room) {
    ++counts_.at(Index(room.kind));
    if (room.place != 0) Activate(room);
  }
  /// Adds a room that was in no list and has its place now.
  void Activate(const RoomListEntry& room) {
    TreeOf(room.kind, room.dialect).insert(room.place);
    TreeOf(room.kind, std::nullopt).insert(room.place);
    if (HasTypes(room.kind)) typed_[room.type].insert(room.place);
  }
  /// Removes a room, which may be unknown: another program may have made it.
  void Erase(const RoomListEntry& room) {
    std::uint64_t& count = counts_.at(Index(room.kind));
    if (count > 0) --count;
    if (room.place == 0) return;
    TreeOf(room.kind, room.dialect).erase(room.place);
    TreeOf(room.kind, std::nullopt).erase(room.place);
    if (!HasTypes(room.kind)) return;
    const auto typed = typed_.find(room.type);
    if (typed == typed_.end()) return;
    typed->second.erase(room.place);
    if (typed->second.empty()) typed_.erase(typed);
  }

  /// The place of the room with `query.index` rooms before it in that list; nullopt past the end.
  [[nodiscard]] std::optional<std::uint64_t> At(const RoomListQuery& query) const {
    const Tree* const tree = Find(query);
    if (tree == nullptr) return std::nullopt;
    if (query.index >= tree->size()) return std::nullopt;
    const std::uint64_t skipped = query.after == 0 ? 0 : tree->order_of_key(query.after + 1);
    const auto place = tree->find_by_order(skipped + query.index);
    if (place == tree->end()) return std::nullopt;
    return *place;
  }

  /// Number of rooms, listed or not.
  [[nodiscard]] std::uint64_t Count(RoomKind kind) const { return counts_.at(Index(kind)); }

 private:
  using Tree =
      __gnu_pbds::tree<std::uint64_t, __gnu_pbds::null_type, std::less<>, __gnu_pbds::rb_tree_tag,
                       __gnu_pbds::tree_order_statistics_node_update>;
  static constexpr std::size_t kKinds = std::size(kAllRoomKinds);
  static constexpr std::size_t kTreesOfKind = 3;  ///< one of both dialects, and one of each

  static bool HasTypes(RoomKind kind) { return kind == RoomKind::kWebrtc; }
  static std::size_t Index(RoomKind kind) { return static_cast<std::size_t>(kind) - 1; }
  static std::size_t Index(RoomKind kind, std::optional<Dialect> dialect) {
    return Index(kind) * kTreesOfKind + (dialect ? static_cast<std::size_t>(*dialect) : 0);
  }
  Tree& TreeOf(RoomKind kind, std::optional<Dialect> dialect) {
    return trees_.at(Index(kind, dialect));
  }
  [[nodiscard]] const Tree* Find(const RoomListQuery& query) const {
    if (!query.type) return &trees_.at(Index(query.kind, query.dialect));
    const auto typed = typed_.find(*query.type);
    return typed == typed_.end() || !HasTypes(query.kind) ? nullptr : &typed->second;
  }

  std::array<std::uint64_t, kKinds> counts_{};
  std::array<Tree, kKinds * kTreesOfKind> trees_;
  std::map<std::string, Tree, std::less<>> typed_;  ///< webrtc rooms by type; no empty trees
};

}  // namespace rtcroom
