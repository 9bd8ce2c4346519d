// The statements of the data other than rooms, and the rows of bans and revocations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/ban_store.h"
#include "daemon/core/removal_clock.h"
#include "daemon/core/revocation_store.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {

class Database;

/// What a connection for reading has prepared.
using AuxReader = StatementSet<ReaderSql>;

/// What the connection for writing has prepared.
class AuxWriter : public StatementSet<WriterSql> {
 public:
  Status Prepare(Database& database);

  /// The number of a new session.
  std::uint64_t NextSession() { return ++last_session_; }

 private:
  std::uint64_t last_session_ = 0;  ///< highest number that was given
};

namespace sqlite {

// The functions are those of the interfaces of stores.

Result<std::vector<Ban>> LoadBans(AuxReader& sql, TimePoint now);
Result<std::vector<Revocation>> LoadRevocations(AuxReader& sql, TimePoint now);
Result<StoredRemovalTime> LoadRemovalTime(AuxReader& sql);

Status PutBan(AuxWriter& sql, const Ban& ban);
Result<std::size_t> RemoveEndedBans(AuxWriter& sql, TimePoint now);
Status PutRevocation(AuxWriter& sql, const Revocation& revocation);
Result<std::size_t> RemoveEndedRevocations(AuxWriter& sql, TimePoint now);

}  // namespace sqlite
}  // namespace rtcroom
