// The outbox in PostgreSQL.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/core/delivery_store.h"
#include "storage/postgres/pg_write.h"

namespace rtcroom {

class PgEngine;

/// @threads safe from any thread.
class PgDeliveries : public DeliveryStore {
 public:
  explicit PgDeliveries(PgEngine& engine) : engine_(engine) {}

  Result<std::vector<Delivery>> LoadDeliveries(DeliveryKind kind, std::size_t limit) override;
  Result<DeliveryBacklog> CountDeliveries() override;
  Status ChangeDeliveries(const DeliveryChange& change, TimePoint now) override;
  Status FinishDelivery(const Delivery& delivery) override;
  Result<bool> PostponeDelivery(const Delivery& delivery) override;
  Status RetryDeliveriesSoon(TimePoint now, std::chrono::milliseconds within,
                             std::size_t limit) override;

 private:
  PgEngine& engine_;
};

namespace pg {

/// @param back  with a change of a room, whose events are written before: how far its first event
/// is behind the newest one that is stored then.
PgWrite ChangeDeliveries(const DeliveryChange& change, TimePoint now,
                         std::optional<std::uint64_t> back = std::nullopt);

}  // namespace pg
}  // namespace rtcroom
