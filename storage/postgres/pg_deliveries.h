// The outbox in PostgreSQL.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/delivery_store.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_write.h"

namespace rtcroom::pg {

// The functions are those of `DeliveryStore`.

Result<std::vector<Delivery>> LoadDeliveries(PgConnection& connection, DeliveryKind kind,
                                             std::size_t limit, MonotonicTime deadline);
Result<DeliveryBacklog> CountDeliveries(PgConnection& connection, MonotonicTime deadline);

/// @param back  with a change of a room, whose events are written before: how far its first event
/// is behind the newest one that is stored then.
PgWrite ChangeDeliveries(const DeliveryChange& change, TimePoint now,
                         std::optional<std::uint64_t> back = std::nullopt);
PgWrite FinishDelivery(const Delivery& delivery);
/// @param is_there  receives false when the row no longer exists.
PgWrite PostponeDelivery(const Delivery& delivery, bool& is_there);
PgWrite RetryDeliveriesSoon(TimePoint now, std::chrono::milliseconds within, std::size_t limit);

}  // namespace rtcroom::pg
