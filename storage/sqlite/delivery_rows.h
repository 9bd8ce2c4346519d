// Mapping between deliveries and rows.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/delivery_store.h"
#include "storage/sqlite/aux_rows.h"

namespace rtcroom::sqlite {

// The functions are those of `DeliveryStore`. After an error of one that writes, roll back: some
// rows may have been written.

Result<std::vector<Delivery>> LoadDeliveries(AuxReader& sql, DeliveryKind kind, std::size_t limit);
Result<DeliveryBacklog> CountDeliveries(AuxReader& sql);
/// @param position  of the first event of its room change, if any.
Status ChangeDeliveries(AuxWriter& sql, const DeliveryChange& change, TimePoint now,
                        std::optional<std::uint64_t> position);
Status FinishDelivery(AuxWriter& sql, const Delivery& delivery);
Result<bool> PostponeDelivery(AuxWriter& sql, const Delivery& delivery);
Status RetryDeliveriesSoon(AuxWriter& sql, TimePoint now, std::chrono::milliseconds within,
                           std::size_t limit);

}  // namespace rtcroom::sqlite
