#include "storage/postgres/pg_ended_logins.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "storage/postgres/pg_engine.h"

namespace rtcroom {
namespace {

const PgReaderStatement kLoadEndedLogins{"ended_logins_load", R"(
    SELECT account, instance, logged_in_ms, expires_ms, cause FROM ended_logins
    WHERE expires_ms > $1)"};
const PgReaderStatement kLoadAccountValidities{
    "account_validities_load", "SELECT account, valid_from FROM account_validities"};

const PgWriterStatement kPutEndedLogin{"ended_logins_put", R"(
    INSERT INTO ended_logins (account, instance, logged_in_ms, expires_ms, cause)
    SELECT $1::text, $2::bigint, $3::bigint, $4::bigint, $5::smallint
    WHERE NOT EXISTS (SELECT 1 FROM ended_logins
      WHERE account = $1::text AND instance = 0 AND logged_in_ms > $3::bigint)
    ON CONFLICT (account, instance) DO NOTHING)"};
const PgWriterStatement kPutAllBefore{"ended_logins_put_all", R"(
    INSERT INTO ended_logins (account, instance, logged_in_ms, expires_ms, cause)
    VALUES ($1, 0, $2, $3, $4)
    ON CONFLICT (account, instance) DO UPDATE SET logged_in_ms = excluded.logged_in_ms,
      expires_ms = excluded.expires_ms, cause = excluded.cause
    WHERE ended_logins.logged_in_ms < excluded.logged_in_ms)"};
const PgWriterStatement kRemoveCovered{
    "ended_logins_remove_covered",
    "DELETE FROM ended_logins WHERE account = $1 AND instance <> 0 AND logged_in_ms < $2"};
const PgWriterStatement kRemoveEndedLogins{"ended_logins_remove_ended", R"(
    WITH gone AS (
      DELETE FROM ended_logins WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM ended_logins WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT $2))
      RETURNING 1),
    marked AS (UPDATE removal SET time_ms = $1 WHERE EXISTS (SELECT 1 FROM gone))
    SELECT count(*) FROM gone)"};
const PgWriterStatement kPutAccountValidity{"account_validities_put", R"(
    INSERT INTO account_validities (account, valid_from) VALUES ($1, $2)
    ON CONFLICT (account) DO UPDATE SET valid_from = excluded.valid_from
    WHERE account_validities.valid_from < excluded.valid_from)"};

EndedLogin ReadEndedLogin(PgRows& rows) {
  return {.account = {rows.Text(0)},
          .instance = FromPgBits(rows.Integer(1)),
          .logged_in = rows.Time(2),
          .expires = rows.Time(3),
          .end = static_cast<LoginEnd>(rows.Integer(4))};
}

AccountValidity ReadAccountValidity(PgRows& rows) {
  return {.account = {rows.Text(0)},
          .valid_from = std::chrono::sys_seconds(std::chrono::seconds(rows.Integer(1)))};
}

PgWrite RemoveSomeEndedLogins(TimePoint now, std::size_t limit, std::size_t& removed) {
  return CountingRemoved(PgCall(kRemoveEndedLogins, now, ToPgBound(limit)), removed);
}

}  // namespace

Result<std::vector<EndedLogin>> PgEndedLogins::LoadEndedLogins(TimePoint now) {
  return engine_.ReadRows(PgCall(kLoadEndedLogins, now), ReadEndedLogin);
}

Status PgEndedLogins::PutEndedLogins(std::span<const EndedLogin> logins) {
  return engine_.Record({logins.begin(), logins.end()});
}

Status PgEndedLogins::RemoveEndedLogins(TimePoint now) {
  return engine_.RemoveEnded(now, RemoveSomeEndedLogins);
}

Result<std::vector<AccountValidity>> PgEndedLogins::LoadAccountValidities() {
  return engine_.ReadRows(PgCall(kLoadAccountValidities), ReadAccountValidity);
}

Status PgEndedLogins::PutAccountValidity(const AccountValidity& validity) {
  return engine_.Record({validity});
}

Status PgEndedLogins::ReportLogins(std::span<const AccountLogin> logins) {
  return engine_.Record({logins.begin(), logins.end()});
}

PgWrite pg::WriteEndedLogin(const EndedLogin& login) {
  const std::string_view account = login.account.value;
  if (!login.IsOfAllBefore()) {
    return {.calls = {PgCall(kPutEndedLogin, account, ToPgBits(login.instance), login.logged_in,
                             login.expires, login.end)}};
  }
  return {.calls = {PgCall(kPutAllBefore, account, login.logged_in, login.expires, login.end),
                    PgCall(kRemoveCovered, account, login.logged_in)}};
}

PgCall pg::WriteAccountValidity(const AccountValidity& validity) {
  return PgCall(kPutAccountValidity, std::string_view(validity.account.value),
                std::int64_t{validity.valid_from.time_since_epoch().count()});
}

}  // namespace rtcroom
