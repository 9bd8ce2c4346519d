// Which room stands at which place of a list, without counting.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include <ext/pb_ds/assoc_container.hpp>
#include <ext/pb_ds/tree_policy.hpp>

#include "daemon/core/ids.h"

namespace rtcroom {

/// The sequences of all rooms, by kind and dialect, in an order-statistic tree: insertion,
/// removal and "which is the n-th" are O(log n). About 40 bytes per room.
///
/// @threads for one thread at a time; a store guards it with its own lock.
class RoomOrder {
 public:
  void Insert(RoomKind kind, Dialect dialect, std::uint64_t sequence) {
    TreeOf(kind, dialect).insert(sequence);
  }
  void Erase(RoomKind kind, Dialect dialect, std::uint64_t sequence) {
    TreeOf(kind, dialect).erase(sequence);
  }

  /// The sequence of the room with `index` rooms before it, or nothing past the end.
  [[nodiscard]] std::optional<std::uint64_t> At(RoomKind kind, Dialect dialect,
                                                std::uint64_t index) const {
    const Tree& tree = TreeOf(kind, dialect);
    const auto place = tree.find_by_order(index);
    if (place == tree.end()) return std::nullopt;
    return *place;
  }

  [[nodiscard]] std::uint64_t Count(RoomKind kind) const {
    return TreeOf(kind, Dialect::kGen1).size() + TreeOf(kind, Dialect::kGen2).size();
  }

 private:
  using Tree =
      __gnu_pbds::tree<std::uint64_t, __gnu_pbds::null_type, std::less<>, __gnu_pbds::rb_tree_tag,
                       __gnu_pbds::tree_order_statistics_node_update>;
  static constexpr std::size_t kDialects = 2;

  static std::size_t Place(RoomKind kind, Dialect dialect) {
    return (static_cast<std::size_t>(kind) - 1) * kDialects + static_cast<std::size_t>(dialect) - 1;
  }
  Tree& TreeOf(RoomKind kind, Dialect dialect) { return trees_.at(Place(kind, dialect)); }
  [[nodiscard]] const Tree& TreeOf(RoomKind kind, Dialect dialect) const {
    return trees_.at(Place(kind, dialect));
  }

  std::array<Tree, std::size(kAllRoomKinds) * kDialects> trees_;
};

}  // namespace rtcroom
