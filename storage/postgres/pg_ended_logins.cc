#include "storage/postgres/pg_ended_logins.h"

#include <array>
#include <chrono>
#include <string_view>

#include "storage/postgres/pg_read.h"

namespace rtcroom::pg {
namespace {

constexpr PgStatement kLoadEndedLogins{.name = "ended_logins_load", .sql = R"(
    SELECT account, instance, logged_in_ms, expires_ms, cause FROM ended_logins
    WHERE expires_ms > $1)"};
constexpr PgStatement kLoadAccountValidities{
    .name = "account_validities_load", .sql = "SELECT account, valid_from FROM account_validities"};
constexpr auto kEndedLoginReads = std::to_array({kLoadEndedLogins, kLoadAccountValidities});

constexpr PgStatement kPutEndedLogin{.name = "ended_logins_put", .sql = R"(
    INSERT INTO ended_logins (account, instance, logged_in_ms, expires_ms, cause)
    SELECT $1::text, $2::bigint, $3::bigint, $4::bigint, $5::smallint
    WHERE NOT EXISTS (SELECT 1 FROM ended_logins
      WHERE account = $1::text AND instance = 0 AND logged_in_ms > $3::bigint)
    ON CONFLICT (account, instance) DO NOTHING)"};
constexpr PgStatement kPutAllBefore{.name = "ended_logins_put_all", .sql = R"(
    INSERT INTO ended_logins (account, instance, logged_in_ms, expires_ms, cause)
    VALUES ($1, 0, $2, $3, $4)
    ON CONFLICT (account, instance) DO UPDATE SET logged_in_ms = excluded.logged_in_ms,
      expires_ms = excluded.expires_ms, cause = excluded.cause
    WHERE ended_logins.logged_in_ms < excluded.logged_in_ms)"};
constexpr PgStatement kRemoveCovered{
    .name = "ended_logins_remove_covered",
    .sql = "DELETE FROM ended_logins WHERE account = $1 AND instance <> 0 AND logged_in_ms < $2"};
constexpr PgStatement kRemoveEndedLogins{.name = "ended_logins_remove_ended", .sql = R"(
    WITH gone AS (
      DELETE FROM ended_logins WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM ended_logins WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT $2))
      RETURNING 1),
    marked AS (UPDATE removal SET time_ms = $1 WHERE EXISTS (SELECT 1 FROM gone))
    SELECT count(*) FROM gone)"};
constexpr PgStatement kPutAccountValidity{.name = "account_validities_put", .sql = R"(
    INSERT INTO account_validities (account, valid_from) VALUES ($1, $2)
    ON CONFLICT (account) DO UPDATE SET valid_from = excluded.valid_from
    WHERE account_validities.valid_from < excluded.valid_from)"};
constexpr auto kEndedLoginWrites = std::to_array(
    {kPutEndedLogin, kPutAllBefore, kRemoveCovered, kRemoveEndedLogins, kPutAccountValidity});

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

}  // namespace

std::span<const PgStatement> EndedLoginReads() { return kEndedLoginReads; }
std::span<const PgStatement> EndedLoginWrites() { return kEndedLoginWrites; }

Result<std::vector<EndedLogin>> LoadEndedLogins(PgConnection& connection, TimePoint now,
                                                MonotonicTime deadline) {
  return ReadPgRows(connection, PgCall(kLoadEndedLogins, now), deadline, ReadEndedLogin);
}

Result<std::vector<AccountValidity>> LoadAccountValidities(PgConnection& connection,
                                                           MonotonicTime deadline) {
  return ReadPgRows(connection, PgCall(kLoadAccountValidities), deadline, ReadAccountValidity);
}

PgWrite WriteEndedLogin(const EndedLogin& login) {
  const std::string_view account = login.account.value;
  if (!login.IsOfAllBefore()) {
    return {.calls = {PgCall(kPutEndedLogin, account, ToPgBits(login.instance), login.logged_in,
                             login.expires, login.end)}};
  }
  return {.calls = {PgCall(kPutAllBefore, account, login.logged_in, login.expires, login.end),
                    PgCall(kRemoveCovered, account, login.logged_in)}};
}

PgCall WriteAccountValidity(const AccountValidity& validity) {
  return PgCall(kPutAccountValidity, std::string_view(validity.account.value),
                std::int64_t{validity.valid_from.time_since_epoch().count()});
}

PgWrite RemoveEndedLogins(TimePoint now, std::size_t limit, std::size_t& removed) {
  return CountingRemoved(PgCall(kRemoveEndedLogins, now, ToPgBound(limit)), removed);
}

}  // namespace rtcroom::pg
