#include "storage/sqlite/sqlite_recordings.h"

#include <limits>
#include <utility>

#include "storage/shared/recording_row.h"
#include "storage/sqlite/sqlite_engine.h"

namespace rtcroom {
namespace {

// The beginning of each statement that reads rows.
#define RTCROOM_SELECT_RECORDINGS                                             \
  "SELECT id, file, stream, room_kind, room_id, room_number, user_id, bytes," \
  " started_at_ms, ended_at_ms FROM recordings "

const ReaderSql kFindRecording(RTCROOM_SELECT_RECORDINGS "WHERE file = ?");
// Each order is that of an index.
const ReaderSql kListRecordings(RTCROOM_SELECT_RECORDINGS
                                "WHERE (ended_at_ms, id) < (?1, ?2)"
                                " ORDER BY ended_at_ms DESC, id DESC LIMIT ?3");
const ReaderSql kListKind(RTCROOM_SELECT_RECORDINGS
                          "WHERE room_kind = ?4 AND (ended_at_ms, id) < (?1, ?2)"
                          " ORDER BY ended_at_ms DESC, id DESC LIMIT ?3");
const ReaderSql kListRoom(RTCROOM_SELECT_RECORDINGS
                          "WHERE room_id = ?5 AND (ended_at_ms, id) < (?1, ?2)"
                          " AND room_kind = ifnull(?4, room_kind)"
                          " AND user_id = ifnull(?6, user_id)"
                          " ORDER BY ended_at_ms DESC, id DESC LIMIT ?3");
const ReaderSql kListUser(RTCROOM_SELECT_RECORDINGS
                          "WHERE user_id = ?5 AND (ended_at_ms, id) < (?1, ?2)"
                          " AND room_kind = ifnull(?4, room_kind)"
                          " ORDER BY ended_at_ms DESC, id DESC LIMIT ?3");
const ReaderSql kListEndedBefore(RTCROOM_SELECT_RECORDINGS
                                 "WHERE (ended_at_ms, id) > (?1, ?2) AND ended_at_ms < ?3"
                                 " ORDER BY ended_at_ms, id LIMIT ?4");
#undef RTCROOM_SELECT_RECORDINGS

const WriterSql kPutRecording(
    "INSERT INTO recordings (file, stream, room_kind, room_id, room_number, user_id, bytes,"
    " started_at_ms, ended_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (file) DO UPDATE SET bytes = excluded.bytes,"
    " ended_at_ms = excluded.ended_at_ms,"
    " started_at_ms = coalesce(started_at_ms, excluded.started_at_ms),"
    " stream = iif(excluded.stream = '', stream, excluded.stream),"
    " room_kind = coalesce(excluded.room_kind, room_kind),"
    " room_id = coalesce(excluded.room_id, room_id),"
    " room_number = coalesce(excluded.room_number, room_number),"
    " user_id = coalesce(excluded.user_id, user_id) RETURNING id");
const WriterSql kForgetRecordings("DELETE FROM recordings WHERE id <= ?");
const WriterSql kRemoveRecording("DELETE FROM recordings WHERE file = ? RETURNING 1");

/// Comes before all recordings in the order of lists.
constexpr RecordingPosition kNewest{
    .ended_at = TimePoint::max(),
    .number = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())};

/// @param max_recordings  beyond which the lowest numbers are forgotten.
Status PutRecording(WriterStatements& sql, const Recording& recording,
                    std::uint64_t max_recordings) {
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
  std::uint64_t number = 0;
  {
    StatementRun run(sql[kPutRecording], recording.file, recording.stream, kind, room, room_number,
                     user, recording.bytes, recording.started_at, recording.ended_at);
    while (run.Next()) number = run.Unsigned(0);
    if (!run.status()) return run.status();
  }
  if (number <= max_recordings) return {};
  return Run(sql[kForgetRecordings], number - max_recordings);
}

}  // namespace

Status SqliteRecordings::PutRecordings(std::span<const Recording> recordings) {
  return engine_.WriteEach(recordings, [this](WriterStatements& sql, const Recording& recording) {
    return PutRecording(sql, recording, max_recordings_);
  });
}

Result<std::optional<Recording>> SqliteRecordings::FindRecording(std::string_view file) {
  Result<std::vector<Recording>> found = engine_.Read([&](ReaderStatements& sql) {
    return ReadRows(sql[kFindRecording], RecordingOf<const StatementRun>, file);
  });
  if (!found) return found.error();
  if (found->empty()) return std::optional<Recording>();
  return std::optional(std::move(found->front()));
}

Result<std::vector<Recording>> SqliteRecordings::ListRecordings(const RecordingQuery& query) {
  const RecordingPosition after = query.after.value_or(kNewest);
  const auto text = [](const auto& id) {
    return id ? std::optional<std::string_view>(id->value) : std::nullopt;
  };
  const auto list = [&](const ReaderSql& of, const auto&... more) {
    return engine_.Read([&](ReaderStatements& sql) {
      return ReadRows(sql[of], RecordingOf<const StatementRun>, after.ended_at, after.number,
                      query.limit, more...);
    });
  };
  if (query.room_id) return list(kListRoom, query.kind, text(query.room_id), text(query.user_id));
  if (query.user_id) return list(kListUser, query.kind, text(query.user_id));
  return query.kind ? list(kListKind, query.kind) : list(kListRecordings);
}

Result<std::vector<Recording>> SqliteRecordings::LoadRecordingsEndedBefore(
    TimePoint time, const RecordingPosition& after, std::size_t limit) {
  return engine_.Read([&](ReaderStatements& sql) {
    return ReadRows(sql[kListEndedBefore], RecordingOf<const StatementRun>, after.ended_at,
                    after.number, time, limit);
  });
}

Status SqliteRecordings::RemoveRecording(std::string_view file, TimePoint as_of) {
  const auto removed = engine_.Remove(
      as_of, [&](WriterStatements& sql) { return RunCounting(sql[kRemoveRecording], file); });
  return removed ? Status() : removed.error();
}

}  // namespace rtcroom
