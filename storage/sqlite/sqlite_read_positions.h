// What accounts have read of each other's messages, in SQLite.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "daemon/core/read_position_store.h"

namespace rtcroom {

class SqliteEngine;

/// @threads safe from any thread.
class SqliteReadPositions : public ReadPositionStore {
 public:
  explicit SqliteReadPositions(SqliteEngine& engine) : engine_(engine) {}

  Result<std::vector<ReadPosition>> ReadPositionsOf(const UserId& reader,
                                                    std::size_t limit) override;
  Result<std::vector<ReadPosition>> ReadPositionsFor(const UserId& peer,
                                                     std::span<const UserId> readers) override;
  Status RecordReadPositions(std::span<const ReadPosition> positions) override;
  Result<std::size_t> TrimReadPositions(TimePoint as_of, TimePoint before) override;

 private:
  SqliteEngine& engine_;
};

}  // namespace rtcroom
