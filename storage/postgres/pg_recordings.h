// The index of recordings in PostgreSQL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/recording_store.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_write.h"

namespace rtcroom::pg {

// The functions are those of `RecordingStore`.

Result<std::optional<Recording>> FindRecording(PgConnection& connection, std::string_view file,
                                               MonotonicTime deadline);
Result<std::vector<Recording>> ListRecordings(PgConnection& connection, const RecordingQuery& query,
                                              MonotonicTime deadline);
Result<std::vector<Recording>> LoadRecordingsEndedBefore(PgConnection& connection, TimePoint time,
                                                         const RecordingPosition& after,
                                                         std::size_t limit, MonotonicTime deadline);

/// @param max_recordings  at least 1; beyond it the lowest numbers are forgotten.
PgWrite PutRecordings(std::span<const Recording> recordings, std::uint64_t max_recordings);
PgWrite RemoveRecording(std::string_view file, TimePoint as_of);

}  // namespace rtcroom::pg
