// Bans, and revocations of push URLs, in PostgreSQL.
#pragma once

#include <span>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/core/ban_store.h"
#include "storage/postgres/pg_connection.h"

namespace rtcroom {

class PgEngine;

/// @threads safe from any thread.
class PgBans : public BanStore {
 public:
  explicit PgBans(PgEngine& engine) : engine_(engine) {}

  Result<std::vector<Ban>> LoadBans(TimePoint now) override;
  Status PutBan(const Ban& ban) override;
  Status RemoveEndedBans(TimePoint now) override;
  Result<std::vector<Revocation>> LoadRevocations(TimePoint now) override;
  Status RemoveEndedRevocations(TimePoint now) override;

 private:
  PgEngine& engine_;
};

/// A user who joins a room.
struct PgGuest {
  RoomKey room{};
  UserId user_id{};
};

namespace pg {

PgCall WriteBan(const Ban& ban);
/// The bans of these users from these rooms that end after `now`.
PgCall LoadBansOf(std::span<const PgGuest> guests, TimePoint now);
Result<std::vector<Ban>> ReadBans(PgRows& rows);
/// Fails as a conflict when there is one.
PgCall CheckNoBans(std::span<const PgGuest> guests, TimePoint now);

/// It is run with the change of its room.
PgCall WriteRevocation(const Revocation& revocation);

}  // namespace pg
}  // namespace rtcroom
