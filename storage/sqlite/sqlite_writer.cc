#include "storage/sqlite/sqlite_writer.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "storage/sqlite/event_rows.h"
#include "storage/sqlite/savepoint.h"

namespace rtcroom {
namespace {

/// What is all that the change is about, or null when there is more to it.
const CustomChanged* CustomOf(const RoomChange& change) {
  if (change.events.size() != 1) return nullptr;
  return std::get_if<CustomChanged>(&change.events.front().happening);
}

}  // namespace

SqliteWriter::SqliteWriter(Database database, StoreLimits limits)
    : limits_(limits), database_(std::move(database)), checkpointer_(database_, commits_) {}

Result<std::unique_ptr<SqliteWriter>> SqliteWriter::Open(Database database, StoreLimits limits) {
  std::unique_ptr<SqliteWriter> writer(new SqliteWriter(std::move(database), limits));
  if (const Status prepared = writer->Prepare(); !prepared) return prepared.error();
  if (const Status read = writer->ReadMarks(); !read) return read.error();
  return writer;
}

Status SqliteWriter::Prepare() {
  struct Wanted {
    Statement& statement;
    std::string sql;
  };
  const Wanted wanted[] = {
      // By id alone, since an id is taken while a room of any kind holds it.
      {load_, SelectRooms("WHERE r.id = ? ORDER BY p.seat")},
      {load_audience_, "SELECT user_info, seat FROM audiences WHERE room = ? AND user_id = ?"},
      {last_position_, "SELECT last_position FROM rooms WHERE sequence = ?"},
      {replace_custom_event_, "UPDATE events SET at_ms = ?, info = ? WHERE position = ?"},
      {insert_event_, fmt::format("INSERT INTO events ({}, previous) VALUES"
                                  " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                  kEventColumns)},
      {first_kept_event_,
       "SELECT position FROM events WHERE position > ? AND position <= ? AND at_ms >= ?"
       " ORDER BY position LIMIT 1"},
      {delete_events_, "DELETE FROM events WHERE position <= ?"},
      {write_marks_,
       "UPDATE meta SET last_room_sequence = ?, last_event_position = ?, trimmed_position = ?,"
       " pings = ? WHERE only_row = 1"},
  };
  for (const auto& [statement, sql] : wanted) {
    if (const Status prepared = statement.Prepare(database_, sql); !prepared) return prepared;
  }
  if (const Status prepared = room_writer_.Prepare(database_); !prepared) return prepared;
  return side_writer_.Prepare(database_);
}

Status SqliteWriter::ReadMarks() {
  Statement read;
  const Status prepared =
      read.Prepare(database_,
                   "SELECT last_room_sequence, last_event_position, trimmed_position, pings"
                   " FROM meta WHERE only_row = 1");
  if (!prepared) return prepared;
  StatementRun run(read);
  if (!run.Next()) {
    return run.status() ? Error{Errc::kStoreBroken, "its table meta is empty"} : run.status();
  }
  marks_ = {.last_sequence = run.Unsigned(0),
            .last_position = run.Unsigned(1),
            .trimmed_position = run.Unsigned(2),
            .pings = run.Unsigned(3)};
  committed_marks_ = marks_;
  return {};
}

Status SqliteWriter::FillIndex(RoomIndex& index) {
  // Each is answered by an index alone, but for the dialects of the few webrtc rooms.
  for (const char* const sql : {"SELECT kind, dialect, place, '' FROM rooms WHERE kind <> 4",
                                "SELECT kind, dialect, place, type FROM rooms WHERE kind = 4"}) {
    if (const Status read = FillIndex(index, sql); !read) return read;
  }
  committed_marks_ = marks_;
  return {};
}

Status SqliteWriter::FillIndex(RoomIndex& index, const char* sql) {
  Statement read;
  if (const Status prepared = read.Prepare(database_, sql); !prepared) return prepared;
  StatementRun run(read);
  while (run.Next()) {
    const OrderedRoom room{.kind = static_cast<RoomKind>(run.Integer(0)),
                           .dialect = static_cast<Dialect>(run.Integer(1)),
                           .type = run.Text(3),
                           .place = run.Unsigned(2)};
    const bool known_kind = std::ranges::find(kAllRoomKinds, room.kind) != std::end(kAllRoomKinds);
    const bool known_dialect = room.dialect == Dialect::kGen1 || room.dialect == Dialect::kGen2;
    if (!known_kind || !known_dialect) {
      return Error{Errc::kStoreBroken,
                   fmt::format("the room at {} is of no known kind", room.place)};
    }
    const RoomIndexChange change{.room = room, .step = RoomIndexChange::Step::kInserted};
    index.Apply({&change, 1});
    ++marks_.rooms;
  }
  return run.status();
}

Status SqliteWriter::Begin() {
  index_changes_.clear();
  custom_events_.clear();
  if (const Status room = checkpointer_.CheckRoom(); !room) return room;
  return database_.Execute("BEGIN IMMEDIATE");
}

Result<RoomChange> SqliteWriter::Apply(const RoomUpdate& update) {
  Result<std::vector<Room>> holder = [&] {
    StatementRun run(load_, update.key.id.value);
    return CollectRooms(run, 1);
  }();
  if (!holder) return holder.error();
  const bool taken = !holder->empty();
  if (taken && update.audience) {
    const Status loaded = LoadAudience(*update.audience, holder->front());
    if (!loaded) return loaded.error();
  }
  const Room* const stored =
      taken && holder->front().key.kind == update.key.kind ? &holder->front() : nullptr;

  Result<RoomChange> change = update.edit(stored);
  if (!change || change->events.empty()) return change;
  assert(change->room.key == update.key);
  if (stored == nullptr && taken) return Error{Errc::kRoomExists, "the id is taken"};
  if (stored == nullptr && marks_.rooms >= limits_.max_rooms) {
    return Error{Errc::kTooManyRooms, {}};
  }

  const Marks marks_before = marks_;
  const Status written = Write(stored, *change);
  if (!written) {
    marks_ = marks_before;
    return written.error();
  }
  NoteIndexChange(stored, *change);
  return change;
}

Status SqliteWriter::Write(const Room* stored, RoomChange& change) {
  Savepoint savepoint(database_);  // a failed write undoes this change alone
  if (!savepoint.status()) return savepoint.status();
  const CustomEvent* const merged_with = FindMerged(stored, change);
  if (merged_with != nullptr) {
    // Nobody has seen the earlier event yet: it tells of this change instead.
    change.room.last_event = merged_with->room_sequence;
    change.events.front().room_sequence = merged_with->room_sequence;
  }
  const Result<std::uint64_t> previous = stored != nullptr ? LastPosition(*stored) : 0;
  if (!previous) return previous.error();
  const std::uint64_t newest =
      merged_with != nullptr ? merged_with->position : marks_.last_position + change.events.size();
  if (const Status written = WriteRoom(stored, change, newest); !written) return written;
  if (const Status written = WriteEvents(change, merged_with, *previous); !written) return written;
  if (change.ban) {
    if (const Status written = side_writer_.PutBan(*change.ban); !written) return written;
  }
  if (change.group_task) {
    const Status written = side_writer_.ChangeGroupTask(*change.group_task);
    if (!written) return written;
  }
  if (const Status released = savepoint.Release(); !released) return released;
  // Only now: what was undone is nothing that a later change could be told with.
  if (merged_with == nullptr && CustomOf(change) != nullptr) {
    custom_events_[change.room.sequence] = {.position = marks_.last_position,
                                            .room_sequence = change.room.last_event};
  }
  return {};
}

Result<std::uint64_t> SqliteWriter::LastPosition(const Room& stored) {
  StatementRun run(last_position_, stored.sequence);
  return ReadPosition(run);
}

Status SqliteWriter::WriteRoom(const Room* stored, RoomChange& change,
                               std::uint64_t last_position) {
  Room& room = change.room;
  if (stored != nullptr && !change.closed) {
    if (room.place == 0 && room.IsActive()) room.place = ++marks_.last_sequence;
    return room_writer_.Update(*stored, room, last_position);
  }
  if (stored != nullptr) {
    --marks_.rooms;
    return room_writer_.Delete(*stored);
  }
  room.sequence = ++marks_.last_sequence;
  room.place = room.IsActive() ? room.sequence : 0;
  if (change.closed) return {};  // it came and went in one change: only its events remain
  ++marks_.rooms;
  return room_writer_.Insert(room, last_position);
}

Status SqliteWriter::LoadAudience(const UserId& user_id, Room& room) {
  StatementRun run(load_audience_, room.sequence, user_id.value);
  while (run.Next()) {
    room.audiences.push_back(
        {.user_id = user_id, .user_info = run.Text(0), .seat = run.Unsigned(1)});
  }
  return run.status();
}

const SqliteWriter::CustomEvent* SqliteWriter::FindMerged(const Room* stored,
                                                          const RoomChange& change) const {
  if (stored == nullptr || CustomOf(change) == nullptr) return nullptr;
  const auto earlier = custom_events_.find(stored->sequence);
  const bool follows =
      earlier != custom_events_.end() && earlier->second.room_sequence == stored->last_event;
  return follows ? &earlier->second : nullptr;
}

Status SqliteWriter::WriteEvents(const RoomChange& change, const CustomEvent* merged_with,
                                 std::uint64_t previous) {
  if (merged_with != nullptr) {
    return Run(replace_custom_event_, change.events.front().at, CustomOf(change)->custom,
               merged_with->position);
  }
  for (const RoomEvent& event : change.events) {
    const StoredEvent stored{
        .position = ++marks_.last_position, .room_number = change.room.sequence, .event = event};
    if (const Status written = WriteEvent(insert_event_, stored, previous); !written) {
      return written;
    }
    previous = stored.position;
  }
  return {};
}

void SqliteWriter::NoteIndexChange(const Room* stored, const RoomChange& change) {
  const Room& room = change.room;
  const OrderedRoom ordered{
      .kind = room.key.kind, .dialect = room.dialect, .type = room.type, .place = room.place};
  using Step = RoomIndexChange::Step;
  if (stored == nullptr) {
    if (!change.closed) index_changes_.push_back({.room = ordered, .step = Step::kInserted});
  } else if (change.closed) {
    index_changes_.push_back({.room = ordered, .step = Step::kErased});
  } else if (stored->place != room.place) {
    index_changes_.push_back({.room = ordered, .step = Step::kActivated});
  }
}

Result<std::size_t> SqliteWriter::Trim(const EventRetention& retention) {
  // Positions have no gaps in this store, so they also count.
  const std::uint64_t trimmed = marks_.trimmed_position;
  const std::uint64_t last = marks_.last_position;
  const std::uint64_t most = std::min(last - trimmed, std::uint64_t{retention.most_per_call});
  const std::uint64_t retained = last - trimmed;
  const std::uint64_t too_many =
      retained > retention.max_events ? retained - retention.max_events : 0;

  // Everything up to `end` may go for its number or its age, up to the first that may stay.
  std::uint64_t end = trimmed + most;
  {
    StatementRun run(first_kept_event_, trimmed + std::min(too_many, most), end,
                     retention.keep_since);
    if (run.Next()) end = run.Unsigned(0) - 1;
    if (!run.status()) return run.status().error();
  }
  if (end == trimmed) return std::size_t{0};

  Savepoint savepoint(database_);
  if (!savepoint.status()) return savepoint.status().error();
  if (const Status deleted = Run(delete_events_, end); !deleted) return deleted.error();
  if (const Status released = savepoint.Release(); !released) return released.error();
  marks_.trimmed_position = end;
  return static_cast<std::size_t>(end - trimmed);
}

Status SqliteWriter::WriteSide(const std::function<Status(SideWriter&)>& write) {
  Savepoint savepoint(database_);
  if (!savepoint.status()) return savepoint.status();
  if (const Status written = write(side_writer_); !written) return written;
  return savepoint.Release();
}

Status SqliteWriter::Commit() {
  if (marks_ != committed_marks_) {
    const Status written = Run(write_marks_, marks_.last_sequence, marks_.last_position,
                               marks_.trimmed_position, marks_.pings);
    if (!written) return written;
  }
  {
    const CommitCount::UnderWay under_way(commits_);
    if (const Status committed = database_.Execute("COMMIT"); !committed) return committed;
  }
  committed_marks_ = marks_;
  return {};
}

void SqliteWriter::Rollback() {
  marks_ = committed_marks_;
  index_changes_.clear();
  // Needs no disk. After some errors SQLite has done it already.
  if (InTransaction()) (void)database_.Execute("ROLLBACK");
}

}  // namespace rtcroom
