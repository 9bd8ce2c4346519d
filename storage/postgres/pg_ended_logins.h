// Ends of logins in PostgreSQL.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ended_login_store.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_write.h"

namespace rtcroom::pg {

std::span<const PgStatement> EndedLoginReads();
std::span<const PgStatement> EndedLoginWrites();

// The functions are those of `EndedLoginStore`.

Result<std::vector<EndedLogin>> LoadEndedLogins(PgConnection& connection, TimePoint now,
                                                MonotonicTime deadline);
Result<std::vector<AccountValidity>> LoadAccountValidities(PgConnection& connection,
                                                           MonotonicTime deadline);

PgWrite WriteEndedLogin(const EndedLogin& login);
PgCall WriteAccountValidity(const AccountValidity& validity);
/// At most `limit` of them. @param removed  receives the number removed.
PgWrite RemoveEndedLogins(TimePoint now, std::size_t limit, std::size_t& removed);

}  // namespace rtcroom::pg
