// Mapping between recordings and rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/recording_store.h"
#include "storage/sqlite/aux_rows.h"

namespace rtcroom::sqlite {

// The functions are those of `RecordingStore`.

Result<std::optional<Recording>> FindRecording(AuxReader& sql, std::string_view file);
Result<std::vector<Recording>> ListRecordings(AuxReader& sql, const RecordingQuery& query);
Result<std::vector<Recording>> LoadRecordingsEndedBefore(AuxReader& sql, TimePoint time,
                                                         const RecordingPosition& after,
                                                         std::size_t limit);
/// @param max_recordings  beyond which the lowest numbers are forgotten.
Status PutRecording(AuxWriter& sql, const Recording& recording, std::uint64_t max_recordings);
/// @return how many were removed.
Result<std::size_t> RemoveRecording(AuxWriter& sql, std::string_view file);

}  // namespace rtcroom::sqlite
