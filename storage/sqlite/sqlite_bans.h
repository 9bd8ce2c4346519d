// Bans, and revocations of push URLs, in SQLite.
#pragma once

#include <vector>

#include "daemon/core/ban_store.h"

namespace rtcroom {

class WriterStatements;
class SqliteEngine;

/// @threads safe from any thread.
class SqliteBans : public BanStore {
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

// These statements are part of a change of a room.
Status PutBan(WriterStatements& sql, const Ban& ban);
Status PutRevocation(WriterStatements& sql, const Revocation& revocation);

}  // namespace sqlite
}  // namespace rtcroom
