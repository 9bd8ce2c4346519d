#include "tests/support/postgres_stores.h"

#include <stdexcept>

#include "daemon/base/system_clock.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/schema_version.h"
#include "tests/support/eventually.h"
#include "tests/support/postgres_server.h"

namespace rtcroom {
namespace {

constexpr PgSettings kPlain{.planning = PgSettings::Planning::kServerDefaults};

// Copies all rows, and makes the procedure that puts them back. What has a higher OID than that was
// made later, by a test. In a session of a replica no foreign key is checked, and no trigger runs:
// tables may come in any order.
constexpr const char* kRecord = R"(DO $record$
DECLARE
  name text;
BEGIN
  CREATE SCHEMA migrated;
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
    EXECUTE format('CREATE TABLE migrated.%1$I AS TABLE %1$I', name);
  END LOOP;
  CREATE PROCEDURE migrated.restore() LANGUAGE plpgsql SET session_replication_role = replica
  AS $restore$
  DECLARE
    name text;
  BEGIN
    LOOP
      PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND datname = current_database()
        AND pid <> pg_backend_pid();
      EXIT WHEN NOT FOUND;
      PERFORM pg_sleep(0.001), pg_stat_clear_snapshot();
    END LOOP;
    FOR name IN
      SELECT format('%s %s', CASE relkind WHEN 'r' THEN 'TABLE' ELSE 'SEQUENCE' END, oid::regclass)
      FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'S')
        AND oid > 'migrated.restore()'::regprocedure
      UNION ALL SELECT format('FUNCTION %s', oid::regprocedure)
      FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
        AND oid > 'migrated.restore()'::regprocedure
    LOOP
      EXECUTE format('DROP %s CASCADE', name);
    END LOOP;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'migrated' LOOP
      EXECUTE format('DELETE FROM %I', name);
      EXECUTE format('INSERT INTO %1$I SELECT * FROM migrated.%1$I', name);
    END LOOP;
  END $restore$;
END $record$)";
constexpr PgStatement kRestore{.sql = "CALL migrated.restore()"};

const SystemClock kClock;

template <typename Outcome>
void Require(const Outcome& outcome) {
  if (!outcome) throw std::runtime_error(outcome.error().detail);
}

}  // namespace

Secret UrlOfNewStore() {
  Secret url = SharedPostgres().UrlOfNewSchema();
  PgConnection connection(*PgAddress::Parse(url), kPlain, kClock);
  const MonotonicTime deadline = kClock.Monotonic() + kWaitTimeout;
  Require(ConnectToPostgres(connection, deadline));
  Require(MigratePgSchema(connection, "00c0ffee00c0ffee", deadline));
  return url;
}

const Secret& UrlOfEmptiedStore() {
  static const Secret url = [] {
    Secret made = UrlOfNewStore();
    (void)QueryPostgres(made, kRecord);
    return made;
  }();
  // It stays, as a new process of the server takes longer to learn of the tables than to empty
  // them. By its name, tests that end the connections of the product leave it.
  static PgConnection connection(
      *PgAddress::Parse(Secret(url.Reveal() + "&application_name=restore")), kPlain, kClock);
  const MonotonicTime deadline = kClock.Monotonic() + kWaitTimeout;
  if (!connection.connected()) Require(ConnectToPostgres(connection, deadline));
  Require(connection.Run(PgCall(kRestore), deadline));
  return url;
}

}  // namespace rtcroom
