// The names that media servers give to files of recordings.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"

namespace rtcroom {

struct RecordedName {
  std::string stream{};
  TimePoint started_at{};

  bool operator==(const RecordedName&) const = default;
};

/// Reads `FOLDERS/STREAM-TIME.flv`: the time in seconds since 1970 as nginx-rtmp writes it, or,
/// with more than 11 digits, in milliseconds as SRS does.
/// @return nullopt: another name.
std::optional<RecordedName> ParseRecordedName(std::string_view file);

}  // namespace rtcroom
