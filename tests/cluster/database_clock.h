// The clock of a database, as servers see it.
#pragma once

#include <string_view>

#include <fmt/format.h>

#include "daemon/base/secret.h"
#include "tests/support/postgres_server.h"

namespace rtcroom {

/// Sets the clock for all that connect with the URL of this answer, also for those that have.
/// @param ahead  of the machine's, an interval of SQL.
[[nodiscard]] inline Secret UrlWithClock(const PostgresServer& database, std::string_view ahead) {
  database.Execute("CREATE SCHEMA IF NOT EXISTS clock");
  database.Execute(
      fmt::format("CREATE OR REPLACE FUNCTION clock.clock_timestamp() RETURNS timestamptz"
                  " LANGUAGE sql VOLATILE AS"
                  " $$SELECT pg_catalog.clock_timestamp() + interval '{}'$$",
                  ahead));
  return Secret(fmt::format("{}?options=-csearch_path%3Dpublic%2Cclock%2Cpg_catalog",
                            database.Url().Reveal()));
}

}  // namespace rtcroom
