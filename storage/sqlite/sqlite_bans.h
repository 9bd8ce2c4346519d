// Bans, and revocations of push URLs, in SQLite.
#pragma once

#include <vector>

#include "daemon/core/ban_store.h"
#include "daemon/core/revocation_store.h"

namespace rtcroom {

class AuxWriter;
class SqliteEngine;

/// @threads safe from any thread.
class SqliteBans : public BanStore, public RevocationStore {
 public:
  explicit SqliteBans(SqliteEngine& engine) : engine_(engine) {}

  Result<std::vector<Ban>> LoadBans(TimePoint now) override;
  Status PutBan(const Ban& ban) override;
  Status RemoveEndedBans(TimePoint now) override;
  Result<std::vector<Revocation>> LoadRevocations(TimePoint now) override;
  Status RemoveEndedRevocations(TimePoint now) override;

 private:
  SqliteEngine& engine_;
};

namespace sqlite {

// Those that accompany a change of a room.
Status PutBan(AuxWriter& sql, const Ban& ban);
Status PutRevocation(AuxWriter& sql, const Revocation& revocation);

}  // namespace sqlite
}  // namespace rtcroom
