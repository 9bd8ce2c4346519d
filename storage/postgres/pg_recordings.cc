#include "storage/postgres/pg_recordings.h"

#include <limits>
#include <utility>

#include "storage/postgres/pg_engine.h"
#include "storage/shared/recording_row.h"

namespace rtcroom {
namespace {

// The beginning of each statement that reads rows.
#define RTCROOM_SELECT_RECORDINGS                                             \
  "SELECT id, file, stream, room_kind, room_id, room_number, user_id, bytes," \
  " started_at_ms, ended_at_ms FROM recordings "

const PgReaderStatement kFindRecording{"recordings_find",
                                       RTCROOM_SELECT_RECORDINGS "WHERE file = $1"};
// Each order is that of an index.
const PgReaderStatement kListRecordings{"recordings_list", RTCROOM_SELECT_RECORDINGS R"(
    WHERE (ended_at_ms, id) < ($1, $2) ORDER BY ended_at_ms DESC, id DESC LIMIT $3)"};
const PgReaderStatement kListKind{"recordings_list_kind", RTCROOM_SELECT_RECORDINGS R"(
    WHERE room_kind = $4 AND (ended_at_ms, id) < ($1, $2)
    ORDER BY ended_at_ms DESC, id DESC LIMIT $3)"};
const PgReaderStatement kListRoom{"recordings_list_room", RTCROOM_SELECT_RECORDINGS R"(
    WHERE room_id = $5 AND (ended_at_ms, id) < ($1, $2)
      AND room_kind = coalesce($4, room_kind) AND user_id = coalesce($6, user_id)
    ORDER BY ended_at_ms DESC, id DESC LIMIT $3)"};
const PgReaderStatement kListUser{"recordings_list_user", RTCROOM_SELECT_RECORDINGS R"(
    WHERE user_id = $5 AND (ended_at_ms, id) < ($1, $2) AND room_kind = coalesce($4, room_kind)
    ORDER BY ended_at_ms DESC, id DESC LIMIT $3)"};
const PgReaderStatement kListEndedBefore{"recordings_ended_before", RTCROOM_SELECT_RECORDINGS R"(
    WHERE (ended_at_ms, id) > ($1, $2) AND ended_at_ms < $3 ORDER BY ended_at_ms, id LIMIT $4)"};
#undef RTCROOM_SELECT_RECORDINGS

const PgWriterStatement kPutRecording{"recordings_put", R"(
    INSERT INTO recordings (id, file, stream, room_kind, room_id, room_number, user_id, bytes,
      started_at_ms, ended_at_ms)
    SELECT greatest(max(id), (SELECT last_recording FROM meta)) + 1, $1::bytea, $2::bytea,
      $3::smallint, $4::text, $5::bigint, $6::text, $7::bigint, $8::bigint, $9::bigint
    FROM recordings
    ON CONFLICT (file) DO UPDATE SET bytes = excluded.bytes, ended_at_ms = excluded.ended_at_ms,
      started_at_ms = coalesce(recordings.started_at_ms, excluded.started_at_ms),
      stream = CASE excluded.stream WHEN '' THEN recordings.stream ELSE excluded.stream END,
      room_kind = coalesce(excluded.room_kind, recordings.room_kind),
      room_id = coalesce(excluded.room_id, recordings.room_id),
      room_number = coalesce(excluded.room_number, recordings.room_number),
      user_id = coalesce(excluded.user_id, recordings.user_id))"};
const PgWriterStatement kForgetRecordings{"recordings_forget", R"(
    DELETE FROM recordings WHERE id <= (SELECT max(id) FROM recordings) - $1)"};
const PgWriterStatement kRemoveRecording{"recordings_remove", R"(
    WITH gone AS (DELETE FROM recordings WHERE file = $1 RETURNING id),
    marked AS (UPDATE removal SET time_ms = $2 WHERE EXISTS (SELECT 1 FROM gone))
    UPDATE meta SET last_recording = gone.id FROM gone
    WHERE gone.id = (SELECT max(id) FROM recordings))"};

/// Comes before all recordings in the order of lists.
constexpr RecordingPosition kNewest{
    .ended_at = TimePoint::max(),
    .number = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())};

PgCall PutCall(const Recording& recording) {
  std::optional<RoomKind> kind;
  std::optional<std::string_view> room;
  std::optional<std::uint64_t> room_number;
  std::optional<std::string_view> user;
  if (recording.owner) {
    kind = recording.owner->room.kind;
    room = recording.owner->room.id.value;
    room_number = recording.owner->room_number;
    user = recording.owner->user_id.value;
  }
  return PgCall(kPutRecording, PgBytes(recording.file), PgBytes(recording.stream), kind, room,
                room_number, user, recording.bytes, recording.started_at, recording.ended_at);
}

PgCall ListCall(const RecordingQuery& query) {
  const RecordingPosition after = query.after.value_or(kNewest);
  const std::uint64_t number = ToPgBound(after.number);
  const std::uint64_t limit = ToPgBound(query.limit);
  const auto text = [](const auto& id) {
    return id ? std::optional<std::string_view>(id->value) : std::nullopt;
  };
  if (query.room_id) {
    return PgCall(kListRoom, after.ended_at, number, limit, query.kind, text(query.room_id),
                  text(query.user_id));
  }
  if (query.user_id) {
    return PgCall(kListUser, after.ended_at, number, limit, query.kind, text(query.user_id));
  }
  if (query.kind) return PgCall(kListKind, after.ended_at, number, limit, query.kind);
  return PgCall(kListRecordings, after.ended_at, number, limit);
}

}  // namespace

Status PgRecordings::PutRecordings(std::span<const Recording> recordings) {
  return engine_.Write([=, this] {
    PgWrite write;
    for (const Recording& recording : recordings) write.calls.push_back(PutCall(recording));
    write.calls.emplace_back(kForgetRecordings, ToPgBound(max_recordings_));
    return write;
  });
}

Result<std::optional<Recording>> PgRecordings::FindRecording(std::string_view file) {
  Result<std::vector<Recording>> found =
      engine_.ReadRows(PgCall(kFindRecording, PgBytes(file)), RecordingOf<PgRows>);
  if (!found) return found.error();
  if (found->empty()) return std::optional<Recording>();
  return std::optional(std::move(found->front()));
}

Result<std::vector<Recording>> PgRecordings::ListRecordings(const RecordingQuery& query) {
  return engine_.ReadRows(ListCall(query), RecordingOf<PgRows>);
}

Result<std::vector<Recording>> PgRecordings::LoadRecordingsEndedBefore(
    TimePoint time, const RecordingPosition& after, std::size_t limit) {
  return engine_.ReadRows(
      PgCall(kListEndedBefore, after.ended_at, ToPgBound(after.number), time, ToPgBound(limit)),
      RecordingOf<PgRows>);
}

Status PgRecordings::RemoveRecording(std::string_view file, TimePoint as_of) {
  return engine_.Write(
      [=] { return PgWrite{.calls = {PgCall(kRemoveRecording, PgBytes(file), as_of)}}; });
}

}  // namespace rtcroom
