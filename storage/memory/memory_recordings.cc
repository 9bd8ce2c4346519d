#include "storage/memory/memory_recordings.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace rtcroom {
namespace {

bool Matches(const Recording& recording, const RecordingQuery& query) {
  const std::optional<StreamOwner>& owner = recording.owner;
  return (!query.kind || (owner && owner->room.kind == *query.kind)) &&
         (!query.room_id || (owner && owner->room.id == *query.room_id)) &&
         (!query.user_id || (owner && owner->user_id == *query.user_id)) &&
         (!query.after || PositionOf(recording) < *query.after);
}

}  // namespace

Status MemoryRecordings::PutRecordings(std::span<const Recording> recordings) {
  const MutexLock lock(engine_.mutex);
  for (const Recording& recording : recordings) PutLocked(recording);
  return {};
}

void MemoryRecordings::PutLocked(const Recording& recording) {
  const auto [place, is_new] = by_file_.try_emplace(recording.file, recording);
  Recording& row = place->second;
  if (!is_new) {
    row.bytes = recording.bytes;
    row.ended_at = recording.ended_at;
    if (!row.started_at) row.started_at = recording.started_at;
    if (!recording.stream.empty()) row.stream = recording.stream;
    if (recording.owner) row.owner = recording.owner;
    return;
  }
  row.number = 1;
  for (const Recording& other : by_file_ | std::views::values) {
    if (&other != &row) row.number = std::max(row.number, other.number + 1);
  }
  std::erase_if(by_file_, [this, newest = row.number](const auto& entry) {
    return entry.second.number + max_recordings_ <= newest;
  });
}

Result<std::optional<Recording>> MemoryRecordings::FindRecording(std::string_view file) {
  const MutexLock lock(engine_.mutex);
  const auto found = by_file_.find(file);
  if (found == by_file_.end()) return std::optional<Recording>();
  return std::optional(found->second);
}

Result<std::vector<Recording>> MemoryRecordings::ListRecordings(const RecordingQuery& query) {
  std::vector<Recording> found;
  const MutexLock lock(engine_.mutex);
  for (const Recording& recording : by_file_ | std::views::values) {
    if (Matches(recording, query)) found.push_back(recording);
  }
  std::ranges::sort(found, std::greater(), PositionOf);
  if (found.size() > query.limit) found.resize(query.limit);
  return found;
}

Result<std::vector<Recording>> MemoryRecordings::LoadRecordingsEndedBefore(
    TimePoint time, const RecordingPosition& after, std::size_t limit) {
  std::vector<Recording> found;
  const MutexLock lock(engine_.mutex);
  for (const Recording& recording : by_file_ | std::views::values) {
    if (recording.ended_at < time && PositionOf(recording) > after) found.push_back(recording);
  }
  std::ranges::sort(found, {}, PositionOf);
  if (found.size() > limit) found.resize(limit);
  return found;
}

Status MemoryRecordings::RemoveRecording(std::string_view file, TimePoint as_of) {
  const MutexLock lock(engine_.mutex);
  const auto found = by_file_.find(file);
  if (found == by_file_.end()) return {};
  by_file_.erase(found);
  engine_.MarkRemoval(as_of, 1);
  return {};
}

}  // namespace rtcroom
