// Mapping between deliveries and rows.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/delivery_store.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {

class Database;

/// The statements that write them; the methods are those of `DeliveryStore`. After an error, roll
/// back: some rows may have been written.
///
/// @threads one thread at a time, with its connection.
class DeliveryWriter {
 public:
  Status Prepare(Database& database);

  /// @param position  of the first event of its room change, if any.
  Status Change(const DeliveryChange& change, TimePoint now, std::optional<std::uint64_t> position);
  Status Finish(const Delivery& delivery);
  Result<bool> Postpone(const Delivery& delivery);
  Status RetrySoon(TimePoint now, std::chrono::milliseconds within, std::size_t limit);

 private:
  Statement drop_;
  Statement enqueue_;
  Statement hold_rest_;
  Statement remove_;
  Statement release_next_;
  Statement reset_attempts_;
  Statement postpone_;
  Statement park_rest_;
  Statement retry_soon_;
};

/// The statements that read them.
///
/// @threads one thread at a time, with its connection.
class DeliveryReader {
 public:
  Status Prepare(Database& database);

  Result<std::vector<Delivery>> Load(DeliveryKind kind, std::size_t limit);
  Result<DeliveryBacklog> Count();

 private:
  Statement load_;
  Statement count_;
};

}  // namespace rtcroom
