#include "storage/sqlite/store_check.h"

#include <utility>

#include <fmt/format.h>

#include "storage/shared/history_check.h"
#include "storage/shared/room_check.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/event_rows.h"
#include "storage/sqlite/interruption.h"
#include "storage/sqlite/room_rows.h"
#include "storage/sqlite/schema_version.h"
#include "storage/sqlite/sqlite_messages.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/temporary_copy.h"

namespace rtcroom {
namespace {

constexpr std::size_t kRoomsOfAPage = 1000;

/// A query whose rows, of one text each, are findings.
struct Question {
  const char* about = "";
  const char* sql = "";
};

constexpr Question kQuestions[] = {
    {"pages",
     "SELECT integrity_check FROM pragma_integrity_check"
     " WHERE integrity_check <> 'ok'"},
    {"references",
     "SELECT 'a row of ' || \"table\" || ' belongs to no row of ' || parent"
     " FROM pragma_foreign_key_check"},
    {"pushers",
     "SELECT user_id || ' is in room number ' || room || ', which does not exist'"
     " FROM pushers WHERE room NOT IN (SELECT sequence FROM rooms)"},
    {"audiences",
     "SELECT user_id || ' is in room number ' || room || ', which does not exist'"
     " FROM audiences WHERE room NOT IN (SELECT sequence FROM rooms)"},
    {"rooms",
     "SELECT 'the id ' || id || ' is that of ' || count(*) || ' rooms'"
     " FROM rooms GROUP BY id HAVING count(*) > 1"},
    {"rooms",
     "SELECT 'place ' || place || ' is that of ' || count(*) || ' rooms'"
     " FROM rooms WHERE place > 0 GROUP BY place HAVING count(*) > 1"},
    {"rooms",
     "SELECT id || ' has number ' || sequence || ' and place ' || place || ', and '"
     " || last_room_sequence || ' were given' FROM rooms, meta"
     " WHERE max(sequence, place) > last_room_sequence"},
    {"mixes",
     "SELECT user_id || ' of room number ' || room || ' has a place in a mix that does not exist'"
     " FROM pushers JOIN rooms ON sequence = room"
     " WHERE pushers.mix_layer <> 0 AND rooms.mix_width = 0"},
    {"mixes",
     "SELECT user_id || ' of room number ' || room || ' has a place out of bounds' FROM pushers"
     " WHERE mix_layer NOT BETWEEN 0 AND 16 OR mix_parts NOT BETWEEN 0 AND 3"
     " OR min(mix_x, mix_y, mix_width, mix_height) < 0"
     " OR max(mix_x, mix_y, mix_width, mix_height) > 3000"},
    {"deliveries",
     "SELECT 'number ' || id || ' to ' || room_id || ' is of the unknown kind ' || kind"
     " FROM deliveries WHERE kind NOT BETWEEN 1 AND 5"},
    {"deliveries",
     "SELECT 'number ' || id || ' to ' || room_id || ' is of position ' || position"
     " || ', behind the newest event' FROM deliveries, meta WHERE position > last_event_position"},
    {"messages",
     "SELECT 'number ' || position || ' is one of ' || last_message_position || ' that were given'"
     " FROM messages, meta WHERE position > last_message_position"},
    {"messages",
     "SELECT 'number ' || position || ' is neither in a room nor to a user' FROM messages"
     " WHERE (room_number IS NULL) <> (seq IS NULL) OR (room_number IS NULL) = (receiver IS NULL)"},
    {"messages",
     "SELECT 'in room number ' || room_number || ', ' || seq || ' follows ' || previous FROM"
     " (SELECT room_number, seq, lag(seq) OVER (PARTITION BY room_number ORDER BY seq) AS previous"
     " FROM messages WHERE room_number IS NOT NULL) WHERE seq <> previous + 1"},
    {"messages",
     "SELECT 'in room number ' || room_number || ', ' || newest || ' is the newest, and '"
     " || coalesce(last_seq, 'none') || ' were given' FROM"
     " (SELECT room_number, max(seq) AS newest FROM messages WHERE room_number IS NOT NULL"
     " GROUP BY room_number) LEFT JOIN message_rooms USING (room_number)"
     " WHERE newest IS NOT last_seq"},
    {"messages",
     "SELECT 'room number ' || room_number || ' does not exist, and has no end'"
     " FROM message_rooms"
     " WHERE ended_at_ms IS NULL AND room_number NOT IN (SELECT sequence FROM rooms)"},
    {"messages",
     "SELECT 'room number ' || room_number || ' lives, and has an end' FROM message_rooms"
     " WHERE ended_at_ms IS NOT NULL AND room_number IN (SELECT sequence FROM rooms)"},
    {"messages",
     "SELECT 'those to ' || receiver || ' are settled up to ' || position || ' of '"
     " || last_message_position FROM settled_messages, meta WHERE position > "
     "last_message_position"},
    {"groups",
     "SELECT account || ' is in that of room number ' || room_number || ', which does not exist'"
     " FROM account_groups"
     " WHERE room_number IS NOT NULL AND room_number NOT IN (SELECT sequence FROM rooms)"},
    {"recordings",
     "SELECT 'number ' || id || ' has one part of an owner without the others' FROM recordings"
     " WHERE (room_kind IS NULL) + (room_id IS NULL) + (room_number IS NULL) + (user_id IS NULL)"
     " NOT IN (0, 4)"},
    {"sessions",
     "SELECT user_id || ' has no SHA-256 of a token' FROM sessions"
     " WHERE length(token) <> 32"},
};

/// One check of one open store.
class Check {
 public:
  Check(Database& database, const StoreCheckOptions& options, StoreReport& report)
      : database_(database), limits_(options.limits), report_(report) {}

  Status Run() {
    // All queries see the same snapshot.
    if (const Status begun = database_.Execute("BEGIN"); !begun) return begun;
    if (const Status counted = Count(); !counted) return counted;
    for (const Question& question : kQuestions) {
      if (const Status asked = Ask(question); !asked) return asked;
    }
    return CheckHistory();
  }

 private:
  Status Count() {
    Statement statement;
    const Status prepared = statement.Prepare(
        database_, fmt::format("SELECT epoch, trimmed_position, last_event_position,"
                               " (SELECT count(*) FROM rooms),"
                               " (SELECT count(*) FROM pushers),"
                               " (SELECT count(*) FROM audiences),"
                               " (SELECT count(*) FROM events),"
                               " (SELECT count(*) FROM sessions),"
                               " (SELECT count(*) FROM bans), event_bytes,"
                               " (SELECT coalesce(sum({}), 0) FROM events),"
                               " (SELECT count(*) FROM deliveries),"
                               " (SELECT count(*) FROM messages),"
                               " (SELECT count(*) FROM revocations),"
                               " (SELECT count(*) FROM recordings),"
                               " message_bytes,"
                               " (SELECT coalesce(sum({}), 0) FROM messages)"
                               " FROM meta WHERE only_row = 1",
                               kBytesOfEvent, kBytesOfMessage));
    if (!prepared) return prepared;
    StatementRun run(statement);
    if (!run.Next()) {
      return run.status() ? Error{Errc::kStoreBroken, "its table meta is empty"} : run.status();
    }
    report_.newest = {.epoch = run.Text(0), .position = run.Unsigned(2)};
    bounds_ = {.trimmed_position = run.Unsigned(1), .last_position = run.Unsigned(2)};
    report_.rooms = run.Unsigned(3);
    report_.pushers = run.Unsigned(4);
    report_.audiences = run.Unsigned(5);
    report_.events = run.Unsigned(6);
    report_.sessions = run.Unsigned(7);
    report_.bans = run.Unsigned(8);
    report_.deliveries = run.Unsigned(11);
    report_.messages = run.Unsigned(12);
    report_.revocations = run.Unsigned(13);
    report_.recordings = run.Unsigned(14);
    if (bounds_.last_position - bounds_.trimmed_position != report_.events) {
      report_.findings.Add(
          "events", fmt::format("{} are there, where {} were given and {} removed", report_.events,
                                bounds_.last_position, bounds_.trimmed_position));
    }
    if (run.Unsigned(9) != run.Unsigned(10)) {
      report_.findings.Add("events", fmt::format("they count for {} bytes, and {} are noted",
                                                 run.Unsigned(10), run.Unsigned(9)));
    }
    if (run.Unsigned(15) != run.Unsigned(16)) {
      report_.findings.Add("messages", fmt::format("they count for {} bytes, and {} are noted",
                                                   run.Unsigned(16), run.Unsigned(15)));
    }
    return {};
  }

  Status Ask(const Question& question) {
    Statement statement;
    if (const Status prepared = statement.Prepare(database_, question.sql); !prepared) {
      return prepared;
    }
    StatementRun run(statement);
    while (run.Next()) report_.findings.Add(question.about, run.Text(0));
    return run.status();
  }

  Status CheckHistory() {
    HistoryCheck history(bounds_, report_.findings);
    Statement events;
    const Status prepared = events.Prepare(
        database_, fmt::format("SELECT previous, {} FROM events ORDER BY position", kEventColumns));
    if (!prepared) return prepared;
    StatementRun run(events);
    while (run.Next()) {
      const Result<StoredEvent> event = ReadEvent(run, 1);
      if (event) {
        history.Take(*event, run.Unsigned(0));
      } else {
        report_.findings.Add("events", event.error().detail);
      }
    }
    if (!run.status()) return run.status();
    history.FinishEvents();
    if (const Status checked = CheckRooms(history); !checked) return checked;
    history.FinishRooms();
    return {};
  }

  Status CheckRooms(HistoryCheck& history) {
    Statement scan;
    Statement pushers;
    const Status prepared = PrepareAll(
        database_, {{scan, SelectRooms("WHERE sequence > ? ORDER BY sequence")},
                    {pushers, kSelectPushers},
                    {audiences_,
                     "SELECT user_id, user_info, seat FROM audiences WHERE room = ? ORDER BY seat"},
                    {last_position_, "SELECT last_position FROM rooms WHERE sequence = ?"}});
    if (!prepared) return prepared;
    std::uint64_t after = 0;
    while (true) {
      Result<std::vector<Room>> rooms =
          CollectRooms(kRoomsOfAPage, pushers, StatementRun(scan, after));
      if (!rooms) return rooms.error();
      if (rooms->empty()) return {};
      for (Room& room : *rooms) {
        if (const Status loaded = LoadAudiences(room); !loaded) return loaded;
        CheckRoom(room, limits_, report_.findings);
        const Result<std::uint64_t> last_position = LastPosition(room);
        if (!last_position) return last_position.error();
        history.Compare(room, *last_position);
      }
      after = rooms->back().sequence;
    }
  }

  Result<std::uint64_t> LastPosition(const Room& room) {
    StatementRun run(last_position_, room.sequence);
    return ReadEventPosition(run);
  }

  Status LoadAudiences(Room& room) {
    StatementRun run(audiences_, room.sequence);
    while (run.Next()) {
      room.audiences.push_back(
          {.user_id = {run.Text(0)}, .user_info = run.Text(1), .seat = run.Unsigned(2)});
    }
    return run.status();
  }

  Database& database_;
  const std::optional<RoomLimits> limits_;
  StoreReport& report_;
  HistoryCheck::Bounds bounds_;
  Statement audiences_;
  Statement last_position_;
};

Status CheckOpened(Database& database, const StoreCheckOptions& options, StoreReport& report) {
  if (const Status ours = CheckIdentity(database); !ours) return ours;
  const Result<std::int64_t> schema = database.QueryInteger("PRAGMA user_version");
  if (!schema) return schema.error();
  if (*schema == 0) return Error{Errc::kStoreBroken, "it is empty"};
  report.schema = *schema;
  if (*schema == NewestSchema()) return Check(database, options, report).Run();
  Result<Database> copy = MakeTemporaryCopy(database);
  if (!copy) return copy.error();
  if (const Status upgraded = MigrateSchema(*copy, {}); !upgraded) return upgraded;
  return Check(*copy, options, report).Run();
}

}  // namespace

Result<StoreReport> CheckStore(const StoreCheckOptions& options) {
  StoreReport report;
  Result<Database> database = Database::Open(options.path, {}, Database::Access::kReadOnly);
  if (!database) return database.error();
  const Interruption interruption(*database, {});
  const Status checked = CheckOpened(*database, options, report);
  if (interruption.gave_way()) {
    return Error{
        Errc::kStoreBusy,
        fmt::format("the store {}: its server writes so much that the write-ahead log became"
                    " too long: check a backup instead",
                    options.path)};
  }
  if (!checked) {
    // The findings so far say more than the final read error.
    if (report.findings.empty()) {
      return Error{checked.error().code,
                   fmt::format("the store {}: {}", options.path, checked.error().detail)};
    }
    report.findings.Add("store", "it cannot be read to its end: " + checked.error().detail);
  }
  return report;
}

}  // namespace rtcroom
