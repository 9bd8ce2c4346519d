#include "storage/postgres/pg_rooms.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "storage/postgres/pg_engine.h"
#include "storage/postgres/pg_events.h"
#include "storage/postgres/pg_room_loader.h"
#include "storage/postgres/pg_text.h"
#include "storage/shared/mix_place_row.h"

namespace rtcroom::pg {
namespace {

// First those of `ScanMembers`.

/// Columns of a pusher, from the first of them.
struct PusherColumn {
  enum Index : int {
    kSeat,
    kUserId,
    kPushUrl,
    kAddedAt,
    kBoundTo,
    kPlaceX,
    kUserName = kPlaceX + kMixPlaceColumns,
    kUserAvatar,
    kAccelerateUrl,
  };
};

struct RoomColumn {
  enum Index : int {
    kNumber,
    kId,
    kKind,
    kDialect,
    kCreator,
    kAudienceCount,
    kMixWidth,
    kMixHeight,
    kInfo,
    kMixedPlayUrl,
    kCreatedAt,
    kPlace,
    kType,
    kCustom,
    kLastEvent,
    kLastPosition,
    kVersion,
    kFirstOfPusher,  ///< a `PusherColumn`
  };
};

constexpr std::string_view kScannedColumns =
    "SELECT r.number, r.id, r.kind, r.dialect, r.creator, r.audience_count, r.mix_width,"
    " r.mix_height";
constexpr std::string_view kOtherColumns =
    ", r.info, r.mixed_play_url, r.created_at_ms, r.place, r.type, r.custom, r.last_event,"
    " r.last_position, r.version";
constexpr std::string_view kMemberColumns =
    ", p.seat, p.user_id, p.push_url, p.added_at_ms, p.bound_to, p.mix_x, p.mix_y, p.mix_width,"
    " p.mix_height, p.mix_layer, p.mix_parts";
constexpr std::string_view kOtherMemberColumns = ", p.user_name, p.user_avatar, p.accelerate_url";
constexpr std::string_view kRoomColumns = kPgText<kScannedColumns, kOtherColumns>;
constexpr std::string_view kPusherColumns = kPgText<kMemberColumns, kOtherMemberColumns>;
constexpr std::string_view kColumns = kPgText<kRoomColumns, kPusherColumns>;
constexpr std::string_view kOfRooms = " FROM rooms r";
constexpr std::string_view kOfSelected = " FROM (SELECT * FROM rooms";
constexpr std::string_view kSelected = ") r";
constexpr std::string_view kWithPushers =
    " LEFT JOIN LATERAL (SELECT * FROM pushers WHERE room = r.number ORDER BY seat) p ON true";

constexpr std::string_view kWhereIds = " WHERE r.id = ANY($1)";
constexpr std::string_view kOfDialect =
    " WHERE kind = $1 AND dialect = $2 AND place > 0 AND place >= $3 ORDER BY place LIMIT $4";
constexpr std::string_view kOfType =
    " WHERE kind = 4 AND place > 0 AND type = $1 AND place >= $2 ORDER BY place LIMIT $3";
constexpr std::string_view kAfter = " WHERE number > $1 ORDER BY number LIMIT $2";

constexpr PgStatement kLoadRooms{"load_rooms",
                                 kPgText<kColumns, kOfRooms, kWithPushers, kWhereIds>};
constexpr PgStatement kListDialect{
    "list_dialect", kPgText<kColumns, kOfSelected, kOfDialect, kSelected, kWithPushers>};
constexpr PgStatement kListType{"list_type",
                                kPgText<kColumns, kOfSelected, kOfType, kSelected, kWithPushers>};
constexpr PgStatement kScan{"scan", kPgText<kRoomColumns, kOfRooms, kAfter>};
constexpr PgStatement kScanNarrow{"scan_narrow", kPgText<kScannedColumns, kOfRooms, kAfter>};
// One range of the index: far cheaper than a look-up for each room, and no room is repeated for
// each of its pushers.
constexpr std::string_view kSelectRoom = "SELECT p.room";
constexpr std::string_view kOfScannedRooms =
    " FROM pushers p WHERE p.room > $1"
    " AND p.room <= (SELECT max(number) FROM (SELECT number FROM rooms";
constexpr std::string_view kInOrder = ") page) ORDER BY p.room, p.seat";
constexpr PgStatement kScanPushers{
    "scan_pushers", kPgText<kSelectRoom, kPusherColumns, kOfScannedRooms, kAfter, kInOrder>};
constexpr PgStatement kScanMembers{
    "scan_members", kPgText<kSelectRoom, kMemberColumns, kOfScannedRooms, kAfter, kInOrder>};
constexpr PgStatement kLoadViewers{
    "load_viewers",
    "SELECT v.id, a.user_id, a.user_info, a.seat FROM unnest($1::text[], $2::text[]) v(id, user_id)"
    " JOIN rooms r ON r.id = v.id JOIN audiences a ON a.room = r.number AND a.user_id = v.user_id"};
// Sums up the sizes of a bounded number of rows, so that no more is sent than is needed.
constexpr PgStatement kLoadAudiences{
    "load_audiences",
    "SELECT r.dialect, r.place > 0, r.audience_count, a.user_id, a.user_info, a.seat FROM rooms r"
    " LEFT JOIN LATERAL (SELECT * FROM (SELECT *, sum($4::bigint + octet_length(user_id)"
    " + octet_length(user_info)) OVER (ORDER BY seat DESC) AS bytes FROM (SELECT * FROM audiences"
    " WHERE room = r.number ORDER BY seat DESC LIMIT $3::bigint / $4::bigint) newest) sized"
    " WHERE bytes <= $3::bigint) a"
    " ON true WHERE r.id = $1 AND r.kind = $2 ORDER BY a.seat"};
constexpr PgStatement kFindAudiences{
    "find_audiences",
    "SELECT a.user_id, a.user_info, a.seat FROM rooms r JOIN audiences a ON a.room = r.number"
    " WHERE r.id = $1 AND r.kind = $2 AND a.user_id = ANY($3)"};
constexpr PgStatement kScanViewers{
    "scan_viewers",
    "SELECT r.kind, r.id, r.dialect, a.room, a.user_id, a.seat FROM audiences a"
    " JOIN rooms r ON r.number = a.room WHERE (a.room, a.user_id) > ($1, $2)"
    " ORDER BY a.room, a.user_id LIMIT $3"};
constexpr PgStatement kLoadIndex{
    "load_index",
    "SELECT number, kind, dialect, place, CASE WHEN kind = 4 THEN type ELSE '' END FROM rooms"
    " WHERE number > $1 ORDER BY number LIMIT $2"};

// It reads both dialects of a list, each by its index, and takes the first of them together.
constexpr std::string_view kOfBoth =
    " FROM (SELECT * FROM ((SELECT * FROM rooms WHERE kind = $1 AND dialect = 1 AND place > 0"
    " AND place >= $2 ORDER BY place LIMIT $3) UNION ALL (SELECT * FROM rooms WHERE kind = $1"
    " AND dialect = 2 AND place > 0 AND place >= $2 ORDER BY place LIMIT $3)) both_dialects"
    " ORDER BY place LIMIT $3) r";
constexpr PgStatement kListBoth{"list_both", kPgText<kColumns, kOfBoth, kWithPushers>};

constexpr PgStatement kReads[] = {kLoadRooms,     kListDialect,   kListType,    kListBoth,
                                  kScan,          kScanPushers,   kScanNarrow,  kScanMembers,
                                  kLoadAudiences, kFindAudiences, kScanViewers, kLoadIndex};
constexpr PgStatement kLoads[] = {kLoadRooms, kLoadViewers};

PgArray<std::string_view> Texts(std::span<const std::string_view> texts) {
  PgArray<std::string_view> array;
  for (const std::string_view text : texts) array.Add(text);
  return array;
}

std::uint16_t Pixels(PgRows& rows, int column) {
  return static_cast<std::uint16_t>(rows.Integer(column));
}

std::optional<MixCanvas> ReadCanvas(PgRows& rows) {
  const std::uint16_t width = Pixels(rows, RoomColumn::kMixWidth);
  if (width == 0) return std::nullopt;
  return MixCanvas{.width = width, .height = Pixels(rows, RoomColumn::kMixHeight)};
}

/// A room as `RoomStore::ScanMembers` reads it, without its pushers.
Room ReadScanned(PgRows& rows) {
  return {.key = {.kind = static_cast<RoomKind>(rows.Integer(RoomColumn::kKind)),
                  .id = {rows.Text(RoomColumn::kId)}},
          .dialect = static_cast<Dialect>(rows.Integer(RoomColumn::kDialect)),
          .creator = {rows.Text(RoomColumn::kCreator)},
          .sequence = rows.Unsigned(RoomColumn::kNumber),
          .audience_count = rows.Unsigned(RoomColumn::kAudienceCount),
          .mix = ReadCanvas(rows)};
}

PgRoom ReadRoom(PgRows& rows) {
  PgRoom read{.room = ReadScanned(rows)};
  read.room.info = rows.Text(RoomColumn::kInfo);
  read.room.mixed_play_url = rows.Text(RoomColumn::kMixedPlayUrl);
  read.room.created_at = rows.Time(RoomColumn::kCreatedAt);
  read.room.place = rows.Unsigned(RoomColumn::kPlace);
  read.room.last_event = rows.Unsigned(RoomColumn::kLastEvent);
  read.room.type = rows.Text(RoomColumn::kType);
  read.room.custom = rows.Text(RoomColumn::kCustom);
  read.version = rows.Unsigned(RoomColumn::kVersion);
  read.last_position = rows.Unsigned(RoomColumn::kLastPosition);
  return read;
}

/// A pusher as `RoomStore::ScanMembers` reads it.
/// @param first  its first column.
Pusher ReadMember(PgRows& rows, int first) {
  return {.user_id = {rows.Text(first + PusherColumn::kUserId)},
          .push_url = rows.Text(first + PusherColumn::kPushUrl),
          .added_at = rows.Time(first + PusherColumn::kAddedAt),
          .seat = rows.Unsigned(first + PusherColumn::kSeat),
          .mix_place = MixPlaceOf(rows, first + PusherColumn::kPlaceX),
          .bound_to = rows.Text(first + PusherColumn::kBoundTo)};
}

Pusher ReadPusher(PgRows& rows, int first) {
  Pusher pusher = ReadMember(rows, first);
  pusher.user_name = rows.Text(first + PusherColumn::kUserName);
  pusher.user_avatar = rows.Text(first + PusherColumn::kUserAvatar);
  pusher.accelerate_url = rows.Text(first + PusherColumn::kAccelerateUrl);
  return pusher;
}

/// @param first  of the columns user_id, user_info, seat.
Audience ReadAudience(PgRows& rows, int first) {
  return {.user_id = {rows.Text(first)},
          .user_info = rows.Text(first + 1),
          .seat = rows.Unsigned(first + 2)};
}

/// It adds the pusher of the current row, and its room unless that is the last one.
void AppendRow(PgRows& rows, std::vector<PgRoom>& rooms) {
  constexpr int kPusher = RoomColumn::kFirstOfPusher;
  const std::uint64_t number = rows.Unsigned(RoomColumn::kNumber);
  if (rooms.empty() || rooms.back().room.sequence != number) rooms.push_back(ReadRoom(rows));
  if (rows.IsNull(kPusher + PusherColumn::kSeat)) return;
  rooms.back().room.pushers.push_back(ReadPusher(rows, kPusher));
}

/// The rooms of a scan, without their pushers.
Result<std::vector<Room>> ReadScan(PgRows& rows, PgScanOf of) {
  std::vector<Room> rooms;
  rooms.reserve(rows.size());
  while (rows.Next()) {
    rooms.push_back(of == PgScanOf::kRooms ? ReadRoom(rows).room : ReadScanned(rows));
  }
  if (!rows.status()) return rows.status().error();
  return rooms;
}

/// Gives them to their rooms.
/// @param rooms  of the same page; both are in the order of the rooms.
Status ReadScanPushers(PgRows& rows, PgScanOf of, std::vector<Room>& rooms) {
  constexpr int kRoom = 0;
  constexpr int kPusher = 1;
  auto room = rooms.begin();
  while (rows.Next()) {
    const std::uint64_t number = rows.Unsigned(kRoom);
    while (room != rooms.end() && room->sequence < number) ++room;
    if (room == rooms.end()) break;
    if (room->sequence != number) continue;
    room->pushers.push_back(of == PgScanOf::kRooms ? ReadPusher(rows, kPusher)
                                                   : ReadMember(rows, kPusher));
  }
  return rows.status();
}

std::vector<Room> WithoutVersions(std::vector<PgRoom> read) {
  std::vector<Room> rooms;
  rooms.reserve(read.size());
  for (PgRoom& one : read) rooms.push_back(std::move(one.room));
  return rooms;
}

Result<std::vector<Room>> ListRooms(PgConnection& connection, const RoomListQuery& query,
                                    std::uint64_t first_place, MonotonicTime deadline) {
  const std::uint64_t first = ToPgBound(first_place);
  const std::uint64_t count = query.count;
  const PgCall call = query.type ? PgCall(kListType, PgBytes(*query.type), first, count)
                      : query.dialect
                          ? PgCall(kListDialect, query.kind, *query.dialect, first, count)
                          : PgCall(kListBoth, query.kind, first, count);
  Result<PgRows> rows = connection.Run(call, deadline);
  if (!rows) return rows.error();
  Result<std::vector<PgRoom>> read = ReadRooms(*rows);
  if (!read) return read.error();
  return WithoutVersions(*std::move(read));
}

Result<AudiencePage> LoadAudiences(PgConnection& connection, const RoomKey& key,
                                   MonotonicTime deadline) {
  enum AudienceColumn : int { kRoomDialect, kIsActive, kCount, kFirstOfViewer };
  Result<PgRows> rows =
      connection.Run(PgCall(kLoadAudiences, std::string_view(key.id.value), key.kind,
                            AudiencePage::kMaxBytes, AudiencePage::kFixedBytes),
                     deadline);
  if (!rows) return rows.error();
  std::optional<AudiencePage> page;
  while (rows->Next()) {
    if (!page) {
      page = {.dialect = static_cast<Dialect>(rows->Integer(kRoomDialect)),
              .is_active = rows->Bool(kIsActive),
              .count = rows->Unsigned(kCount),
              .audiences = {}};
    }
    if (rows->IsNull(kFirstOfViewer)) continue;
    page->audiences.push_back(ReadAudience(*rows, kFirstOfViewer));
  }
  if (!rows->status()) return rows->status().error();
  if (!page) return Error{Errc::kRoomNotFound, {}};
  return *std::move(page);
}

}  // namespace

std::span<const PgStatement> RoomReads() { return kReads; }
std::span<const PgStatement> RoomLoads() { return kLoads; }

PgCall LoadRooms(std::span<const std::string_view> ids) { return PgCall(kLoadRooms, Texts(ids)); }

PgCall LoadViewers(std::span<const std::string_view> ids, std::span<const std::string_view> users) {
  return PgCall(kLoadViewers, Texts(ids), Texts(users));
}

Result<std::vector<PgRoom>> ReadRooms(PgRows& rows) {
  std::vector<PgRoom> rooms;
  while (rows.Next()) AppendRow(rows, rooms);
  if (!rows.status()) return rows.status().error();
  return rooms;
}

Result<std::vector<PgViewer>> ReadViewers(PgRows& rows) {
  std::vector<PgViewer> viewers;
  while (rows.Next()) {
    viewers.push_back({.room = {rows.Text(0)}, .audience = ReadAudience(rows, 1)});
  }
  if (!rows.status()) return rows.status().error();
  return viewers;
}

Result<std::vector<PgRoom>> LoadRooms(PgConnection& connection,
                                      std::span<const std::string_view> ids,
                                      MonotonicTime deadline) {
  Result<PgRows> rows = connection.Run(LoadRooms(ids), deadline);
  if (!rows) return rows.error();
  return ReadRooms(*rows);
}

Result<RoomPage> ScanRooms(PgConnection& connection, PgScanOf of, PgSnapshotOf snapshot,
                           std::uint64_t after, std::size_t limit, MonotonicTime deadline) {
  const bool is_whole = of == PgScanOf::kRooms;
  const std::uint64_t count = limit;
  std::vector<PgCall> calls = {
      ReadNewest(), PgCall(is_whole ? kScan : kScanNarrow, ToPgBound(after), count),
      PgCall(is_whole ? kScanPushers : kScanMembers, ToPgBound(after), count)};
  const std::size_t first = snapshot == PgSnapshotOf::kCall ? 1 : 0;
  if (snapshot == PgSnapshotOf::kCall) {
    calls.insert(calls.begin(), PgCall(kPgBeginSnapshot));
    calls.emplace_back(kPgCommit);
  }
  Result<std::vector<PgRows>> results = connection.Run(calls, deadline);
  if (!results) return results.error();
  Result<Cursor> at = ReadNewest(results->at(first));
  if (!at) return at.error();
  Result<std::vector<Room>> rooms = ReadScan(results->at(first + 1), of);
  if (!rooms) return rooms.error();
  const Status read = ReadScanPushers(results->at(first + 2), of, *rooms);
  if (!read) return read.error();
  return RoomPage{.rooms = *std::move(rooms), .at = *std::move(at)};
}

Result<PgIndexPage> LoadIndex(PgConnection& connection, std::uint64_t after, std::size_t limit,
                              MonotonicTime deadline) {
  Result<PgRows> rows = connection.Run(PgCall(kLoadIndex, after, std::uint64_t{limit}), deadline);
  if (!rows) return rows.error();
  PgIndexPage page;
  while (rows->Next()) {
    page.last = rows->Unsigned(0);
    const RoomListEntry room{.kind = static_cast<RoomKind>(rows->Integer(1)),
                             .dialect = static_cast<Dialect>(rows->Integer(2)),
                             .type = rows->Text(4),
                             .place = rows->Unsigned(3)};
    const bool known_kind = std::ranges::find(kAllRoomKinds, room.kind) != std::end(kAllRoomKinds);
    const bool known_dialect = room.dialect == Dialect::kGen1 || room.dialect == Dialect::kGen2;
    if (!known_kind || !known_dialect) {
      return Error{Errc::kStoreBroken, fmt::format("room {} is of no known kind", page.last)};
    }
    page.rooms.push_back(room);
  }
  if (!rows->status()) return rows->status().error();
  return page;
}

}  // namespace rtcroom::pg

namespace rtcroom {

Result<Room> PgRooms::Load(const RoomKey& key) { return engine_.Reported(loader_.Load(key)); }

std::vector<Result<RoomChange>> PgRooms::UpdateAll(std::span<const RoomUpdate> updates) {
  if (updates.empty()) return {};
  PgJob job(updates);
  engine_.Commit(job);
  return std::move(job.outcomes());
}

Result<std::vector<Room>> PgRooms::List(const RoomListQuery& query) {
  // If that room ends between here and the read, the page begins with the next one.
  const std::optional<std::uint64_t> first = index_.At(query);
  if (!first || query.count == 0) return std::vector<Room>();
  return engine_.Run(pg::ListRooms, query, *first);
}

Result<AudiencePage> PgRooms::LoadAudiences(const RoomKey& key) {
  return engine_.Run(pg::LoadAudiences, key);
}

Result<std::vector<Audience>> PgRooms::FindAudiences(const RoomKey& key,
                                                     std::span<const UserId> users) {
  PgArray<std::string_view> names;
  for (const UserId& user : users) names.Add(user.value);
  return engine_.ReadRows(
      PgCall(pg::kFindAudiences, std::string_view(key.id.value), key.kind, names),
      [](PgRows& rows) { return pg::ReadAudience(rows, 0); });
}

Result<std::vector<StoredViewer>> PgRooms::ScanViewers(std::uint64_t room_number,
                                                       const UserId& user_id, std::size_t limit) {
  enum Column : int { kScanKind, kScanId, kScanDialect, kScanRoom, kScanUser, kScanSeat };
  return engine_.ReadRows(PgCall(pg::kScanViewers, ToPgBound(room_number),
                                 std::string_view(user_id.value), std::uint64_t{limit}),
                          [](PgRows& rows) {
                            return StoredViewer{
                                .room = {.kind = static_cast<RoomKind>(rows.Integer(kScanKind)),
                                         .id = {rows.Text(kScanId)}},
                                .dialect = static_cast<Dialect>(rows.Integer(kScanDialect)),
                                .room_number = rows.Unsigned(kScanRoom),
                                .user_id = {rows.Text(kScanUser)},
                                .seat = rows.Unsigned(kScanSeat)};
                          });
}

Result<RoomPage> PgRooms::Scan(std::uint64_t after, std::size_t limit) {
  return ScanPage(PgScanOf::kRooms, after, limit);
}

Result<RoomPage> PgRooms::ScanMembers(std::uint64_t after, std::size_t limit) {
  return ScanPage(PgScanOf::kMembers, after, limit);
}

Result<RoomPage> PgRooms::ScanPage(PgScanOf of, std::uint64_t after, std::size_t limit) {
  const PgSnapshotOf snapshot =
      readers_.HasSnapshot() ? PgSnapshotOf::kTransaction : PgSnapshotOf::kCall;
  return engine_.RunConfirmed(pg::ScanRooms, of, snapshot, after, limit);
}

Result<EventPage> PgRooms::ReadEvents(const Cursor& cursor, std::size_t limit) {
  return engine_.RunConfirmed(pg::ReadEvents, cursor, limit);
}

Result<std::vector<StoredEvent>> PgRooms::ReadRoomEvents(const RoomKey& key,
                                                         std::optional<std::uint64_t> before,
                                                         std::size_t limit) {
  return engine_.Run(pg::ReadRoomEvents, key, before, limit);
}

Result<std::vector<StoredEvent>> PgRooms::ReadSeatLosses(const RoomKey& key, const UserId& user) {
  return engine_.Run(pg::ReadSeatLosses, key, user);
}

Result<Cursor> PgRooms::Newest() { return engine_.RunConfirmed(pg::Newest); }

Result<std::size_t> PgRooms::TrimEvents(const EventRetention& retention) {
  EventRetention step = retention;
  std::size_t removed = 0;
  PgTrimmed trimmed;
  // A step may find fewer events than records.
  do {
    step.most_per_call = std::min(PgEngine::kRemovedPerStep, retention.most_per_call - removed);
    const Status written = engine_.WriteLightly([&] { return pg::TrimEvents(step, trimmed); });
    if (!written) return written.error();
    removed += trimmed.events;
  } while (trimmed.records == step.most_per_call && removed < retention.most_per_call);
  return removed;
}

std::uint64_t PgRooms::CountRooms(RoomKind kind) const { return index_.Count(kind); }

}  // namespace rtcroom
