// The outbox in memory.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/core/delivery_store.h"

namespace rtcroom {

/// The methods are those of `DeliveryStore`.
///
/// @threads one thread at a time.
class DeliveryTable {
 public:
  /// @param position  of the first event of its room change, if any.
  void Change(const DeliveryChange& change, TimePoint now, std::optional<std::uint64_t> position);
  [[nodiscard]] std::vector<Delivery> Load(DeliveryKind kind, std::size_t limit) const;
  [[nodiscard]] DeliveryBacklog Count() const;
  void Finish(const Delivery& delivery);
  bool Postpone(const Delivery& delivery);
  void RetrySoon(TimePoint now, std::chrono::milliseconds within, std::size_t limit);

 private:
  struct Row {
    Delivery delivery{};
    std::optional<std::uint64_t> position{};
  };
  using Rows = std::map<std::pair<RoomId, DeliveryKind>, Row>;

  /// @return whether the group was foreign.
  bool Drop(const RoomId& group);
  /// Every row of the group, in the order of kinds.
  [[nodiscard]] std::vector<Row*> RowsOf(const RoomId& group);
  /// The row with that id; null when it was removed.
  Row* Find(const Delivery& delivery);

  Rows rows_;
  std::uint64_t last_id_ = 0;
};

}  // namespace rtcroom
