// The index of recordings in PostgreSQL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "daemon/core/recording_store.h"

namespace rtcroom {

class PgEngine;

/// @threads safe from any thread.
class PgRecordings : public RecordingStore {
 public:
  /// @param max_recordings  at least 1.
  PgRecordings(PgEngine& engine, std::uint64_t max_recordings)
      : engine_(engine), max_recordings_(max_recordings) {}

  Status PutRecordings(std::span<const Recording> recordings) override;
  Result<std::optional<Recording>> FindRecording(std::string_view file) override;
  Result<std::vector<Recording>> ListRecordings(const RecordingQuery& query) override;
  Result<std::vector<Recording>> LoadRecordingsEndedBefore(TimePoint time,
                                                           const RecordingPosition& after,
                                                           std::size_t limit) override;
  Status RemoveRecording(std::string_view file, TimePoint as_of) override;

 private:
  PgEngine& engine_;
  const std::uint64_t max_recordings_;
};

}  // namespace rtcroom
