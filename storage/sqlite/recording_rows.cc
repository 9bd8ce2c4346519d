#include "storage/sqlite/recording_rows.h"

#include <limits>
#include <string>
#include <utility>

#include "storage/shared/recording_row.h"
#include "storage/sqlite/database.h"

namespace rtcroom {
namespace {

/// The start of a statement that reads rows, without its WHERE.
std::string SelectRecordings(std::string_view rest) {
  return "SELECT id, file, stream, room_kind, room_id, room_number, user_id, bytes,"
         " started_at_ms, ended_at_ms FROM recordings " +
         std::string(rest);
}

/// Comes before all recordings in the order of lists.
constexpr RecordingPosition kNewest{
    .ended_at = TimePoint::max(),
    .number = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())};

template <typename... Values>
Result<std::vector<Recording>> Collect(Statement& statement, const Values&... values) {
  std::vector<Recording> recordings;
  StatementRun run(statement, values...);
  while (run.Next()) recordings.push_back(RecordingOf(run));
  if (!run.status()) return run.status().error();
  return recordings;
}

}  // namespace

Status RecordingWriter::Prepare(Database& database) {
  return PrepareAll(
      database,
      {{put_,
        "INSERT INTO recordings (file, stream, room_kind, room_id, room_number, user_id, bytes,"
        " started_at_ms, ended_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (file) DO UPDATE SET bytes = excluded.bytes,"
        " ended_at_ms = excluded.ended_at_ms,"
        " started_at_ms = coalesce(started_at_ms, excluded.started_at_ms),"
        " stream = iif(excluded.stream = '', stream, excluded.stream),"
        " room_kind = coalesce(excluded.room_kind, room_kind),"
        " room_id = coalesce(excluded.room_id, room_id),"
        " room_number = coalesce(excluded.room_number, room_number),"
        " user_id = coalesce(excluded.user_id, user_id) RETURNING id"},
       {forget_, "DELETE FROM recordings WHERE id <= ?"},
       {remove_, "DELETE FROM recordings WHERE file = ? RETURNING 1"}});
}

Status RecordingWriter::Put(const Recording& recording, std::uint64_t max_recordings) {
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
    StatementRun run(put_, recording.file, recording.stream, kind, room, room_number, user,
                     recording.bytes, recording.started_at, recording.ended_at);
    while (run.Next()) number = run.Unsigned(0);
    if (!run.status()) return run.status();
  }
  if (number <= max_recordings) return {};
  return Run(forget_, number - max_recordings);
}

Result<std::size_t> RecordingWriter::Remove(std::string_view file) {
  return RunCounting(remove_, file);
}

Status RecordingReader::Prepare(Database& database) {
  // Each order is that of an index.
  return PrepareAll(
      database,
      {{find_, SelectRecordings("WHERE file = ?")},
       {list_, SelectRecordings("WHERE (ended_at_ms, id) < (?1, ?2)"
                                " ORDER BY ended_at_ms DESC, id DESC LIMIT ?3")},
       {list_kind_, SelectRecordings("WHERE room_kind = ?4 AND (ended_at_ms, id) < (?1, ?2)"
                                     " ORDER BY ended_at_ms DESC, id DESC LIMIT ?3")},
       {list_room_, SelectRecordings("WHERE room_id = ?5 AND (ended_at_ms, id) < (?1, ?2)"
                                     " AND room_kind = ifnull(?4, room_kind)"
                                     " AND user_id = ifnull(?6, user_id)"
                                     " ORDER BY ended_at_ms DESC, id DESC LIMIT ?3")},
       {list_user_, SelectRecordings("WHERE user_id = ?5 AND (ended_at_ms, id) < (?1, ?2)"
                                     " AND room_kind = ifnull(?4, room_kind)"
                                     " ORDER BY ended_at_ms DESC, id DESC LIMIT ?3")},
       {ended_before_, SelectRecordings("WHERE (ended_at_ms, id) > (?1, ?2) AND ended_at_ms < ?3"
                                        " ORDER BY ended_at_ms, id LIMIT ?4")}});
}

Result<std::optional<Recording>> RecordingReader::Find(std::string_view file) {
  Result<std::vector<Recording>> found = Collect(find_, file);
  if (!found) return found.error();
  if (found->empty()) return std::optional<Recording>();
  return std::optional(std::move(found->front()));
}

Result<std::vector<Recording>> RecordingReader::List(const RecordingQuery& query) {
  const RecordingPosition after = query.after.value_or(kNewest);
  const auto text = [](const auto& id) {
    return id ? std::optional<std::string_view>(id->value) : std::nullopt;
  };
  if (query.room_id) {
    return Collect(list_room_, after.ended_at, after.number, query.limit, query.kind,
                   text(query.room_id), text(query.user_id));
  }
  if (query.user_id) {
    return Collect(list_user_, after.ended_at, after.number, query.limit, query.kind,
                   text(query.user_id));
  }
  if (query.kind) {
    return Collect(list_kind_, after.ended_at, after.number, query.limit, query.kind);
  }
  return Collect(list_, after.ended_at, after.number, query.limit);
}

Result<std::vector<Recording>> RecordingReader::EndedBefore(TimePoint time,
                                                            const RecordingPosition& after,
                                                            std::size_t limit) {
  return Collect(ended_before_, after.ended_at, after.number, time, limit);
}

}  // namespace rtcroom
