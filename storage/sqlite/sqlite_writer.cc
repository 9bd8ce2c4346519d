#include "storage/sqlite/sqlite_writer.h"

#include <algorithm>
#include <cassert>
#include <filesystem>
#include <limits>
#include <ranges>
#include <string>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <sqlite3.h>

#include "daemon/base/free_space.h"
#include "storage/sqlite/event_rows.h"
#include "storage/sqlite/sqlite_bans.h"
#include "storage/sqlite/sqlite_deliveries.h"
#include "storage/sqlite/sqlite_messages.h"

namespace rtcroom {
namespace {

/// Reads the free space of its file system; the largest number when that is not known.
std::function<std::uint64_t()> FreeBytesFor(const Database& database) {
  return [path = std::filesystem::path(sqlite3_db_filename(database.handle(), "main"))] {
    return FreeBytes(path).value_or(std::numeric_limits<std::uint64_t>::max());
  };
}

}  // namespace

void UpdateJob::Run(SqliteWriter& writer) {
  outcomes_.reserve(updates_.size());
  for (const RoomUpdate& update : updates_) {
    outcomes_.push_back(writer.Apply(update));
    if (!writer.InTransaction()) return;  // the whole group is lost: `Abort` follows
  }
}

void UpdateJob::Abort(const Error& why) { outcomes_.assign(updates_.size(), why); }

std::optional<Error> UpdateJob::StoreFailure() const {
  for (const Result<RoomChange>& outcome : std::views::reverse(outcomes_)) {
    if (std::optional<Error> failure = StoreFailureOf(outcome)) return failure;
  }
  return std::nullopt;
}

SqliteWriter::SqliteWriter(Database database, std::optional<StoreFiles> files, StoreLimits limits,
                           RoomIndex& index, CommitListener& listener)
    : limits_(limits),
      files_(std::move(files)),
      index_(index),
      listener_(listener),
      database_(std::move(database)),
      checkpointer_(database_, commits_, {.free_bytes = FreeBytesFor(database_)}) {}

Result<std::unique_ptr<SqliteWriter>> SqliteWriter::Open(Database database,
                                                         std::optional<StoreFiles> files,
                                                         StoreLimits limits, RoomIndex& index,
                                                         CommitListener& listener) {
  std::unique_ptr<SqliteWriter> writer(
      new SqliteWriter(std::move(database), std::move(files), limits, index, listener));
  if (const Status prepared = writer->Prepare(); !prepared) return prepared.error();
  if (const Status read = writer->ReadMarks(); !read) return read.error();
  if (const Status filled = writer->FillIndex(); !filled) return filled.error();
  return writer;
}

Status SqliteWriter::Prepare() {
  Status prepared = PrepareAll(
      database_,
      {{begin_, "BEGIN IMMEDIATE"},
       {commit_, "COMMIT"},
       // A room is found by id alone, since an id is unique over all kinds.
       {load_, SelectRooms("WHERE id = ?")},
       {load_pushers_, kSelectPushers},
       {load_audience_, "SELECT user_info, seat FROM audiences WHERE room = ? AND user_id = ?"},
       {last_position_, "SELECT last_position FROM rooms WHERE sequence = ?"},
       {replace_custom_event_,
        "UPDATE events SET at_ms = ?, info = ?, user_id = ? WHERE position = ?"},
       {insert_event_, fmt::format("INSERT INTO events ({}, previous) VALUES"
                                   " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                   kEventColumns)},
       {oldest_events_, fmt::format("SELECT position, at_ms, {} FROM events WHERE position > ?"
                                    " ORDER BY position LIMIT ?",
                                    kBytesOfEvent)},
       {delete_events_, "DELETE FROM events WHERE position <= ?"},
       {write_probe_,
        "INSERT INTO probe (only_row, filler) VALUES (1, ?)"
        " ON CONFLICT (only_row) DO UPDATE SET filler = excluded.filler"},
       {write_marks_,
        "UPDATE meta SET last_room_sequence = ?, last_event_position = ?, trimmed_position = ?,"
        " event_bytes = ?, pings = ?, last_message_position = ?, removal_ms = ?"
        " WHERE only_row = 1"}});
  if (prepared) prepared = savepoints_.Prepare(database_);
  if (prepared) prepared = room_writer_.Prepare(database_);
  if (prepared) prepared = statements_.Prepare(database_);
  return prepared;
}

Status SqliteWriter::ReadMarks() {
  Statement read;
  const Status prepared =
      read.Prepare(database_,
                   "SELECT last_room_sequence, last_event_position, trimmed_position,"
                   " event_bytes, pings, last_message_position, removal_ms FROM meta"
                   " WHERE only_row = 1");
  if (!prepared) return prepared;
  StatementRun run(read);
  if (!run.Next()) {
    return run.status() ? Error{Errc::kStoreBroken, "its table meta is empty"} : run.status();
  }
  marks_ = {.last_sequence = run.Unsigned(0),
            .last_position = run.Unsigned(1),
            .trimmed_position = run.Unsigned(2),
            .event_bytes = run.Unsigned(3),
            .pings = run.Unsigned(4),
            .last_message = run.Unsigned(5)};
  if (!run.IsNull(6)) marks_.removal = run.Time(6);
  return {};
}

Status SqliteWriter::FillIndex() {
  // Each is answered from an index alone, except for the dialects of the few webrtc rooms.
  for (const char* const sql : {"SELECT kind, dialect, place, '' FROM rooms WHERE kind <> 4",
                                "SELECT kind, dialect, place, type FROM rooms WHERE kind = 4"}) {
    Statement read;
    if (const Status prepared = read.Prepare(database_, sql); !prepared) return prepared;
    StatementRun run(read);
    while (run.Next()) {
      const RoomListEntry room{.kind = static_cast<RoomKind>(run.Integer(0)),
                               .dialect = static_cast<Dialect>(run.Integer(1)),
                               .type = run.Text(3),
                               .place = run.Unsigned(2)};
      const bool is_known =
          std::ranges::find(kAllRoomKinds, room.kind) != std::end(kAllRoomKinds) &&
          (room.dialect == Dialect::kGen1 || room.dialect == Dialect::kGen2);
      if (!is_known) {
        return Error{Errc::kStoreBroken,
                     fmt::format("the room at {} is of no known kind", room.place)};
      }
      const RoomIndexChange change{.room = room, .step = RoomIndexChange::Step::kInserted};
      index_.Apply({&change, 1});
      ++marks_.rooms;
    }
    if (!run.status()) return run.status();
  }
  committed_marks_ = marks_;
  return {};
}

Status SqliteWriter::Run(const std::vector<Job*>& group) {
  Status done = RunInTransaction(group);
  if (done) {
    index_.Apply(index_changes_);
    listener_.OnCommit(committed());
  } else {
    Rollback();
    for (Job* job : group) job->Abort(done.error());
  }
  for (Job* job : group) job->AfterTransaction(*this);
  return done;
}

Status SqliteWriter::RunInTransaction(const std::vector<Job*>& group) {
  if (const Status begun = Begin(); !begun) return begun;
  for (Job* job : group) {
    job->Run(*this);
    if (!InTransaction()) {
      const std::optional<Error> cause = job->StoreFailure();
      return Error{Errc::kStoreBroken, "a failed write took its whole group with it: " +
                                           (cause ? cause->detail : "no reason given")};
    }
  }
  return Commit();
}

void SqliteWriter::Rest(const Status& committed) {
  if (!committed && committed.error().code == Errc::kStoreBroken) checkpointer_.RunAfterFailure();
  checkpointer_.RunWhenDue();
}

Status SqliteWriter::Begin() {
  ForgetTransaction();
  // Writes to other files would be acknowledged, and gone at the next start.
  if (const Status same = CheckFiles(); !same) return same;
  if (const Status room = checkpointer_.CheckRoom(); !room) return room;
  return rtcroom::Run(begin_);
}

Result<RoomChange> SqliteWriter::Apply(const RoomUpdate& update) {
  Result<std::vector<Room>> holder =
      CollectRooms(1, load_pushers_, StatementRun(load_, update.key.id.value));
  if (!holder) return holder.error();
  const bool taken = !holder->empty();
  if (taken && update.audience) {
    const Status loaded = LoadAudience(*update.audience, holder->front());
    if (!loaded) return loaded.error();
  }
  const Room* const stored =
      taken && holder->front().key.kind == update.key.kind ? &holder->front() : nullptr;

  Result<RoomChange> change = update.edit(stored);
  if (!change || !change->HasEffect()) return change;
  assert(change->room.key == update.key);
  if (stored == nullptr && taken) return Error{Errc::kRoomExists, "the id is taken"};
  if (stored == nullptr && marks_.rooms >= limits_.max_rooms) {
    return Error{Errc::kTooManyRooms, {}};
  }

  const Marks marks_before = marks_;
  const std::size_t events_before = events_.size();
  const Status written = Write(stored, *change);
  if (!written) {
    marks_ = marks_before;
    events_.resize(events_before);
    return written.error();
  }
  RecordIndexChange(stored, *change);
  RecordForListener(*change);
  return change;
}

Status SqliteWriter::Write(const Room* stored, RoomChange& change) {
  Savepoint savepoint(database_, savepoints_);  // a failed write undoes only this change
  if (!savepoint.status()) return savepoint.status();
  const CustomEvents::Event* const merged_with = FindMerged(stored, change);
  if (merged_with != nullptr) {
    // The earlier event is not committed yet: it takes the value of this change instead.
    change.room.last_event = stored->last_event;
    change.events.front().room_sequence = merged_with->room_sequence;
  }
  const Result<std::uint64_t> previous = stored != nullptr ? LastPosition(*stored) : 0;
  if (!previous) return previous.error();
  const bool appends = merged_with == nullptr && !change.events.empty();
  const std::uint64_t newest = appends ? marks_.last_position + change.events.size() : *previous;
  if (const Status written = WriteRoom(stored, change, newest); !written) return written;
  if (const Status written = WriteEvents(change, merged_with, *previous); !written) return written;
  if (change.ban) {
    if (const Status written = sqlite::PutBan(statements_, *change.ban); !written) return written;
  }
  for (const Revocation& revocation : change.revocations) {
    if (const Status written = sqlite::PutRevocation(statements_, revocation); !written)
      return written;
  }
  if (change.delivery) {
    const std::uint64_t first = marks_.last_position + 1 - change.events.size();
    const Status written =
        sqlite::ChangeDeliveries(statements_, *change.delivery, change.events.back().at, first);
    if (!written) return written;
  }
  if (const Status released = savepoint.Release(); !released) return released;
  // Merging waits until now: a change that was undone must not be merged with a later one.
  if (merged_with != nullptr) {
    events_.at(merged_with->place).event = change.events.front();
  } else if (CustomEvents::Of(change) != nullptr) {
    custom_events_[change.room.sequence].Add(change, events_.size() - 1);
  }
  return {};
}

Result<std::uint64_t> SqliteWriter::LastPosition(const Room& stored) {
  StatementRun run(last_position_, stored.sequence);
  return ReadEventPosition(run);
}

Status SqliteWriter::WriteRoom(const Room* stored, RoomChange& change,
                               std::uint64_t last_position) {
  Room& room = change.room;
  if (stored != nullptr && !change.closed) {
    if (room.place == 0 && room.IsActive()) room.place = ++marks_.last_sequence;
    return room_writer_.Update(*stored, room, last_position);
  }
  if (stored != nullptr) return DeleteRoom(*stored, change.events.back().at);
  room.sequence = ++marks_.last_sequence;
  room.place = room.IsActive() ? room.sequence : 0;
  if (change.closed) return {};  // created and closed in one change: only its events are stored
  ++marks_.rooms;
  return room_writer_.Insert(room, last_position);
}

Status SqliteWriter::DeleteRoom(const Room& stored, TimePoint now) {
  --marks_.rooms;
  if (const Status deleted = room_writer_.Delete(stored); !deleted) return deleted;
  return SqliteMessages::EndRoom(statements_, stored.sequence, now);
}

Status SqliteWriter::LoadAudience(const UserId& user_id, Room& room) {
  StatementRun run(load_audience_, room.sequence, user_id.value);
  while (run.Next()) {
    room.audiences.push_back(
        {.user_id = user_id, .user_info = run.Text(0), .seat = run.Unsigned(1)});
  }
  return run.status();
}

const CustomEvents::Event* SqliteWriter::FindMerged(const Room* stored,
                                                    const RoomChange& change) const {
  if (stored == nullptr) return nullptr;
  const auto found = custom_events_.find(stored->sequence);
  return found == custom_events_.end() ? nullptr : found->second.Find(*stored, change);
}

Status SqliteWriter::WriteEvents(const RoomChange& change, const CustomEvents::Event* merged_with,
                                 std::uint64_t previous) {
  if (merged_with != nullptr) {
    const StoredEvent& earlier = events_.at(merged_with->place);
    const RoomEvent& event = change.events.front();
    marks_.event_bytes += StoredBytes(event);
    marks_.event_bytes -= StoredBytes(earlier.event);
    return ReplaceEvent(replace_custom_event_, event, earlier.position);
  }
  for (const RoomEvent& event : change.events) {
    const StoredEvent& stored = events_.emplace_back(StoredEvent{
        .position = ++marks_.last_position, .room_number = change.room.sequence, .event = event});
    if (const Status written = WriteEvent(insert_event_, stored, previous); !written) {
      return written;
    }
    previous = stored.position;
    marks_.event_bytes += StoredBytes(event);
  }
  return {};
}

void SqliteWriter::RecordIndexChange(const Room* stored, const RoomChange& change) {
  const Room& room = change.room;
  const RoomListEntry ordered{
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

void SqliteWriter::RecordForListener(const RoomChange& change) {
  if (change.sets_mix) mixes_.push_back(MixChangeOf(change, marks_.last_position));
  revocations_.insert(revocations_.end(), change.revocations.begin(), change.revocations.end());
  if (change.delivery) RecordDelivery(*change.delivery, flags_);
}

Committed SqliteWriter::committed() const {
  Committed committed = flags_;
  committed.events = events_;
  committed.mixes = mixes_;
  committed.revocations = revocations_;
  return committed;
}

void SqliteWriter::ForgetTransaction() {
  events_.clear();
  mixes_.clear();
  revocations_.clear();
  flags_ = {};
  index_changes_.clear();
  custom_events_.clear();
}

Status SqliteWriter::Append(AppendedMessage& message, const RepeatsAfter& repeats) {
  Savepoint savepoint(database_, savepoints_);
  if (!savepoint.status()) return savepoint.status();
  message.position = marks_.last_message + 1;
  Status appended =
      SqliteMessages::AppendRow(statements_, message, repeats, limits_.max_room_messages);
  if (appended) appended = savepoint.Release();
  if (!appended || !message.is_new) return appended;
  marks_.last_message = message.position;
  flags_.has_messages = true;
  return appended;
}

Result<std::size_t> SqliteWriter::Trim(const EventRetention& retention) {
  // Positions have no gaps in this store, so their difference is a count.
  const std::uint64_t trimmed = marks_.trimmed_position;
  const std::uint64_t last = marks_.last_position;
  std::uint64_t end = trimmed;
  std::uint64_t bytes = marks_.event_bytes;
  {
    StatementRun run(oldest_events_, trimmed, retention.most_per_call);
    while (run.Next()) {
      const bool may_go = last - end > retention.max_events || bytes > retention.max_bytes ||
                          run.Time(1) < retention.keep_since;
      if (!may_go) break;
      end = run.Unsigned(0);
      // A damaged store may hold more than was counted.
      bytes -= std::min(bytes, run.Unsigned(2));
    }
    if (!run.status()) return run.status().error();
  }
  if (end == trimmed) return std::size_t{0};

  Savepoint savepoint(database_, savepoints_);
  if (!savepoint.status()) return savepoint.status().error();
  if (const Status deleted = rtcroom::Run(delete_events_, end); !deleted) return deleted.error();
  if (const Status released = savepoint.Release(); !released) return released.error();
  marks_.trimmed_position = end;
  marks_.event_bytes = bytes;
  MarkRemoval(retention.as_of);
  return static_cast<std::size_t>(end - trimmed);
}

Status SqliteWriter::Ping() {
  ++marks_.pings;
  // Different bytes each time: SQLite does not write unchanged pages.
  probe_.fill(static_cast<std::byte>(marks_.pings));
  Savepoint savepoint(database_, savepoints_);
  if (!savepoint.status()) return savepoint.status();
  const Status written = rtcroom::Run(write_probe_, std::span<const std::byte>(probe_));
  if (!written) return written;
  return savepoint.Release();
}

Status SqliteWriter::WriteRows(const std::function<Status(WriterStatements&)>& write) {
  Savepoint savepoint(database_, savepoints_);
  if (!savepoint.status()) return savepoint.status();
  if (const Status written = write(statements_); !written) return written;
  return savepoint.Release();
}

Status SqliteWriter::Commit() {
  if (marks_ != committed_marks_) {
    const Status written = rtcroom::Run(write_marks_, marks_.last_sequence, marks_.last_position,
                                        marks_.trimmed_position, marks_.event_bytes, marks_.pings,
                                        marks_.last_message, marks_.removal);
    if (!written) return written;
  }
  const std::uint64_t writes = checkpointer_.writes();
  {
    const CommitCount::UnderWay under_way(commits_);
    if (const Status committed = rtcroom::Run(commit_); !committed) return committed;
  }
  has_written_ = checkpointer_.writes() != writes;
  committed_marks_ = marks_;
  return {};
}

void SqliteWriter::Rollback() {
  marks_ = committed_marks_;
  ForgetTransaction();
  // Needs no disk. After some errors SQLite has already rolled back.
  if (InTransaction()) (void)database_.Execute("ROLLBACK");
}

}  // namespace rtcroom
