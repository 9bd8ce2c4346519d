// Recordings as operators and their programs see them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/recording_store.h"

namespace rtcroom {

struct RecordingsFound {
  std::vector<Recording> recordings{};  ///< the newest first
  /// `RecordingQuery::after` of the continuation; nullopt after the last.
  std::optional<RecordingPosition> next{};
};

/// @errors kStoreBusy; kStoreBroken.
/// @threads as the store.
Result<RecordingsFound> FindRecordings(RecordingStore& store, RecordingQuery query);

/// The position of a continuation, as an opaque text for external programs.
std::string EncodeRecordingPosition(const RecordingPosition& position);
/// @return nullopt when `text` is not an output of `EncodeRecordingPosition`.
std::optional<RecordingPosition> ParseRecordingPosition(std::string_view text);

/// The link to a file; empty when `base_url` is.
/// @param base_url  of the folder of recordings, with or without a slash at its end.
std::string RecordingUrl(std::string_view base_url, const Recording& recording);

}  // namespace rtcroom
