// The index of recordings in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/recording_store.h"
#include "storage/memory/memory_engine.h"

namespace rtcroom {

/// @threads safe from any thread.
class MemoryRecordings : public RecordingStore {
 public:
  MemoryRecordings(MemoryEngine& engine, std::uint64_t max_recordings)
      : engine_(engine), max_recordings_(max_recordings) {}

  Status PutRecordings(std::span<const Recording> recordings) override;
  Result<std::optional<Recording>> FindRecording(std::string_view file) override;
  Result<std::vector<Recording>> ListRecordings(const RecordingQuery& query) override;
  Result<std::vector<Recording>> LoadRecordingsEndedBefore(TimePoint time,
                                                           const RecordingPosition& after,
                                                           std::size_t limit) override;
  Status RemoveRecording(std::string_view file, TimePoint as_of) override;

 private:
  void PutLocked(const Recording& recording) REQUIRES(engine_.mutex);

  MemoryEngine& engine_;
  const std::uint64_t max_recordings_;
  std::map<std::string, Recording, std::less<>> by_file_ GUARDED_BY(engine_.mutex);
};

}  // namespace rtcroom
