#include "storage/sqlite/store_source.h"

#include <utility>

#include <fmt/format.h>

#include "storage/sqlite/schema_version.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/temporary_copy.h"

namespace rtcroom {
namespace {

constexpr char kShift[] =
    "WITH shift AS (SELECT max(0, last_room_sequence - last_event_position,"
    " (SELECT coalesce(max(number), 0) FROM sessions) - last_event_position) AS lift FROM meta) ";

std::string QueryOf(const StoreTable& table) {
  std::string columns;
  for (const StoreColumn& column : table.columns) {
    if (!columns.empty()) columns += ", ";
    columns += *column.sqlite == '\0' ? column.name : column.sqlite;
  }
  return fmt::format("{}SELECT {} FROM {}, shift", kShift, columns, table.name);
}

StoreCell ReadCell(const StatementRun& run, int place, StoreColumn::Type type) {
  if (run.IsNull(place)) return {};
  switch (type) {
    using enum StoreColumn::Type;
    case kBigint:
    case kInt:
    case kSmallint:
      return run.Integer(place);
    case kText:
    case kBytes:
      return run.Text(place);
  }
  return {};
}

}  // namespace

Result<StoreSource> StoreSource::Open(const std::string& path) {
  const auto about = [&path](const Error& error) {
    return Error{error.code, fmt::format("the store {}: {}", path, error.detail)};
  };
  Result<Database> database = Database::Open(path, {}, Database::Access::kReadOnly);
  if (!database) return database.error();
  if (const Status ours = CheckIdentity(*database); !ours) return about(ours.error());
  const Result<std::int64_t> schema = database->QueryInteger("PRAGMA user_version");
  if (!schema) return about(schema.error());
  if (*schema == 0) return about({Errc::kStoreBroken, "it is empty"});
  if (*schema == NewestSchema()) return StoreSource(*std::move(database));
  Result<Database> copy = MakeTemporaryCopy(*database);
  if (!copy) return about(copy.error());
  if (const Status upgraded = MigrateSchema(*copy, {}); !upgraded) return about(upgraded.error());
  return StoreSource(*std::move(copy));
}

Result<StoreMarks> StoreSource::Marks() {
  Statement statement;
  const Status prepared =
      statement.Prepare(database_, fmt::format("{}SELECT trimmed_position + lift, trimmed_position,"
                                               " last_message_position FROM meta, shift",
                                               kShift));
  if (!prepared) return prepared.error();
  StatementRun run(statement);
  if (!run.Next()) {
    return run.status() ? Error{Errc::kStoreBroken, "its table meta is empty"}
                        : run.status().error();
  }
  return StoreMarks{.trimmed_position = run.Unsigned(0),
                    .trimmed_events = run.Unsigned(1),
                    .last_message = run.Unsigned(2)};
}

Status StoreSource::Read(const StoreTable& table, std::size_t limit,
                         const std::function<Status(const StoreCells& cells)>& take) {
  Statement statement;
  if (const Status prepared = statement.Prepare(database_, QueryOf(table)); !prepared) {
    return prepared;
  }
  StatementRun run(statement);
  StoreCells cells;
  while (run.Next()) {
    int place = 0;
    for (const StoreColumn& column : table.columns) {
      cells.push_back(ReadCell(run, place++, column.type));
    }
    if (cells.size() < limit * table.columns.size()) continue;
    if (const Status taken = take(cells); !taken) return taken;
    cells.clear();
  }
  if (!run.status()) return run.status();
  return cells.empty() ? Status() : take(cells);
}

}  // namespace rtcroom
