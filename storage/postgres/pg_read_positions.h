// What accounts have read of each other's messages, in PostgreSQL.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "daemon/core/read_position_store.h"

namespace rtcroom {

class PgEngine;

/// @threads safe from any thread.
class PgReadPositions : public ReadPositionStore {
 public:
  explicit PgReadPositions(PgEngine& engine) : engine_(engine) {}

  Result<std::vector<ReadPosition>> ReadPositionsOf(const UserId& reader,
                                                    std::size_t limit) override;
  Result<std::vector<ReadPosition>> ReadPositionsFor(const UserId& peer,
                                                     std::span<const UserId> readers) override;
  Status RecordReadPositions(std::span<const ReadPosition> positions) override;
  Result<std::size_t> TrimReadPositions(TimePoint as_of, TimePoint before) override;

 private:
  PgEngine& engine_;
};

}  // namespace rtcroom
