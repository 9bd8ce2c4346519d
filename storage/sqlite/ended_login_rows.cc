#include "storage/sqlite/ended_login_rows.h"

#include <chrono>

#include "storage/sqlite/database.h"

namespace rtcroom {

Status EndedLoginWriter::Prepare(Database& database) {
  return PrepareAll(
      database,
      {{put_single_,
        "INSERT INTO ended_logins (account, instance, logged_in_ms, expires_ms, cause)"
        " SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (SELECT 1 FROM ended_logins"
        " WHERE account = ?1 AND instance = 0 AND logged_in_ms > ?3)"
        " ON CONFLICT DO NOTHING"},
       {put_all_before_,
        "INSERT INTO ended_logins (account, instance, logged_in_ms, expires_ms, cause)"
        " VALUES (?, 0, ?, ?, ?) ON CONFLICT DO UPDATE SET logged_in_ms = excluded.logged_in_ms,"
        " expires_ms = excluded.expires_ms, cause = excluded.cause"
        " WHERE logged_in_ms < excluded.logged_in_ms"},
       {remove_covered_,
        "DELETE FROM ended_logins WHERE account = ? AND instance <> 0 AND logged_in_ms < ?"},
       {remove_ended_, "DELETE FROM ended_logins WHERE expires_ms <= ? RETURNING 1"},
       {put_validity_,
        "INSERT INTO account_validities (account, valid_from) VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET valid_from = max(valid_from, excluded.valid_from)"}});
}

Status EndedLoginWriter::Put(std::span<const EndedLogin> logins) {
  for (const EndedLogin& login : logins) {
    if (const Status put = PutOne(login); !put) return put;
  }
  return {};
}

Status EndedLoginWriter::PutOne(const EndedLogin& login) {
  const std::string& account = login.account.value;
  if (!login.IsOfAllBefore()) {
    return Run(put_single_, account, login.instance, login.logged_in, login.expires, login.end);
  }
  const Status put = Run(put_all_before_, account, login.logged_in, login.expires, login.end);
  return put ? Run(remove_covered_, account, login.logged_in) : put;
}

Result<std::size_t> EndedLoginWriter::RemoveEnded(TimePoint now) {
  return RunCounting(remove_ended_, now);
}

Status EndedLoginWriter::PutValidity(const AccountValidity& validity) {
  return Run(put_validity_, validity.account.value,
             std::int64_t{validity.valid_from.time_since_epoch().count()});
}

Status EndedLoginReader::Prepare(Database& database) {
  return PrepareAll(database,
                    {{load_,
                      "SELECT account, instance, logged_in_ms, expires_ms, cause"
                      " FROM ended_logins WHERE expires_ms > ?"},
                     {load_validities_, "SELECT account, valid_from FROM account_validities"}});
}

Result<std::vector<EndedLogin>> EndedLoginReader::Load(TimePoint now) {
  std::vector<EndedLogin> logins;
  StatementRun run(load_, now);
  while (run.Next()) {
    logins.push_back({.account = {run.Text(0)},
                      .instance = run.Unsigned(1),
                      .logged_in = run.Time(2),
                      .expires = run.Time(3),
                      .end = static_cast<LoginEnd>(run.Integer(4))});
  }
  if (!run.status()) return run.status().error();
  return logins;
}

Result<std::vector<AccountValidity>> EndedLoginReader::LoadValidities() {
  std::vector<AccountValidity> validities;
  StatementRun run(load_validities_);
  while (run.Next()) {
    validities.push_back(
        {.account = {run.Text(0)},
         .valid_from = std::chrono::sys_seconds(std::chrono::seconds(run.Integer(1)))});
  }
  if (!run.status()) return run.status().error();
  return validities;
}

}  // namespace rtcroom
