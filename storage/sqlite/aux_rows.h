// The rows of bans and revocations, and of all other data but rooms.
#pragma once

#include <cstddef>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/ban_store.h"
#include "daemon/core/removal_clock.h"
#include "daemon/core/revocation_store.h"
#include "storage/sqlite/delivery_rows.h"
#include "storage/sqlite/recording_rows.h"
#include "storage/sqlite/session_rows.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {

class Database;

/// The statements that write data other than rooms.
///
/// @threads one thread at a time, with its connection.
class AuxWriter {
 public:
  Status Prepare(Database& database);

  Status PutBan(const Ban& ban);
  Result<std::size_t> RemoveEndedBans(TimePoint now);
  Status PutRevocation(const Revocation& revocation);
  Result<std::size_t> RemoveEndedRevocations(TimePoint now);
  /// One of a kind that has a class of its own.
  Statement& operator[](const WriterSql& sql) { return statements_[sql]; }
  DeliveryWriter& deliveries() { return deliveries_; }
  RecordingWriter& recordings() { return recordings_; }
  SessionWriter& sessions() { return sessions_; }

 private:
  Statement put_ban_;
  Statement remove_bans_;
  Statement put_revocation_;
  Statement remove_revocations_;
  StatementSet<WriterSql> statements_;
  DeliveryWriter deliveries_;
  RecordingWriter recordings_;
  SessionWriter sessions_;
};

/// The statements that read them.
///
/// @threads one thread at a time, with its connection.
class AuxReader {
 public:
  Status Prepare(Database& database);

  Result<std::vector<Ban>> LoadBans(TimePoint now);
  Result<std::vector<Revocation>> LoadRevocations(TimePoint now);
  Result<StoredRemovalTime> LoadRemovalTime();
  /// One of a kind that has a class of its own.
  Statement& operator[](const ReaderSql& sql) { return statements_[sql]; }
  DeliveryReader& deliveries() { return deliveries_; }
  RecordingReader& recordings() { return recordings_; }
  SessionReader& sessions() { return sessions_; }

 private:
  Statement load_bans_;
  Statement load_revocations_;
  Statement load_removal_;
  StatementSet<ReaderSql> statements_;
  DeliveryReader deliveries_;
  RecordingReader recordings_;
  SessionReader sessions_;
};

}  // namespace rtcroom
