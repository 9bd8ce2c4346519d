#include "storage/sqlite/sqlite_rooms.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "storage/shared/group_committer.h"
#include "storage/shared/room_index.h"
#include "storage/sqlite/event_rows.h"
#include "storage/sqlite/room_rows.h"
#include "storage/sqlite/sqlite_engine.h"
#include "storage/sqlite/sqlite_writer.h"

namespace rtcroom {
namespace {

// Each ORDER BY follows an index: no sorting, and an early stop costs nothing.
const ReaderSql kLoadRoom(SelectRooms("WHERE id = ? AND kind = ?"));
const ReaderSql kListRooms(
    SelectRooms("WHERE kind = ? AND dialect = ? AND place >= ? ORDER BY place"));
const ReaderSql kListRoomsOfType(
    SelectRooms("WHERE kind = 4 AND type = ? AND place >= ? ORDER BY place"));
const ReaderSql kScanRooms(SelectRooms("WHERE sequence > ? ORDER BY sequence"));
const ReaderSql kLoadPushers(kSelectPushers);
const ReaderSql kLoadAudiences(
    "SELECT r.dialect, r.place > 0, r.audience_count, a.user_id, a.user_info, a.seat"
    " FROM rooms r LEFT JOIN audiences a ON a.room = r.sequence WHERE r.id = ? AND r.kind = ?"
    " ORDER BY a.seat DESC");
const ReaderSql kFindAudience(
    "SELECT a.user_id, a.user_info, a.seat FROM rooms r JOIN audiences a"
    " ON a.room = r.sequence AND a.user_id = ? WHERE r.id = ? AND r.kind = ?");
const ReaderSql kScanViewers(
    "SELECT r.kind, r.id, r.dialect, a.room, a.user_id, a.seat FROM audiences a"
    " JOIN rooms r ON r.sequence = a.room WHERE (a.room, a.user_id) > (?, ?)"
    " ORDER BY a.room, a.user_id LIMIT ?");
// The row of `meta` is always returned, with or without an event.
const ReaderSql kReadEvents(
    fmt::format("SELECT epoch, last_event_position, trimmed_position, {} FROM meta"
                " LEFT JOIN events ON position > ?"
                " WHERE only_row = 1 ORDER BY position LIMIT ?",
                kEventColumns));
const ReaderSql kLastOfRoom("SELECT last_position FROM rooms WHERE id = ? AND kind = ?");
const ReaderSql kEndOfRoom(
    "SELECT position FROM events WHERE room_id = ? AND room_kind = ? AND type = 5"
    " AND position < ? ORDER BY position DESC LIMIT 1");
const ReaderSql kEvicted(
    "SELECT position FROM events WHERE room_id = ? AND room_kind = ? AND user_id = ?"
    " AND type = 4 AND reason IN (2, 3, 4) ORDER BY position DESC LIMIT 1");
const ReaderSql kReadEvent(fmt::format("SELECT {}, previous FROM events WHERE position = ?",
                                       kEventColumns));
const ReaderSql kNewestCursor("SELECT epoch, last_event_position FROM meta WHERE only_row = 1");

constexpr std::uint64_t kBehindAll = std::numeric_limits<std::int64_t>::max();  // position

/// @param first  of the columns user_id, user_info, seat.
Audience ReadAudience(const StatementRun& run, int first) {
  return {.user_id = {run.Text(first)},
          .user_info = run.Text(first + 1),
          .seat = run.Unsigned(first + 2)};
}

Result<std::vector<Room>> ListDialect(ReaderStatements& sql, const RoomListQuery& query,
                                      Dialect dialect, std::uint64_t first_place) {
  return CollectRooms(query.count, sql[kLoadPushers],
                      StatementRun(sql[kListRooms], query.kind, dialect, first_place));
}

Result<std::vector<Room>> ListBoth(ReaderStatements& sql, const RoomListQuery& query,
                                   std::uint64_t first_place) {
  Result<std::vector<Room>> gen1 = ListDialect(sql, query, Dialect::kGen1, first_place);
  if (!gen1) return gen1;
  Result<std::vector<Room>> gen2 = ListDialect(sql, query, Dialect::kGen2, first_place);
  if (!gen2) return gen2;
  std::vector<Room> rooms;
  rooms.reserve(gen1->size() + gen2->size());
  std::ranges::merge(std::move(*gen1), std::move(*gen2), std::back_inserter(rooms), {},
                     &Room::place, &Room::place);
  if (rooms.size() > query.count) rooms.resize(query.count);
  return rooms;
}

/// An event and the position of the previous one, as returned by `EventLog::ReadRoomEvents`.
struct EventLink {
  StoredEvent stored{};
  std::uint64_t previous = 0;
};

/// nullopt when there is no event of that room at that position.
Result<std::optional<EventLink>> ReadLink(ReaderStatements& sql, const RoomKey& key,
                                          std::uint64_t position) {
  StatementRun run(sql[kReadEvent], position);
  if (!run.Next()) {
    if (!run.status()) return run.status().error();
    return std::optional<EventLink>();
  }
  Result<StoredEvent> stored = ReadEvent(run, 0);
  if (!stored) return stored.error();
  if (stored->event.room != key) return std::optional<EventLink>();
  return std::optional(
      EventLink{.stored = *std::move(stored), .previous = run.Unsigned(kEventColumnCount)});
}

/// Position of the last end of one of those rooms before `position`; 0 when there is none.
Result<std::uint64_t> EndBefore(ReaderStatements& sql, const RoomKey& key, std::uint64_t position) {
  StatementRun run(sql[kEndOfRoom], key.id.value, key.kind, position);
  return ReadEventPosition(run);
}

/// Position of the newest event of those rooms; 0 when there is none.
Result<std::uint64_t> NewestOf(ReaderStatements& sql, const RoomKey& key) {
  StatementRun run(sql[kLastOfRoom], key.id.value, key.kind);
  const Result<std::uint64_t> last = ReadEventPosition(run);
  if (!last || *last != 0) return last;
  return EndBefore(sql, key, kBehindAll);
}

Result<Cursor> ReadNewest(ReaderStatements& sql) {
  StatementRun run(sql[kNewestCursor]);
  if (!run.Next()) {
    return run.status() ? Error{Errc::kStoreBroken, "its table meta is empty"}
                        : run.status().error();
  }
  return Cursor{.epoch = run.Text(0), .position = run.Unsigned(1)};
}

}  // namespace

Result<Room> SqliteRooms::Load(const RoomKey& key) {
  return engine_.ReadSnapshot([&](ReaderStatements& sql) -> Result<Room> {
    Result<std::vector<Room>> rooms =
        CollectRooms(1, sql[kLoadPushers], StatementRun(sql[kLoadRoom], key.id.value, key.kind));
    if (!rooms) return rooms.error();
    if (rooms->empty()) return Error{Errc::kRoomNotFound, "room " + key.id.value};
    return std::move(rooms->front());
  });
}

std::vector<Result<RoomChange>> SqliteRooms::UpdateAll(std::span<const RoomUpdate> updates) {
  if (updates.empty()) return {};
  UpdateJob job(updates);
  committer_.Run(job);
  return std::move(job.outcomes());
}

Result<std::vector<Room>> SqliteRooms::List(const RoomListQuery& query) {
  // If that room ends between here and the read, the page begins with the next one.
  const std::optional<std::uint64_t> first = index_.At(query);
  if (!first || query.count == 0) return std::vector<Room>();
  return engine_.ReadSnapshot([&](ReaderStatements& sql) {
    if (query.type) {
      return CollectRooms(query.count, sql[kLoadPushers],
                          StatementRun(sql[kListRoomsOfType], *query.type, *first));
    }
    return query.dialect ? ListDialect(sql, query, *query.dialect, *first)
                         : ListBoth(sql, query, *first);
  });
}

Result<AudiencePage> SqliteRooms::LoadAudiences(const RoomKey& key) {
  enum Column : int { kRoomDialect, kRoomIsActive, kRoomCount, kFirstOfViewer };
  return engine_.Read([&](ReaderStatements& sql) -> Result<AudiencePage> {
    std::optional<AudiencePage> page;
    std::uint64_t bytes = 0;
    StatementRun run(sql[kLoadAudiences], key.id.value, key.kind);
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
  });
}

Result<std::vector<Audience>> SqliteRooms::FindAudiences(const RoomKey& key,
                                                         std::span<const UserId> users) {
  return engine_.ReadSnapshot([&](ReaderStatements& sql) -> Result<std::vector<Audience>> {
    std::vector<Audience> found;
    for (const UserId& user : users) {
      StatementRun run(sql[kFindAudience], user.value, key.id.value, key.kind);
      if (run.Next()) found.push_back(ReadAudience(run, 0));
      if (!run.status()) return run.status().error();
    }
    return found;
  });
}

Result<std::vector<StoredViewer>> SqliteRooms::ScanViewers(std::uint64_t room_number,
                                                           const UserId& user_id,
                                                           std::size_t limit) {
  enum Column : int { kScanKind, kScanId, kScanDialect, kScanRoom, kScanUser, kScanSeat };
  const auto read_viewer = [](const StatementRun& row) {
    return StoredViewer{
        .room = {.kind = static_cast<RoomKind>(row.Integer(kScanKind)), .id = {row.Text(kScanId)}},
        .dialect = static_cast<Dialect>(row.Integer(kScanDialect)),
        .room_number = row.Unsigned(kScanRoom),
        .user_id = {row.Text(kScanUser)},
        .seat = row.Unsigned(kScanSeat)};
  };
  return engine_.Read([&](ReaderStatements& sql) {
    return ReadRows(sql[kScanViewers], read_viewer, room_number, user_id.value,
                    std::uint64_t{limit});
  });
}

Result<RoomPage> SqliteRooms::Scan(std::uint64_t after, std::size_t limit) {
  return engine_.ReadSnapshot([&](ReaderStatements& sql) -> Result<RoomPage> {
    Result<Cursor> at = ReadNewest(sql);
    if (!at) return at.error();
    Result<std::vector<Room>> rooms =
        CollectRooms(limit, sql[kLoadPushers], StatementRun(sql[kScanRooms], after));
    if (!rooms) return rooms.error();
    return RoomPage{.rooms = *std::move(rooms), .at = *std::move(at)};
  });
}

Result<std::vector<StoredEvent>> SqliteRooms::ReadRoomEvents(const RoomKey& key,
                                                             std::optional<std::uint64_t> before,
                                                             std::size_t limit) {
  return engine_.ReadSnapshot([&](ReaderStatements& sql) -> Result<std::vector<StoredEvent>> {
    std::vector<StoredEvent> events;
    std::uint64_t position = 0;
    if (before) {
      const Result<std::optional<EventLink>> link = ReadLink(sql, key, *before);
      if (!link) return link.error();
      if (*link) position = (*link)->previous;
    }
    if (position == 0) {
      const Result<std::uint64_t> found =
          before ? EndBefore(sql, key, *before) : NewestOf(sql, key);
      if (!found) return found.error();
      position = *found;
    }
    while (position != 0 && events.size() < limit) {
      Result<std::optional<EventLink>> link = ReadLink(sql, key, position);
      if (!link) return link.error();
      if (!*link) break;  // no longer retained, like all events before it
      events.push_back(std::move((*link)->stored));
      if ((*link)->previous == 0) {
        const Result<std::uint64_t> earlier = EndBefore(sql, key, position);
        if (!earlier) return earlier.error();
        position = *earlier;
      } else {
        position = (*link)->previous;
      }
    }
    return events;
  });
}

Result<std::vector<StoredEvent>> SqliteRooms::ReadSeatLosses(const RoomKey& key,
                                                             const UserId& user) {
  return engine_.ReadSnapshot([&](ReaderStatements& sql) -> Result<std::vector<StoredEvent>> {
    std::vector<StoredEvent> found;
    StatementRun run(sql[kEvicted], key.id.value, key.kind, user.value);
    const Result<std::uint64_t> evicted = ReadEventPosition(run);
    const Result<std::uint64_t> ended = EndBefore(sql, key, kBehindAll);
    if (!evicted) return evicted.error();
    if (!ended) return ended.error();
    for (const std::uint64_t position : {std::max(*evicted, *ended), std::min(*evicted, *ended)}) {
      if (position == 0) continue;
      Result<std::optional<EventLink>> link = ReadLink(sql, key, position);
      if (!link) return link.error();
      if (*link) found.push_back(std::move((*link)->stored));
    }
    return found;
  });
}

Result<Cursor> SqliteRooms::Newest() { return engine_.Read(ReadNewest); }

Result<EventPage> SqliteRooms::ReadEvents(const Cursor& cursor, std::size_t limit) {
  enum Column : int { kEpoch, kLastPosition, kTrimmedPosition, kFirstOfEvent };
  return engine_.Read([&](ReaderStatements& sql) -> Result<EventPage> {
    EventPage page;
    StatementRun run(sql[kReadEvents], cursor.position, limit);
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
  });
}

Result<std::size_t> SqliteRooms::TrimEvents(const EventRetention& retention) {
  Result<std::size_t> removed = std::size_t{0};
  const Status done = engine_.Call([&](SqliteWriter& writer) {
    removed = writer.Trim(retention);
    return removed ? Status() : removed.error();
  });
  if (!done) return done.error();
  return removed;
}

std::uint64_t SqliteRooms::CountRooms(RoomKind kind) const { return index_.Count(kind); }

}  // namespace rtcroom
