#include "storage/postgres/pg_admin.h"

#include "storage/postgres/pg_connection.h"

namespace rtcroom {
namespace {

constexpr std::chrono::minutes kAdminTime{1};
constexpr PgSettings kAdminSettings{.planning = PgSettings::Planning::kServerDefaults};

}  // namespace

Result<PgMigration> MigratePgStore(const PgAddress& address, const std::string& new_epoch,
                                   const Clock& clock) {
  const MonotonicTime deadline = clock.Monotonic() + kAdminTime;
  PgConnection connection(address, kAdminSettings, clock);
  if (const Status connected = connection.Connect(deadline); !connected) return connected.error();
  return MigratePgSchema(connection, new_epoch, deadline);
}

}  // namespace rtcroom
