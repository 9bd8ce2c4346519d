// The statements of the data other than rooms.
#pragma once

#include <cstdint>

#include "daemon/base/result.h"
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

}  // namespace rtcroom
