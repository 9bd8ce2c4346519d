#include "storage/postgres/pg_import.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "storage/postgres/pg_replication.h"
#include "storage/postgres/schema_version.h"

namespace rtcroom {
namespace {

/// The time limit of connecting, and of the wait for those that read the store.
constexpr std::chrono::seconds kBeginTime{30};
/// The time limit of some rows, and of the commit with its wait for the standby.
constexpr std::chrono::minutes kStepTime{10};

// Rows are read in between.
constexpr PgStatement kKeepOpen{.sql = "SET LOCAL idle_in_transaction_session_timeout = '1h'"};
// Whoever begins to use the store reads this table first, and is registered as a node when it lets
// go of it: no program has read the empty store and writes to the full one.
constexpr PgStatement kShutOut{.sql = "LOCK TABLE meta IN ACCESS EXCLUSIVE MODE"};
constexpr PgStatement kTakeTurnToFill{.sql = "SELECT 1 FROM turn FOR UPDATE"};
constexpr PgStatement kSetMarks{
    .sql =
        "UPDATE meta SET trimmed_position = $1, trimmed_events = $2, last_message = $3,"
        " epoch = $4"};

/// How many nodes use the store, and whether anything is in it.
std::string SelectUse() {
  std::string sql =
      "SELECT (SELECT count(*) FROM nodes),"
      " trimmed_position > 0 OR last_message > 0 OR last_recording > 0";
  for (const StoreTable& table : StoreTables()) {
    sql += fmt::format(" OR EXISTS (SELECT 1 FROM {})", table.name);
  }
  return sql + " FROM meta";
}

const char* ArrayTypeOf(StoreColumn::Type type) {
  switch (type) {
    using enum StoreColumn::Type;
    case kBigint:
      return "bigint[]";
    case kInt:
      return "integer[]";
    case kSmallint:
      return "smallint[]";
    case kText:
      return "text[]";
    case kBytes:
      return "bytea[]";
  }
  return "";
}

/// @param read  makes the element of a cell that is not NULL.
template <typename Element, typename Read>
PgValue ArrayOf(const StoreCells& cells, std::size_t column, std::size_t columns, Read read) {
  PgArray<std::optional<Element>> array;
  for (std::size_t place = column; place < cells.size(); place += columns) {
    const StoreCell& cell = cells[place];
    array.Add(std::holds_alternative<std::monostate>(cell) ? std::optional<Element>()
                                                           : std::optional<Element>(read(cell)));
  }
  return PgValue(array);
}

template <typename Integer>
PgValue IntegersOf(const StoreCells& cells, std::size_t column, std::size_t columns) {
  return ArrayOf<Integer>(cells, column, columns, [](const StoreCell& cell) {
    return static_cast<Integer>(std::get<std::int64_t>(cell));
  });
}

PgValue BindColumn(const StoreCells& cells, std::size_t column, std::size_t columns,
                   StoreColumn::Type type) {
  switch (type) {
    using enum StoreColumn::Type;
    case kInt:
      return IntegersOf<std::int32_t>(cells, column, columns);
    case kSmallint:
      return IntegersOf<std::int16_t>(cells, column, columns);
    case kText:
      return ArrayOf<std::string_view>(cells, column, columns, [](const StoreCell& cell) {
        return std::string_view(std::get<std::string>(cell));
      });
    case kBytes:
      return ArrayOf<std::span<const std::byte>>(cells, column, columns, [](const StoreCell& cell) {
        return PgBytes(std::get<std::string>(cell));
      });
    case kBigint:
      break;
  }
  return IntegersOf<std::int64_t>(cells, column, columns);
}

std::string InsertInto(const StoreTable& table) {
  std::string names;
  std::string arrays;
  int number = 0;
  for (const StoreColumn& column : table.columns) {
    const char* const comma = number > 0 ? ", " : "";
    names += fmt::format("{}{}", comma, column.name);
    arrays += fmt::format("{}${}::{}", comma, ++number, ArrayTypeOf(column.type));
  }
  return fmt::format("INSERT INTO {} ({}) SELECT * FROM unnest({})", table.name, names, arrays);
}

}  // namespace

PgImport::PgImport(const PgAddress& address, const Clock& clock)
    : address_(address),
      clock_(clock),
      connection_(address, {.planning = PgSettings::Planning::kServerDefaults}, clock) {}

Status PgImport::Begin() {
  if (const Status one = RequireOnePgPrimary(address_, clock_); !one) return one;
  const MonotonicTime deadline = clock_.Monotonic() + kBeginTime;
  if (const Status connected = connection_.Connect(deadline); !connected) return connected;
  if (const auto schema = RequirePgSchema(connection_, deadline); !schema) return schema.error();
  const std::string select_use = SelectUse();
  const auto calls =
      std::array{PgCall(kPgBegin), PgCall(kKeepOpen), PgCall(kShutOut), PgCall(kTakeTurnToFill),
                 PgCall(PgStatement{.sql = select_use.c_str()})};
  Result<std::vector<PgRows>> results = connection_.Run(calls, deadline);
  if (!results) return results.error();
  PgRows& used = results->back();
  if (!used.Next()) return Error{Errc::kStoreBroken, "its table meta is empty"};
  const std::int64_t nodes = used.Integer(0);
  const bool is_filled = used.Bool(1);
  if (!used.status()) return used.status();
  if (nodes > 0) {
    connection_.Close();
    return Error{Errc::kStoreBroken,
                 fmt::format("{} nodes are registered in the database: stop them first", nodes)};
  }
  if (is_filled) {
    connection_.Close();
    return Error{Errc::kStoreBroken,
                 "the store in the database is not empty, and what is there is not replaced"};
  }
  return {};
}

Status PgImport::Put(const StoreTable& table, const StoreCells& cells) {
  const std::string sql = InsertInto(table);
  PgCall call(PgStatement{.sql = sql.c_str()});
  const std::size_t columns = table.columns.size();
  for (std::size_t column = 0; column < columns; ++column) {
    call.parameters.push_back(BindColumn(cells, column, columns, table.columns[column].type));
  }
  const auto put = connection_.Run(call, clock_.Monotonic() + kStepTime);
  if (put) return {};
  return Error{put.error().code, fmt::format("table {}: {}", table.name, put.error().detail)};
}

Status PgImport::Commit(const StoreMarks& marks, const std::string& epoch) {
  const MonotonicTime deadline = clock_.Monotonic() + kStepTime;
  const auto set = connection_.Run(PgCall(kSetMarks, marks.trimmed_position, marks.trimmed_events,
                                          marks.last_message, std::string_view(epoch)),
                                   deadline);
  if (!set) return set.error();
  const auto committed = connection_.Run(PgCall(kPgCommit), deadline);
  if (committed) return {};
  if (connection_.failure().meaning != PgMeaning::kLost) return committed.error();
  return Error{Errc::kOutcomeUnknown, committed.error().detail};
}

}  // namespace rtcroom
