#include "storage/sqlite/sqlite_ended_logins.h"

#include <chrono>
#include <cstdint>
#include <string>

#include "storage/sqlite/sqlite_engine.h"

namespace rtcroom {
namespace {

const ReaderSql kLoadEndedLogins(
    "SELECT account, instance, logged_in_ms, expires_ms, cause"
    " FROM ended_logins WHERE expires_ms > ?");
const ReaderSql kLoadAccountValidities("SELECT account, valid_from FROM account_validities");

const WriterSql kPutEndedLogin(
    "INSERT INTO ended_logins (account, instance, logged_in_ms, expires_ms, cause)"
    " SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (SELECT 1 FROM ended_logins"
    " WHERE account = ?1 AND instance = 0 AND logged_in_ms > ?3)"
    " ON CONFLICT DO NOTHING");
const WriterSql kPutAllBefore(
    "INSERT INTO ended_logins (account, instance, logged_in_ms, expires_ms, cause)"
    " VALUES (?, 0, ?, ?, ?) ON CONFLICT DO UPDATE SET logged_in_ms = excluded.logged_in_ms,"
    " expires_ms = excluded.expires_ms, cause = excluded.cause"
    " WHERE logged_in_ms < excluded.logged_in_ms");
const WriterSql kRemoveCovered(
    "DELETE FROM ended_logins WHERE account = ? AND instance <> 0 AND logged_in_ms < ?");
const WriterSql kRemoveEndedLogins("DELETE FROM ended_logins WHERE expires_ms <= ? RETURNING 1");
const WriterSql kPutAccountValidity(
    "INSERT INTO account_validities (account, valid_from) VALUES (?, ?)"
    " ON CONFLICT DO UPDATE SET valid_from = max(valid_from, excluded.valid_from)");

Status PutEndedLogin(WriterStatements& sql, const EndedLogin& login) {
  const std::string& account = login.account.value;
  if (!login.IsOfAllBefore()) {
    return Run(sql[kPutEndedLogin], account, login.instance, login.logged_in, login.expires,
               login.end);
  }
  const Status put = Run(sql[kPutAllBefore], account, login.logged_in, login.expires, login.end);
  return put ? Run(sql[kRemoveCovered], account, login.logged_in) : put;
}

}  // namespace

Result<std::vector<EndedLogin>> SqliteEndedLogins::LoadEndedLogins(TimePoint now) {
  const auto read_login = [](const StatementRun& row) {
    return EndedLogin{.account = {row.Text(0)},
                      .instance = row.Unsigned(1),
                      .logged_in = row.Time(2),
                      .expires = row.Time(3),
                      .end = static_cast<LoginEnd>(row.Integer(4))};
  };
  return engine_.Read(
      [&](ReaderStatements& sql) { return ReadRows(sql[kLoadEndedLogins], read_login, now); });
}

Status SqliteEndedLogins::PutEndedLogins(std::span<const EndedLogin> logins) {
  return engine_.WriteEach(logins, PutEndedLogin);
}

Status SqliteEndedLogins::RemoveEndedLogins(TimePoint now) {
  return engine_.RemoveEnded(now, kRemoveEndedLogins);
}

Result<std::vector<AccountValidity>> SqliteEndedLogins::LoadAccountValidities() {
  const auto read_validity = [](const StatementRun& row) {
    return AccountValidity{
        .account = {row.Text(0)},
        .valid_from = std::chrono::sys_seconds(std::chrono::seconds(row.Integer(1)))};
  };
  return engine_.Read(
      [&](ReaderStatements& sql) { return ReadRows(sql[kLoadAccountValidities], read_validity); });
}

Status SqliteEndedLogins::PutAccountValidity(const AccountValidity& validity) {
  return engine_.Write([&](WriterStatements& sql) {
    return Run(sql[kPutAccountValidity], validity.account.value,
               std::int64_t{validity.valid_from.time_since_epoch().count()});
  });
}

}  // namespace rtcroom
