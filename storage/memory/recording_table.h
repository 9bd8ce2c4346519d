// The index of recordings in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/recording_store.h"

namespace rtcroom {

/// The methods are those of `RecordingStore`.
///
/// @threads one thread at a time.
class RecordingTable {
 public:
  explicit RecordingTable(std::uint64_t max_recordings) : max_recordings_(max_recordings) {}

  void Put(const Recording& recording);
  [[nodiscard]] std::optional<Recording> Find(std::string_view file) const;
  [[nodiscard]] std::vector<Recording> List(const RecordingQuery& query) const;
  [[nodiscard]] std::vector<Recording> EndedBefore(TimePoint time, const RecordingPosition& after,
                                                   std::size_t limit) const;
  /// @return how many were removed.
  std::size_t Remove(std::string_view file);

 private:
  const std::uint64_t max_recordings_;
  std::map<std::string, Recording, std::less<>> by_file_;
};

}  // namespace rtcroom
