#include "tests/e2e/store_audit.h"

#include <array>
#include <memory>

#include <sqlite3.h>

namespace rtcroom {
namespace {

/// A question whose answer is the rows that are wrong.
struct Question {
  const char* about = "";
  const char* sql = "";
};

// The numbers are the event types of storage/sqlite: 1 created, 2 added, 4 deleted, 5 destroyed.
constexpr std::array kQuestions = {
    Question{"damage", "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'"},
    Question{"a dangling reference", "SELECT * FROM pragma_foreign_key_check"},
    Question{"a gap in the order of commit",
             "SELECT MIN(position), MAX(position), COUNT(*) FROM events"
             " HAVING MAX(position) - MIN(position) + 1 <> COUNT(*)"},
    Question{"a gap in a room's sequence",
             "SELECT room_id, MIN(room_sequence), MAX(room_sequence), COUNT(*) FROM events"
             " GROUP BY room_kind, room_id"
             " HAVING MIN(room_sequence) <> 1 OR MAX(room_sequence) <> COUNT(*)"
             " OR COUNT(DISTINCT room_sequence) <> COUNT(*)"},
    Question{"an order of commit that is not the room's own",
             "SELECT later.room_id, later.room_sequence FROM events AS later JOIN events AS earlier"
             " ON later.room_id = earlier.room_id AND later.position > earlier.position"
             " AND later.room_sequence <= earlier.room_sequence"},
    Question{"a history that does not begin with the room's creation",
             "SELECT room_id FROM events WHERE (room_sequence = 1) <> (type = 1)"},
    Question{"a room that knows another newest event than its history",
             "SELECT id FROM rooms WHERE last_event IS NOT (SELECT MAX(room_sequence) FROM events"
             " WHERE room_id = id AND room_kind = kind)"},
    Question{"a room that is gone without having been destroyed",
             "SELECT room_id FROM events GROUP BY room_id"
             " HAVING (SUM(type = 5) = 0) <> EXISTS (SELECT 1 FROM rooms WHERE id = room_id)"},
    Question{"members that do not follow from the history",
             "SELECT room_id FROM events GROUP BY room_id"
             " HAVING SUM(type = 2) - SUM(type = 4) <> (SELECT COUNT(*) FROM pushers"
             " JOIN rooms ON rooms.sequence = pushers.room WHERE rooms.id = room_id)"},
};

int AddRow(void* rows, int columns, char** values, char** /*names*/) {
  std::string text;
  for (int column = 0; column < columns; ++column) {
    const char* value = values[column];
    text += std::string(" ") + (value != nullptr ? value : "NULL");
  }
  static_cast<std::vector<std::string>*>(rows)->push_back(text);
  return 0;
}

using Connection = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;

/// Null when it cannot be opened.
Connection OpenToRead(const std::filesystem::path& database) {
  sqlite3* opened = nullptr;
  const int status = sqlite3_open_v2(database.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr);
  Connection connection(opened, &sqlite3_close);
  if (status != SQLITE_OK) connection.reset();
  return connection;
}

}  // namespace

std::vector<std::string> AuditStore(const std::filesystem::path& database) {
  const Connection opened = OpenToRead(database);
  if (opened == nullptr) return {"cannot be opened: " + database.string()};

  std::vector<std::string> problems;
  for (const Question& question : kQuestions) {
    std::vector<std::string> rows;
    if (sqlite3_exec(opened.get(), question.sql, AddRow, &rows, nullptr) != SQLITE_OK) {
      problems.push_back(std::string(question.about) + ": " + sqlite3_errmsg(opened.get()));
    }
    for (const std::string& row : rows) problems.push_back(question.about + (":" + row));
  }
  return problems;
}

std::vector<std::string> HistoryOf(const std::filesystem::path& database) {
  constexpr const char* kHistory =
      "SELECT room_id || ' ' || room_sequence || ' ' || CASE type WHEN 1 THEN 'room_created'"
      " WHEN 2 THEN 'pusher_added' WHEN 3 THEN 'pusher_updated' WHEN 4 THEN 'pusher_deleted'"
      " WHEN 5 THEN 'room_destroyed' END FROM events ORDER BY position";
  const Connection opened = OpenToRead(database);
  std::vector<std::string> rows;
  if (opened == nullptr ||
      sqlite3_exec(opened.get(), kHistory, AddRow, &rows, nullptr) != SQLITE_OK) {
    return {"the history cannot be read"};
  }
  for (std::string& row : rows) row.erase(0, 1);  // each value comes with a blank before it
  return rows;
}

}  // namespace rtcroom
