// Mapping between recordings and rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/recording_store.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {

class Database;

/// The statements that write them.
///
/// @threads one thread at a time, with its connection.
class RecordingWriter {
 public:
  Status Prepare(Database& database);

  /// @param max_recordings  beyond which the lowest numbers are forgotten.
  Status Put(const Recording& recording, std::uint64_t max_recordings);
  /// @return how many were removed.
  Result<std::size_t> Remove(std::string_view file);

 private:
  Statement put_;
  Statement forget_;
  Statement remove_;
};

/// The statements that read them.
///
/// @threads one thread at a time, with its connection.
class RecordingReader {
 public:
  Status Prepare(Database& database);

  Result<std::optional<Recording>> Find(std::string_view file);
  Result<std::vector<Recording>> List(const RecordingQuery& query);
  Result<std::vector<Recording>> EndedBefore(TimePoint time, const RecordingPosition& after,
                                             std::size_t limit);

 private:
  Statement find_;
  Statement list_;
  Statement list_kind_;
  Statement list_room_;
  Statement list_user_;
  Statement ended_before_;
};

}  // namespace rtcroom
