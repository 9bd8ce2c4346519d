// The outbox in SQLite.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/core/delivery_store.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {

class SqliteEngine;

/// @threads safe from any thread.
class SqliteDeliveries : public DeliveryStore {
 public:
  explicit SqliteDeliveries(SqliteEngine& engine) : engine_(engine) {}

  Result<std::vector<Delivery>> LoadDeliveries(DeliveryKind kind, std::size_t limit) override;
  Result<DeliveryBacklog> CountDeliveries() override;
  Status ChangeDeliveries(const DeliveryChange& change, TimePoint now) override;
  Status FinishDelivery(const Delivery& delivery) override;
  Result<bool> PostponeDelivery(const Delivery& delivery) override;
  Status RetryDeliveriesSoon(TimePoint now, std::chrono::milliseconds within,
                             std::size_t limit) override;

 private:
  SqliteEngine& engine_;
};

namespace sqlite {

/// Roll back after an error: some rows may have been written.
/// @param position  of the first event of its room change, if any.
Status ChangeDeliveries(WriterStatements& sql, const DeliveryChange& change, TimePoint now,
                        std::optional<std::uint64_t> position);

}  // namespace sqlite
}  // namespace rtcroom
