#include "storage/memory/recording_table.h"

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

void RecordingTable::Put(const Recording& recording) {
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

std::optional<Recording> RecordingTable::Find(std::string_view file) const {
  const auto found = by_file_.find(file);
  if (found == by_file_.end()) return std::nullopt;
  return found->second;
}

std::vector<Recording> RecordingTable::List(const RecordingQuery& query) const {
  std::vector<Recording> found;
  for (const Recording& recording : by_file_ | std::views::values) {
    if (Matches(recording, query)) found.push_back(recording);
  }
  std::ranges::sort(found, std::greater(), PositionOf);
  if (found.size() > query.limit) found.resize(query.limit);
  return found;
}

std::vector<Recording> RecordingTable::EndedBefore(TimePoint time, const RecordingPosition& after,
                                                   std::size_t limit) const {
  std::vector<Recording> found;
  for (const Recording& recording : by_file_ | std::views::values) {
    if (recording.ended_at < time && PositionOf(recording) > after) found.push_back(recording);
  }
  std::ranges::sort(found, {}, PositionOf);
  if (found.size() > limit) found.resize(limit);
  return found;
}

std::size_t RecordingTable::Remove(std::string_view file) {
  const auto found = by_file_.find(file);
  if (found == by_file_.end()) return 0;
  by_file_.erase(found);
  return 1;
}

}  // namespace rtcroom
