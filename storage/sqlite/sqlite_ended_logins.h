// The ends of logins in SQLite.
#pragma once

#include <span>
#include <vector>

#include "daemon/core/ended_login_store.h"

namespace rtcroom {

class SqliteEngine;

/// @threads safe from any thread.
class SqliteEndedLogins : public EndedLoginStore {
 public:
  explicit SqliteEndedLogins(SqliteEngine& engine) : engine_(engine) {}

  Result<std::vector<EndedLogin>> LoadEndedLogins(TimePoint now) override;
  Status PutEndedLogins(std::span<const EndedLogin> logins) override;
  Status RemoveEndedLogins(TimePoint now) override;
  Result<std::vector<AccountValidity>> LoadAccountValidities() override;
  Status PutAccountValidity(const AccountValidity& validity) override;

 private:
  SqliteEngine& engine_;
};

}  // namespace rtcroom
