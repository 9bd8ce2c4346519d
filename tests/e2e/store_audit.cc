#include "tests/e2e/store_audit.h"

#include <memory>
#include <utility>

#include <sqlite3.h>

#include "storage/sqlite/store_check.h"

namespace rtcroom {
namespace {

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

using Row = std::vector<std::string>;

int AddCells(void* rows, int columns, char** values, char** /*names*/) {
  Row row;
  for (int column = 0; column < columns; ++column) {
    row.emplace_back(values[column] != nullptr ? values[column] : "");
  }
  static_cast<std::vector<Row>*>(rows)->push_back(std::move(row));
  return 0;
}

}  // namespace

std::vector<std::string> AuditStore(const std::filesystem::path& database) {
  const Result<StoreReport> report = CheckStore({.path = database.string()});
  if (!report) return {report.error().detail};
  std::vector<std::string> problems;
  for (const StoreFinding& finding : report->findings.kept()) {
    problems.push_back(finding.about + ": " + finding.what);
  }
  return problems;
}

std::vector<std::string> HistoryOf(const std::filesystem::path& database) {
  constexpr const char* kHistory =
      "SELECT room_id || ' ' || room_sequence || ' ' || CASE type WHEN 1 THEN 'room_created'"
      " WHEN 2 THEN 'pusher_added' WHEN 3 THEN 'pusher_updated' WHEN 4 THEN 'pusher_deleted'"
      " WHEN 5 THEN 'room_destroyed' WHEN 6 THEN 'room_activated' WHEN 7 THEN 'audience_added'"
      " WHEN 8 THEN 'audience_deleted' WHEN 9 THEN 'custom_changed' END"
      " FROM events ORDER BY position";
  const Connection opened = OpenToRead(database);
  std::vector<std::string> rows;
  if (opened == nullptr ||
      sqlite3_exec(opened.get(), kHistory, AddRow, &rows, nullptr) != SQLITE_OK) {
    return {"the history cannot be read"};
  }
  for (std::string& row : rows) row.erase(0, 1);  // each value has a leading blank
  return rows;
}

std::vector<AuditedEvent> EventsOf(const std::filesystem::path& database) {
  // The names of the numbers of storage/sqlite for kinds, types and reasons.
  constexpr const char* kEvents =
      "SELECT CASE room_kind WHEN 1 THEN 'double' WHEN 2 THEN 'multi' WHEN 3 THEN 'live'"
      " WHEN 4 THEN 'webrtc' END, room_id, room_number,"
      " CASE type WHEN 1 THEN 'room_created' WHEN 2 THEN 'pusher_added'"
      " WHEN 3 THEN 'pusher_updated' WHEN 4 THEN 'pusher_deleted' WHEN 5 THEN 'room_destroyed'"
      " WHEN 6 THEN 'room_activated' WHEN 7 THEN 'audience_added' WHEN 8 THEN 'audience_deleted'"
      " WHEN 9 THEN 'custom_changed' END, user_id,"
      " CASE type WHEN 4 THEN CASE reason WHEN 1 THEN 'left' WHEN 2 THEN 'heartbeat_timeout'"
      " WHEN 4 THEN 'kicked' WHEN 5 THEN 'room_destroyed' END"
      " WHEN 5 THEN CASE reason WHEN 1 THEN 'destroyed' WHEN 2 THEN 'creator_left'"
      " WHEN 3 THEN 'last_left' WHEN 4 THEN 'idle' WHEN 5 THEN 'dismissed' END END"
      " FROM events ORDER BY position";
  const Connection opened = OpenToRead(database);
  std::vector<Row> rows;
  if (opened == nullptr ||
      sqlite3_exec(opened.get(), kEvents, AddCells, &rows, nullptr) != SQLITE_OK) {
    return {AuditedEvent{.what = "the events cannot be read"}};
  }
  std::vector<AuditedEvent> events;
  events.reserve(rows.size());
  for (const Row& row : rows) {
    events.push_back({.kind = row[0],
                      .room = row[1],
                      .room_number = std::stoull(row[2]),
                      .what = row[3],
                      .user = row[4],
                      .reason = row[5]});
  }
  return events;
}

std::int64_t CountRows(const std::filesystem::path& database, const std::string& table) {
  const Connection opened = OpenToRead(database);
  const std::string question = "SELECT COUNT(*) FROM " + table;
  std::vector<Row> rows;
  if (opened == nullptr ||
      sqlite3_exec(opened.get(), question.c_str(), AddCells, &rows, nullptr) != SQLITE_OK) {
    return -1;
  }
  return std::stoll(rows.at(0).at(0));
}

}  // namespace rtcroom
