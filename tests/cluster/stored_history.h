// What the database of several servers tells of their work, read with SQL.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/e2e/room_changes.h"
#include "tests/support/postgres_server.h"

namespace rtcroom {

/// All rooms with a member.
Ledger RoomsIn(const PostgresServer& database);

/// One line for each gap in the order of all events or of one room's, and for each room that ever
/// had more members than seats.
std::vector<std::string> HistoryFaults(const PostgresServer& database);

struct Eviction {
  std::string room = {};
  std::string user = {};
  std::int64_t at_ms = 0;
};
/// Of members that fell silent.
std::vector<Eviction> EvictionsIn(const PostgresServer& database);

/// How often users whose names begin like that left rooms, for whatever reason.
std::map<std::string, std::int64_t> LeavesIn(const PostgresServer& database,
                                             const std::string& prefix);

}  // namespace rtcroom
