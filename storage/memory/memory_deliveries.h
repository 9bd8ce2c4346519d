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
#include "storage/memory/memory_engine.h"

namespace rtcroom {

/// @threads safe from any thread.
class MemoryDeliveries : public DeliveryStore {
 public:
  explicit MemoryDeliveries(MemoryEngine& engine) : engine_(engine) {}

  /// Call it with a change of a room, with the lock of the engine held: which one it is, the
  /// analysis does not see.
  /// @param position  of the first event of that change.
  void ChangeWithRoom(const DeliveryChange& change, TimePoint now,
                      std::uint64_t position) NO_THREAD_SAFETY_ANALYSIS {
    ChangeLocked(change, now, position);
  }

  Result<std::vector<Delivery>> LoadDeliveries(DeliveryKind kind, std::size_t limit) override;
  Result<DeliveryBacklog> CountDeliveries() override;
  Status ChangeDeliveries(const DeliveryChange& change, TimePoint now) override;
  Status FinishDelivery(const Delivery& delivery) override;
  Result<bool> PostponeDelivery(const Delivery& delivery) override;
  Status RetryDeliveriesSoon(TimePoint now, std::chrono::milliseconds within,
                             std::size_t limit) override;

 private:
  struct Row {
    Delivery delivery{};
    std::optional<std::uint64_t> position{};
  };
  using Rows = std::map<std::pair<RoomId, DeliveryKind>, Row>;

  void ChangeLocked(const DeliveryChange& change, TimePoint now,
                    std::optional<std::uint64_t> position) REQUIRES(engine_.mutex);
  /// @return whether the group was foreign.
  bool DropLocked(const RoomId& group) REQUIRES(engine_.mutex);
  /// Every row of the group, in the order of kinds.
  [[nodiscard]] std::vector<Row*> RowsOfLocked(const RoomId& group) REQUIRES(engine_.mutex);
  /// The row with that id; null when it was removed.
  Row* FindLocked(const Delivery& delivery) REQUIRES(engine_.mutex);

  MemoryEngine& engine_;
  Rows rows_ GUARDED_BY(engine_.mutex);
  std::uint64_t last_id_ GUARDED_BY(engine_.mutex) = 0;
};

}  // namespace rtcroom
