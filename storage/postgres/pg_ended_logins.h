// Logins and their ends in PostgreSQL.
#pragma once

#include <span>
#include <vector>

#include "daemon/core/account_login.h"
#include "daemon/core/ended_login_store.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_write.h"

namespace rtcroom {

class PgEngine;

/// @threads safe from any thread.
class PgEndedLogins : public EndedLoginStore, public AccountLoginLog {
 public:
  explicit PgEndedLogins(PgEngine& engine) : engine_(engine) {}

  Result<std::vector<EndedLogin>> LoadEndedLogins(TimePoint now) override;
  Status PutEndedLogins(std::span<const EndedLogin> logins) override;
  Status RemoveEndedLogins(TimePoint now) override;
  Result<std::vector<AccountValidity>> LoadAccountValidities() override;
  Status PutAccountValidity(const AccountValidity& validity) override;
  Status ReportLogins(std::span<const AccountLogin> logins) override;

 private:
  PgEngine& engine_;
};

namespace pg {

/// The write of the rows of a record that is committed.
PgWrite WriteEndedLogin(const EndedLogin& login);
PgCall WriteAccountValidity(const AccountValidity& validity);

}  // namespace pg
}  // namespace rtcroom
