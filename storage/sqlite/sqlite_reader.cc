#include "storage/sqlite/sqlite_reader.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "storage/sqlite/commit_count.h"
#include "storage/sqlite/event_rows.h"
#include "storage/sqlite/room_rows.h"

namespace rtcroom {
namespace {

constexpr std::uint64_t kBehindAll = std::numeric_limits<std::int64_t>::max();  // position

/// @param first  of the columns user_id, user_info, seat.
Audience ReadAudience(const StatementRun& run, int first) {
  return {.user_id = {run.Text(first)},
          .user_info = run.Text(first + 1),
          .seat = run.Unsigned(first + 2)};
}

}  // namespace

Result<std::unique_ptr<SqliteReader>> SqliteReader::Open(const std::string& path,
                                                         const std::string& vfs) {
  Result<Database> database = Database::Open(path, vfs, Database::Access::kReadOnly);
  if (!database) return database.error();
  std::unique_ptr<SqliteReader> reader(new SqliteReader(*std::move(database)));
  if (const Status prepared = reader->Prepare(); !prepared) return prepared.error();
  return reader;
}

Status SqliteReader::Prepare() {
  if (const Status set = database_.Execute("PRAGMA query_only = ON"); !set) return set;
  // Each ORDER BY follows an index: no sorting, and an early stop costs nothing.
  Status prepared = PrepareAll(
      database_,
      {{load_, SelectRooms("WHERE id = ? AND kind = ?")},
       {list_, SelectRooms("WHERE kind = ? AND dialect = ? AND place >= ? ORDER BY place")},
       {list_type_, SelectRooms("WHERE kind = 4 AND type = ? AND place >= ? ORDER BY place")},
       {audiences_,
        "SELECT r.dialect, r.place > 0, r.audience_count, a.user_id, a.user_info, a.seat"
        " FROM rooms r LEFT JOIN audiences a ON a.room = r.sequence WHERE r.id = ? AND r.kind = ?"
        " ORDER BY a.seat DESC"},
       {audience_,
        "SELECT a.user_id, a.user_info, a.seat FROM rooms r JOIN audiences a"
        " ON a.room = r.sequence AND a.user_id = ? WHERE r.id = ? AND r.kind = ?"},
       {scan_viewers_,
        "SELECT r.kind, r.id, r.dialect, a.room, a.user_id, a.seat FROM audiences a"
        " JOIN rooms r ON r.sequence = a.room WHERE (a.room, a.user_id) > (?, ?)"
        " ORDER BY a.room, a.user_id LIMIT ?"},
       {scan_, SelectRooms("WHERE sequence > ? ORDER BY sequence")},
       // The row of `meta` is always returned, with or without an event.
       {read_events_, std::string("SELECT epoch, last_event_position, trimmed_position, ") +
                          kEventColumns +
                          " FROM meta LEFT JOIN events ON position > ?"
                          " WHERE only_row = 1 ORDER BY position LIMIT ?"},
       {last_of_room_, "SELECT last_position FROM rooms WHERE id = ? AND kind = ?"},
       {end_of_room_,
        "SELECT position FROM events WHERE room_id = ? AND room_kind = ? AND type = 5"
        " AND position < ? ORDER BY position DESC LIMIT 1"},
       {evicted_,
        "SELECT position FROM events WHERE room_id = ? AND room_kind = ? AND user_id = ?"
        " AND type = 4 AND reason IN (2, 3, 4) ORDER BY position DESC LIMIT 1"},
       {event_, fmt::format("SELECT {}, previous FROM events WHERE position = ?", kEventColumns)},
       {newest_, "SELECT epoch, last_event_position FROM meta WHERE only_row = 1"},
       // Last: SQLite 3.46 compiles again what was prepared before it has read the schema.
       {begin_, "BEGIN"},
       {end_, "COMMIT"}});
  if (prepared) prepared = rooms_.Prepare(database_);
  if (prepared) prepared = aux_.Prepare(database_);
  return prepared;
}

void SqliteReader::AdvanceTo(std::uint64_t commits) {
  const bool is_settled = CommitCount::IsSettled(commits);
  if (is_settled && seen_ == commits && database_.InTransaction()) return;
  EndSnapshot();
  // The first read begins the snapshot. If BEGIN fails, each read has a snapshot of its own.
  if (is_settled) (void)Run(begin_);
  seen_ = commits;
}

void SqliteReader::EndSnapshot() {
  // A failed read also leaves no transaction.
  if (!database_.InTransaction()) return;
  // Nothing was written. A transaction that cannot be ended would stay open forever.
  if (!Run(end_)) (void)database_.Execute("ROLLBACK");
}

Result<Room> SqliteReader::Load(const RoomKey& key) {
  Result<std::vector<Room>> rooms =
      InSnapshot([&] { return rooms_.Collect(1, load_, key.id.value, key.kind); });
  if (!rooms) return rooms.error();
  if (rooms->empty()) return Error{Errc::kRoomNotFound, "room " + key.id.value};
  return std::move(rooms->front());
}

Result<std::vector<Room>> SqliteReader::List(const RoomListQuery& query,
                                             std::uint64_t first_place) {
  return InSnapshot([&] {
    if (query.type) return rooms_.Collect(query.count, list_type_, *query.type, first_place);
    if (!query.dialect) return ListBoth(query, first_place);
    return rooms_.Collect(query.count, list_, query.kind, *query.dialect, first_place);
  });
}

Result<std::vector<Room>> SqliteReader::ListBoth(const RoomListQuery& query,
                                                 std::uint64_t first_place) {
  RoomListQuery one = query;
  one.dialect = Dialect::kGen1;
  Result<std::vector<Room>> gen1 = List(one, first_place);
  if (!gen1) return gen1;
  one.dialect = Dialect::kGen2;
  Result<std::vector<Room>> gen2 = List(one, first_place);
  if (!gen2) return gen2;
  std::vector<Room> rooms;
  rooms.reserve(gen1->size() + gen2->size());
  std::ranges::merge(std::move(*gen1), std::move(*gen2), std::back_inserter(rooms), {},
                     &Room::place, &Room::place);
  if (rooms.size() > query.count) rooms.resize(query.count);
  return rooms;
}

Result<AudiencePage> SqliteReader::LoadAudiences(const RoomKey& key) {
  enum Column : int { kRoomDialect, kRoomIsActive, kRoomCount, kFirstOfViewer };
  std::optional<AudiencePage> page;
  std::uint64_t bytes = 0;
  StatementRun run(audiences_, key.id.value, key.kind);
  while (run.Next()) {
    if (!page) {
      page = {.dialect = static_cast<Dialect>(run.Integer(kRoomDialect)),
              .is_active = run.Integer(kRoomIsActive) != 0,
              .count = run.Unsigned(kRoomCount),
              .audiences = {}};
    }
    if (run.IsNull(kFirstOfViewer)) break;
    Audience viewer = ReadAudience(run, kFirstOfViewer);
    bytes += StoredBytes(viewer);
    if (bytes > AudiencePage::kMaxBytes) break;
    page->audiences.push_back(std::move(viewer));
  }
  if (!run.status()) return run.status().error();
  if (!page) return Error{Errc::kRoomNotFound, "room " + key.id.value};
  std::ranges::reverse(page->audiences);
  return *std::move(page);
}

Result<std::vector<Audience>> SqliteReader::FindAudiences(const RoomKey& key,
                                                          std::span<const UserId> users) {
  return InSnapshot([&]() -> Result<std::vector<Audience>> {
    std::vector<Audience> found;
    for (const UserId& user : users) {
      StatementRun run(audience_, user.value, key.id.value, key.kind);
      if (run.Next()) found.push_back(ReadAudience(run, 0));
      if (!run.status()) return run.status().error();
    }
    return found;
  });
}

Result<std::vector<StoredViewer>> SqliteReader::ScanViewers(std::uint64_t room_number,
                                                            const UserId& user_id,
                                                            std::size_t limit) {
  enum Column : int { kScanKind, kScanId, kScanDialect, kScanRoom, kScanUser, kScanSeat };
  std::vector<StoredViewer> viewers;
  StatementRun run(scan_viewers_, room_number, user_id.value, std::uint64_t{limit});
  while (run.Next()) {
    viewers.push_back(
        {.room = {.kind = static_cast<RoomKind>(run.Integer(kScanKind)), .id = {run.Text(kScanId)}},
         .dialect = static_cast<Dialect>(run.Integer(kScanDialect)),
         .room_number = run.Unsigned(kScanRoom),
         .user_id = {run.Text(kScanUser)},
         .seat = run.Unsigned(kScanSeat)});
  }
  if (!run.status()) return run.status().error();
  return viewers;
}

Result<RoomPage> SqliteReader::Scan(std::uint64_t after, std::size_t limit) {
  return InSnapshot([&]() -> Result<RoomPage> {
    Result<Cursor> at = Newest();
    if (!at) return at.error();
    Result<std::vector<Room>> rooms = rooms_.Collect(limit, scan_, after);
    if (!rooms) return rooms.error();
    return RoomPage{.rooms = *std::move(rooms), .at = *std::move(at)};
  });
}

Result<std::vector<StoredEvent>> SqliteReader::ReadRoomEvents(const RoomKey& key,
                                                              std::optional<std::uint64_t> before,
                                                              std::size_t limit) {
  return InSnapshot([&]() -> Result<std::vector<StoredEvent>> {
    std::vector<StoredEvent> events;
    std::uint64_t position = 0;
    if (before) {
      const Result<std::optional<Link>> link = ReadLink(key, *before);
      if (!link) return link.error();
      if (*link) position = (*link)->previous;
    }
    if (position == 0) {
      const Result<std::uint64_t> found = before ? EndBefore(key, *before) : NewestOf(key);
      if (!found) return found.error();
      position = *found;
    }
    while (position != 0 && events.size() < limit) {
      Result<std::optional<Link>> link = ReadLink(key, position);
      if (!link) return link.error();
      if (!*link) break;  // no longer retained, like all events before it
      events.push_back(std::move((*link)->stored));
      if ((*link)->previous == 0) {
        const Result<std::uint64_t> earlier = EndBefore(key, position);
        if (!earlier) return earlier.error();
        position = *earlier;
      } else {
        position = (*link)->previous;
      }
    }
    return events;
  });
}

Result<std::vector<StoredEvent>> SqliteReader::ReadSeatLosses(const RoomKey& key,
                                                              const UserId& user) {
  return InSnapshot([&]() -> Result<std::vector<StoredEvent>> {
    std::vector<StoredEvent> found;
    StatementRun run(evicted_, key.id.value, key.kind, user.value);
    const Result<std::uint64_t> evicted = ReadEventPosition(run);
    const Result<std::uint64_t> ended = EndBefore(key, kBehindAll);
    if (!evicted) return evicted.error();
    if (!ended) return ended.error();
    for (const std::uint64_t position : {std::max(*evicted, *ended), std::min(*evicted, *ended)}) {
      if (position == 0) continue;
      Result<std::optional<Link>> link = ReadLink(key, position);
      if (!link) return link.error();
      if (*link) found.push_back(std::move((*link)->stored));
    }
    return found;
  });
}

Result<std::optional<SqliteReader::Link>> SqliteReader::ReadLink(const RoomKey& key,
                                                                 std::uint64_t position) {
  StatementRun run(event_, position);
  if (!run.Next()) {
    if (!run.status()) return run.status().error();
    return std::optional<Link>();
  }
  Result<StoredEvent> stored = ReadEvent(run, 0);
  if (!stored) return stored.error();
  if (stored->event.room != key) return std::optional<Link>();
  return std::optional(
      Link{.stored = *std::move(stored), .previous = run.Unsigned(kEventColumnCount)});
}

Result<std::uint64_t> SqliteReader::NewestOf(const RoomKey& key) {
  StatementRun run(last_of_room_, key.id.value, key.kind);
  const Result<std::uint64_t> last = ReadEventPosition(run);
  if (!last || *last != 0) return last;
  return EndBefore(key, kBehindAll);
}

Result<std::uint64_t> SqliteReader::EndBefore(const RoomKey& key, std::uint64_t position) {
  StatementRun run(end_of_room_, key.id.value, key.kind, position);
  return ReadEventPosition(run);
}

Result<Cursor> SqliteReader::Newest() {
  StatementRun run(newest_);
  if (!run.Next()) {
    return run.status() ? Error{Errc::kStoreBroken, "its table meta is empty"}
                        : run.status().error();
  }
  return Cursor{.epoch = run.Text(0), .position = run.Unsigned(1)};
}

Result<EventPage> SqliteReader::ReadEvents(const Cursor& cursor, std::size_t limit) {
  enum Column : int { kEpoch, kLastPosition, kTrimmedPosition, kFirstOfEvent };
  EventPage page;
  StatementRun run(read_events_, cursor.position, limit);
  while (run.Next()) {
    if (page.next.epoch.empty()) {
      page.next = {.epoch = run.Text(kEpoch), .position = cursor.position};
      const std::uint64_t trimmed = run.Unsigned(kTrimmedPosition);
      if (cursor == Cursor::Start()) {
        page.next.position = trimmed;
      } else if (cursor.epoch != page.next.epoch) {
        return Error{Errc::kCursorExpired, "the cursor is of another epoch"};
      } else if (cursor.position < trimmed || cursor.position > run.Unsigned(kLastPosition)) {
        return Error{Errc::kCursorExpired, "events after the cursor are no longer retained"};
      }
    }
    if (run.IsNull(kFirstOfEvent)) break;
    Result<StoredEvent> event = ReadEvent(run, kFirstOfEvent);
    if (!event) return event.error();
    page.next.position = event->position;
    page.events.push_back(*std::move(event));
  }
  if (!run.status()) return run.status().error();
  return page;
}

}  // namespace rtcroom
