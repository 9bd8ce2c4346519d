#include "daemon/admin/recordings_endpoint.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/admin/console_request.h"
#include "daemon/base/free_space.h"
#include "daemon/core/recording_list.h"

namespace rtcroom {
namespace {

using nlohmann::json;

Result<RecordingQuery> ReadRecordingQuery(const HttpRequest& request) {
  const Result<FormPairs> query = ReadQuery(request);
  if (!query) return query.error();
  const Result<std::optional<RoomKind>> kind = ReadKind(*query);
  if (!kind) return kind.error();
  Result<std::optional<RoomId>> room = ReadRoomId(*query);
  if (!room) return room.error();
  Result<std::optional<UserId>> user = ReadUserId(*query);
  if (!user) return user.error();
  const Result<std::size_t> limit = ReadLimit(*query, {.standard = 50, .most = 200});
  if (!limit) return limit.error();
  RecordingQuery wanted{
      .kind = *kind, .room_id = *std::move(room), .user_id = *std::move(user), .limit = *limit};
  if (const std::string_view after = FirstOrEmpty(*query, "after"); !after.empty()) {
    wanted.after = ParseRecordingPosition(after);
    if (!wanted.after) return Error{Errc::kBadRequest, "after: not one of this server"};
  }
  return wanted;
}

json RecordingJson(const Recording& recording, std::string_view base_url) {
  json row = {{"kind", nullptr},
              {"roomID", nullptr},
              {"number", nullptr},
              {"userID", nullptr},
              {"stream", recording.stream},
              {"file", recording.file},
              {"bytes", recording.bytes},
              {"startedAtMs", nullptr},
              {"endedAtMs", recording.ended_at.time_since_epoch().count()}};
  if (const std::optional<StreamOwner>& owner = recording.owner) {
    row["kind"] = RoomKindName(owner->room.kind);
    row["roomID"] = owner->room.id.value;
    row["number"] = owner->room_number;
    row["userID"] = owner->user_id.value;
  }
  if (recording.started_at) row["startedAtMs"] = recording.started_at->time_since_epoch().count();
  if (std::string url = RecordingUrl(base_url, recording); !url.empty()) {
    row["url"] = std::move(url);
  }
  return row;
}

}  // namespace

Result<json> ListRecordings(const HttpRequest& request, RecordingStore& store,
                            const ConsoleFacts& facts) {
  Result<RecordingQuery> query = ReadRecordingQuery(request);
  if (!query) return query.error();
  const Result<RecordingsFound> found = FindRecordings(store, *std::move(query));
  if (!found) return found.error();
  json recordings = json::array();
  for (const Recording& recording : found->recordings) {
    recordings.push_back(RecordingJson(recording, facts.recordings_url));
  }
  const std::optional<std::uint64_t> free =
      facts.recordings_root.empty() ? std::nullopt : FreeBytes(facts.recordings_root);
  return json{{"freeBytes", free ? json(*free) : json()},
              {"recordings", std::move(recordings)},
              {"next", found->next ? json(EncodeRecordingPosition(*found->next)) : json()}};
}

}  // namespace rtcroom
