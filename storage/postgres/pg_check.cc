#include "storage/postgres/pg_check.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_record_rows.h"
#include "storage/postgres/pg_replication.h"
#include "storage/postgres/pg_rooms.h"
#include "storage/postgres/schema_version.h"
#include "storage/shared/history_check.h"
#include "storage/shared/room_check.h"

namespace rtcroom {
namespace {

constexpr std::chrono::seconds kStartTime{30};
/// The time limit of one question about all rows.
constexpr std::chrono::hours kQuestionTime{1};
constexpr std::int64_t kEventsOfAPage = 10'000;
constexpr std::size_t kRoomsOfAPage = 1000;

// Pages are processed in between.
constexpr PgStatement kKeepSnapshot{.sql = "SET LOCAL idle_in_transaction_session_timeout = '1h'"};

struct CountColumn {
  enum Index : int {
    kEpoch,
    kTrimmedPosition,
    kLastPosition,
    kTrimmedEvents,
    kRooms,
    kPushers,
    kAudiences,
    kEvents,
    kSessions,
    kBans,
    kDeliveries,
    kMessages,
    kRevocations,
    kRecordings,
    kEventsThrough,
  };
};
constexpr PgStatement kCount{.sql = R"(SELECT epoch, trimmed_position,
      greatest(trimmed_position, (SELECT coalesce(max(position), 0) FROM events)), trimmed_events,
      (SELECT count(*) FROM rooms), (SELECT count(*) FROM pushers),
      (SELECT count(*) FROM audiences), (SELECT count(*) FROM events WHERE type < 100),
      (SELECT count(*) FROM sessions), (SELECT count(*) FROM bans),
      (SELECT count(*) FROM deliveries WHERE kind > 0), (SELECT count(*) FROM messages),
      (SELECT count(*) FROM revocations), (SELECT count(*) FROM recordings),
      coalesce((SELECT events_through FROM events ORDER BY position DESC LIMIT 1), trimmed_events)
    FROM meta)"};

/// A query whose rows, of one text each, are findings.
struct Question {
  const char* about = "";
  const char* sql = "";
};

constexpr Question kQuestions[] = {
    {"turn", R"(SELECT count(*) || ' rows, and not one' FROM turn HAVING count(*) <> 1)"},
    {"pushers",
     R"(SELECT user_id || ' is in room number ' || room || ', which does not exist' FROM pushers
      WHERE NOT EXISTS (SELECT 1 FROM rooms WHERE number = room))"},
    {"audiences",
     R"(SELECT user_id || ' is in room number ' || room || ', which does not exist' FROM audiences
      WHERE NOT EXISTS (SELECT 1 FROM rooms WHERE number = room))"},
    {"rooms", R"(SELECT 'place ' || place || ' is that of ' || count(*) || ' rooms'
      FROM rooms WHERE place > 0 GROUP BY place HAVING count(*) > 1)"},
    {"rooms",
     R"(SELECT id || ' has number ' || number || ' and place ' || place || ', and ' || newest
        || ' were given'
      FROM rooms, (SELECT greatest(trimmed_position,
        (SELECT coalesce(max(position), 0) FROM events)) AS newest FROM meta) m
      WHERE greatest(number, place) > newest)"},
    {"mixes",
     R"(SELECT user_id || ' of room number ' || room || ' has a place in a mix that does not exist'
      FROM pushers JOIN rooms ON number = room
      WHERE pushers.mix_layer <> 0 AND rooms.mix_width = 0)"},
    {"mixes",
     R"(SELECT user_id || ' of room number ' || room || ' has a place out of bounds' FROM pushers
      WHERE mix_layer NOT BETWEEN 0 AND 16 OR mix_parts NOT BETWEEN 0 AND 3
        OR least(mix_x, mix_y, mix_width, mix_height) < 0
        OR greatest(mix_x, mix_y, mix_width, mix_height) > 3000)"},
    {"events",
     R"(SELECT 'up to position ' || position || ' ' || events_through || ' are counted, and '
        || before || ' before it'
      FROM (SELECT position, events_through, (type < 100)::int AS is_event,
        lag(events_through, 1, (SELECT trimmed_events FROM meta)) OVER (ORDER BY position)
          AS before FROM events) e
      WHERE events_through <> before + is_event)"},
    {"events", R"(SELECT 'the one at position ' || position || ' counts for ' || counted
        || ' bytes, and has ' || bytes
      FROM (SELECT position, type,
        bytes_through - lag(bytes_through) OVER (ORDER BY position) AS counted,
        64 + octet_length(room_id) + coalesce(octet_length(user_id), 0)
          + coalesce(octet_length(user_name), 0) + coalesce(octet_length(user_avatar), 0)
          + coalesce(octet_length(creator), 0) + coalesce(octet_length(info), 0)
          + coalesce(octet_length(field), 0) AS bytes FROM events) e
      WHERE type < 100 AND counted <> bytes)"},
    {"deliveries",
     R"(SELECT 'number ' || id || ' to ' || room_id || ' is of the unknown kind ' || kind
      FROM deliveries WHERE kind NOT BETWEEN 0 AND 5)"},
    {"deliveries", R"(SELECT 'number ' || id || ' to ' || room_id || ' is of position ' || position
        || ', behind the newest event'
      FROM deliveries, (SELECT greatest(trimmed_position,
        (SELECT coalesce(max(position), 0) FROM events)) AS newest FROM meta) m
      WHERE position > newest)"},
    {"messages",
     R"(SELECT 'number ' || position || ' is neither in a room nor to a user' FROM messages
      WHERE (room_number IS NULL) <> (seq IS NULL)
        OR (room_number IS NULL) = (receiver IS NULL))"},
    {"messages", R"(SELECT 'in room number ' || room_number || ', ' || seq || ' follows ' || before
      FROM (SELECT room_number, seq, lag(seq) OVER (PARTITION BY room_number ORDER BY seq)
        AS before FROM messages WHERE room_number IS NOT NULL) m
      WHERE seq <> before + 1)"},
    {"messages",
     R"(SELECT 'in room number ' || room_number || ', ' || newest || ' is the newest, and '
        || coalesce(last_seq::text, 'none') || ' were given'
      FROM (SELECT room_number, max(seq) AS newest FROM messages WHERE room_number IS NOT NULL
        GROUP BY room_number) m LEFT JOIN message_rooms USING (room_number)
      WHERE newest IS DISTINCT FROM last_seq)"},
    {"messages", R"(SELECT 'room number ' || room_number || ' does not exist, and has no end'
      FROM message_rooms
      WHERE ended_at_ms IS NULL AND NOT EXISTS (SELECT 1 FROM rooms WHERE number = room_number))"},
    {"messages",
     R"(SELECT 'room number ' || room_number || ' lives, and has an end' FROM message_rooms
      WHERE ended_at_ms IS NOT NULL AND EXISTS (SELECT 1 FROM rooms WHERE number = room_number))"},
    {"messages",
     R"(SELECT 'those to ' || receiver || ' are settled up to ' || position || ' of ' || newest
      FROM settled_messages, (SELECT greatest(last_message,
        (SELECT coalesce(max(position), 0) FROM messages)) AS newest FROM meta) m
      WHERE position > newest)"},
    {"recordings",
     R"(SELECT 'number ' || id || ' has one part of an owner without the others' FROM recordings
      WHERE num_nulls(room_kind, room_id, room_number, user_id) NOT IN (0, 4))"},
    {"sessions",
     R"(SELECT user_id || ' has no SHA-256 of a token' FROM sessions WHERE length(token) <> 32)"},
};

constexpr PgStatement kCheckedEvents{
    "check_events",
    R"(SELECT position, room_kind, room_id, dialect, room_sequence, at_ms, type, user_id, user_name,
      user_avatar, reason, creator, info, room_number, field, previous
    FROM events WHERE position > $1 ORDER BY position LIMIT $2)"};
constexpr int kPrevious = EventColumn::kColumnCount;
constexpr PgStatement kReadLastPositions{
    "check_last_positions",
    R"(SELECT number, last_position FROM rooms WHERE number > $1 AND number <= $2)"};
constexpr PgStatement kReadViewers{
    "check_viewers",
    R"(SELECT room, user_id, user_info, seat FROM audiences WHERE room > $1 AND room <= $2
    ORDER BY room, seat)"};
constexpr auto kCheckStatements = std::to_array({kCheckedEvents, kReadLastPositions, kReadViewers});

/// One check of one store.
class PgStoreCheck {
 public:
  /// @param schema  of the store.
  PgStoreCheck(const PgAddress& address, std::int64_t schema,
               const std::optional<RoomLimits>& limits, const Clock& clock)
      : clock_(clock),
        limits_(limits),
        statements_(JoinStatements({kCheckStatements, pg::RoomReads(), pg::EventReads()})),
        connection_(address,
                    {.planning = PgSettings::Planning::kServerDefaults, .statements = statements_},
                    clock) {
    report_.schema = schema;
  }

  Result<StoreReport> Run() {
    if (const Status begun = Begin(); !begun) return begun.error();
    if (const Status read = Read(); !read) {
      // The findings so far say more than the final read error.
      if (report_.findings.empty()) return read.error();
      report_.findings.Add("store", "it cannot be read to its end: " + read.error().detail);
    }
    return std::move(report_);
  }

 private:
  Status Begin() {
    const MonotonicTime deadline = clock_.Monotonic() + kStartTime;
    if (const Status connected = connection_.Connect(deadline); !connected) return connected;
    const auto begun =
        connection_.Run(std::array{PgCall(kPgBeginSnapshot), PgCall(kKeepSnapshot)}, deadline);
    return begun ? Status() : begun.error();
  }

  Status Read() {
    if (const Status counted = Count(); !counted) return counted;
    for (const Question& question : kQuestions) {
      if (const Status asked = Ask(question); !asked) return asked;
    }
    HistoryCheck history(bounds_, report_.findings);
    if (const Status checked = CheckEvents(history); !checked) return checked;
    history.FinishEvents();
    if (const Status checked = CheckRooms(history); !checked) return checked;
    history.FinishRooms();
    return {};
  }

  Result<PgRows> Query(const PgCall& call) {
    return connection_.Run(call, clock_.Monotonic() + kQuestionTime);
  }

  Status Count() {
    Result<PgRows> rows = Query(PgCall(kCount));
    if (!rows) return rows.error();
    if (!rows->Next()) return Error{Errc::kStoreBroken, "its table meta is empty"};
    report_.newest = {.epoch = rows->Text(CountColumn::kEpoch),
                      .position = rows->Unsigned(CountColumn::kLastPosition)};
    bounds_ = {.trimmed_position = rows->Unsigned(CountColumn::kTrimmedPosition),
               .last_position = rows->Unsigned(CountColumn::kLastPosition)};
    report_.rooms = rows->Unsigned(CountColumn::kRooms);
    report_.pushers = rows->Unsigned(CountColumn::kPushers);
    report_.audiences = rows->Unsigned(CountColumn::kAudiences);
    report_.events = rows->Unsigned(CountColumn::kEvents);
    report_.sessions = rows->Unsigned(CountColumn::kSessions);
    report_.bans = rows->Unsigned(CountColumn::kBans);
    report_.deliveries = rows->Unsigned(CountColumn::kDeliveries);
    report_.messages = rows->Unsigned(CountColumn::kMessages);
    report_.revocations = rows->Unsigned(CountColumn::kRevocations);
    report_.recordings = rows->Unsigned(CountColumn::kRecordings);
    const std::uint64_t trimmed = rows->Unsigned(CountColumn::kTrimmedEvents);
    const std::uint64_t given = rows->Unsigned(CountColumn::kEventsThrough);
    if (given - trimmed != report_.events) {
      report_.findings.Add("events", fmt::format("{} are there, where {} were given and {} removed",
                                                 report_.events, given, trimmed));
    }
    return rows->status();
  }

  Status Ask(const Question& question) {
    Result<PgRows> rows = Query(PgCall(PgStatement{.sql = question.sql}));
    if (!rows) return rows.error();
    while (rows->Next()) report_.findings.Add(question.about, rows->Text(0));
    return rows->status();
  }

  Status CheckEvents(HistoryCheck& history) {
    std::uint64_t after = 0;
    while (true) {
      Result<PgRows> rows = Query(PgCall(kCheckedEvents, after, kEventsOfAPage));
      if (!rows) return rows.error();
      if (rows->size() == 0) return {};
      while (rows->Next()) {
        after = rows->Unsigned(EventColumn::kPosition);
        if (!IsEventType(rows->Integer(EventColumn::kType))) {
          history.TakeOther(after);
          continue;
        }
        const Result<StoredEvent> event = pg::ReadEvent(*rows);
        if (!rows->status()) break;
        if (!event) return event.error();
        history.Take(*event, rows->Unsigned(kPrevious));
      }
      if (!rows->status()) return rows->status();
    }
  }

  Status CheckRooms(HistoryCheck& history) {
    std::uint64_t after = 0;
    while (true) {
      Result<RoomPage> page =
          pg::ScanRooms(connection_, PgScanOf::kRooms, PgSnapshotOf::kTransaction, after,
                        kRoomsOfAPage, clock_.Monotonic() + kQuestionTime);
      if (!page) return page.error();
      if (page->rooms.empty()) return {};
      const std::uint64_t last = page->rooms.back().sequence;
      Result<LastPositions> last_positions = LoadLastPositions(after, last);
      if (!last_positions) return last_positions.error();
      if (const Status loaded = LoadViewers(after, last, page->rooms); !loaded) return loaded;
      for (const Room& room : page->rooms) {
        CheckRoom(room, limits_, report_.findings);
        history.Compare(room, (*last_positions)[room.sequence]);
      }
      after = last;
    }
  }

  using LastPositions = std::unordered_map<std::uint64_t, std::uint64_t>;  // by room number

  Result<LastPositions> LoadLastPositions(std::uint64_t after, std::uint64_t last) {
    Result<PgRows> rows = Query(PgCall(kReadLastPositions, after, last));
    if (!rows) return rows.error();
    LastPositions positions;
    while (rows->Next()) positions.emplace(rows->Unsigned(0), rows->Unsigned(1));
    if (!rows->status()) return rows->status().error();
    return positions;
  }

  /// @param rooms  in the order of their numbers, as the rows are.
  Status LoadViewers(std::uint64_t after, std::uint64_t last, std::vector<Room>& rooms) {
    Result<PgRows> rows = Query(PgCall(kReadViewers, after, last));
    if (!rows) return rows.error();
    auto room = rooms.begin();
    while (rows->Next()) {
      const std::uint64_t number = rows->Unsigned(0);
      while (room != rooms.end() && room->sequence < number) ++room;
      if (room == rooms.end() || room->sequence != number) continue;  // a finding already
      room->audiences.push_back(
          {.user_id = {rows->Text(1)}, .user_info = rows->Text(2), .seat = rows->Unsigned(3)});
    }
    return rows->status();
  }

  const Clock& clock_;
  const std::optional<RoomLimits> limits_;
  const std::vector<PgStatement> statements_;
  PgConnection connection_;
  StoreReport report_;
  HistoryCheck::Bounds bounds_;
};

}  // namespace

Result<StoreReport> CheckPgStore(const PgAddress& address, const std::optional<RoomLimits>& limits,
                                 const Clock& clock) {
  if (const Status one = RequireOnePgPrimary(address, clock); !one) return one.error();
  // It prepares no statements of the check: they need the tables.
  PgConnection plain(address, {.planning = PgSettings::Planning::kServerDefaults}, clock);
  const MonotonicTime deadline = clock.Monotonic() + kStartTime;
  if (const Status connected = plain.Connect(deadline); !connected) return connected.error();
  const Result<std::int64_t> schema = RequirePgSchema(plain, deadline);
  if (!schema) return schema.error();
  return PgStoreCheck(address, *schema, limits, clock).Run();
}

}  // namespace rtcroom
