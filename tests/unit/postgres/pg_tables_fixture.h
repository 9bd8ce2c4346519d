// A store in PostgreSQL without its writer: the tables, and a connection that reads and writes
// them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_write.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {

/// All statements of data other than rooms and events.
inline std::vector<PgStatement> AuxStatements() {
  return JoinStatements(
      {AllPgStatements<PgReaderStatement>(), AllPgStatements<PgWriterStatement>()});
}

class PgTablesTest : public PgStoreTest {
 protected:
  PgTablesTest() { connection_ = MakeConnected(statements_); }

  /// Runs them in one transaction, as the writer of a store does.
  Status Write(const std::vector<PgWrite>& writes) {
    std::vector<PgCall> calls = {PgCall(kPgBegin), PgCall(kLockTurn)};
    for (const PgWrite& write : writes) {
      calls.insert(calls.end(), write.calls.begin(), write.calls.end());
    }
    calls.emplace_back(kPgCommit);
    Result<std::vector<PgRows>> results = connection_->Run(calls, Soon());
    if (!results) return results.error();
    auto next = results->begin() + 2;
    for (const PgWrite& write : writes) {
      const auto size = static_cast<std::ptrdiff_t>(write.calls.size());
      if (write.finish) {
        if (const Status done = write.finish(std::span(next, next + size)); !done) return done;
      }
      next += size;
    }
    return {};
  }
  Status Write(PgWrite write) { return Write(std::vector{std::move(write)}); }
  Status Write(const PgCall& call) { return Write(PgWrite{.calls = {call}}); }

  void AddRoom(std::uint64_t number, const std::string& id = "r1") {
    Execute(
        fmt::format("INSERT INTO rooms (number, id, kind, dialect, creator, info,"
                    " mixed_play_url, created_at_ms, last_event, last_position)"
                    " VALUES ({}, '{}', 2, 1, 'amy', '', '', 0, 1, {})",
                    number, id, number));
  }
  void AddEvents(std::uint64_t first, std::uint64_t last) {
    Execute(
        fmt::format("INSERT INTO events (position, tag, type, at_ms, bytes_through)"
                    " SELECT n, 0, 1, 0, n FROM generate_series({}, {}) AS n",
                    first, last));
  }

  static constexpr PgStatement kLockTurn{.sql = "SELECT 1 FROM turn FOR UPDATE"};
  const std::vector<PgStatement> statements_ = AuxStatements();
  std::unique_ptr<PgConnection> connection_;
};

}  // namespace rtcroom
