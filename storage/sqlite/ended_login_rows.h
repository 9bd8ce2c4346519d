// Mapping between the ends of logins and rows.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/ended_login_store.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {

class Database;

/// The statements that write them.
///
/// @threads one thread at a time, with its connection.
class EndedLoginWriter {
 public:
  Status Prepare(Database& database);

  /// A failure may leave some written: roll back then.
  Status Put(std::span<const EndedLogin> logins);
  /// @return how many it removed.
  Result<std::size_t> RemoveEnded(TimePoint now);
  Status PutValidity(const AccountValidity& validity);

 private:
  Status PutOne(const EndedLogin& login);

  Statement put_single_;
  Statement put_all_before_;
  Statement remove_covered_;
  Statement remove_ended_;
  Statement put_validity_;
};

/// The statements that read them.
///
/// @threads one thread at a time, with its connection.
class EndedLoginReader {
 public:
  Status Prepare(Database& database);

  Result<std::vector<EndedLogin>> Load(TimePoint now);
  Result<std::vector<AccountValidity>> LoadValidities();

 private:
  Statement load_;
  Statement load_validities_;
};

}  // namespace rtcroom
