#include "storage/postgres/pg_admin.h"

#include <array>
#include <cstddef>
#include <string_view>

#include <fmt/format.h>

#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_nodes.h"
#include "storage/postgres/pg_replication.h"

namespace rtcroom {
namespace {

constexpr std::chrono::minutes kAdminTime{1};
constexpr PgSettings kAdminSettings{.planning = PgSettings::Planning::kServerDefaults};

constexpr PgStatement kBeginReading{.sql = "BEGIN READ ONLY"};
constexpr PgStatement kTakeTurnToRenew{.sql = "SELECT 1 FROM turn FOR UPDATE"};
constexpr PgStatement kReadEpoch{.sql = "SELECT epoch, (SELECT count(*) FROM nodes) FROM meta"};
constexpr PgStatement kSetEpoch{.sql = "UPDATE meta SET epoch = $1"};

/// A connection to a store that this program can use.
Status OpenStoreOf(PgConnection& connection, MonotonicTime deadline) {
  if (const Status connected = connection.Connect(deadline); !connected) return connected;
  const Result<std::int64_t> schema = RequirePgSchema(connection, deadline);
  return schema ? Status() : schema.error();
}

}  // namespace

Result<PgMigration> MigratePgStore(const PgAddress& address, const std::string& new_epoch,
                                   const Clock& clock) {
  if (const Status one = RequireOnePgPrimary(address, clock); !one) return one.error();
  const MonotonicTime deadline = clock.Monotonic() + kAdminTime;
  PgConnection connection(address, kAdminSettings, clock);
  if (const Status connected = connection.Connect(deadline); !connected) return connected.error();
  return MigratePgSchema(connection, new_epoch, deadline);
}

Result<std::vector<ListedNode>> ListPgNodes(const PgAddress& address, const Clock& clock) {
  const MonotonicTime deadline = clock.Monotonic() + kAdminTime;
  PgConnection connection(address, kAdminSettings, clock);
  if (const Status opened = OpenStoreOf(connection, deadline); !opened) return opened.error();
  Result<std::vector<PgRows>> results =
      connection.Run(std::array{PgCall(kBeginReading), PgCall(PgStatement{.sql = kPgListNodes.sql}),
                                PgCall(kPgCommit)},
                     deadline);
  if (!results) return results.error();
  return ReadPgNodes((*results)[1]);
}

Result<std::string> ChangePgEpoch(const PgAddress& address, const std::string& epoch,
                                  RegisteredNodes nodes, const Clock& clock) {
  if (const Status one = RequireOnePgPrimary(address, clock); !one) return one.error();
  const MonotonicTime deadline = clock.Monotonic() + kAdminTime;
  PgConnection connection(address, kAdminSettings, clock);
  if (const Status opened = OpenStoreOf(connection, deadline); !opened) return opened.error();
  Result<std::vector<PgRows>> results = connection.Run(
      std::array{PgCall(kPgBegin), PgCall(kTakeTurnToRenew), PgCall(kReadEpoch)}, deadline);
  if (!results) return results.error();
  PgRows& found = results->back();
  if (!found.Next()) return Error{Errc::kStoreBroken, "its table meta is empty"};
  std::string before = found.Text(0);
  const std::int64_t registered = found.Integer(1);
  if (!found.status()) return found.status().error();
  if (registered > 0 && nodes == RegisteredNodes::kRefused) {
    return Error{Errc::kStoreBroken,
                 fmt::format("{} nodes are registered in the database: stop them first, or use"
                             " --force if none of them runs",
                             registered)};
  }
  const auto changed = connection.Run(
      std::array{PgCall(kSetEpoch, std::string_view(epoch)), PgCall(kPgCommit)}, deadline);
  if (changed) return before;
  if (connection.failure().meaning != PgMeaning::kLost) return changed.error();
  return Error{Errc::kOutcomeUnknown, changed.error().detail};
}

}  // namespace rtcroom
