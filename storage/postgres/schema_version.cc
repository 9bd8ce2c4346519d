#include "storage/postgres/schema_version.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>

namespace rtcroom {
namespace {

constexpr std::size_t kEpochSize = 16;
constexpr std::string_view kEndOfStatement = ";\n";
constexpr std::string_view kInsufficientPrivilege = "42501";

constexpr PgStatement kHasMeta{.sql = "SELECT to_regclass('meta') IS NOT NULL"};
constexpr PgStatement kReadVersion{.sql = "SELECT schema_version, least_version FROM meta"};
/// First, as in each transaction that writes: those wait for it without a lock on a table.
constexpr PgStatement kTakeTurnToMigrate{.sql = "SELECT 1 FROM turn FOR UPDATE"};
constexpr PgStatement kLockMeta{.sql = "LOCK TABLE meta IN ACCESS EXCLUSIVE MODE"};
constexpr PgStatement kRequireVersion{
    .sql = "SELECT 1 / count(*) FROM meta WHERE schema_version = $1"};
constexpr PgStatement kSetVersion{.sql = "UPDATE meta SET schema_version = $1"};
constexpr PgStatement kInsertMeta{.sql =
                                      "INSERT INTO meta (epoch, schema_version, least_version)"
                                      " VALUES ($1, 1, 1)"};

struct SchemaVersion {
  std::int64_t now = 0;
  std::int64_t least = 0;  ///< that a program must know
};

/// @return nullopt when there is no store yet.
Result<std::optional<SchemaVersion>> ReadVersion(PgConnection& plain, MonotonicTime deadline) {
  Result<PgRows> has_meta = plain.Run(PgCall(kHasMeta), deadline);
  if (!has_meta) return has_meta.error();
  if (has_meta->Next() && !has_meta->Bool(0)) return std::optional<SchemaVersion>();
  if (!has_meta->status()) return has_meta->status().error();

  Result<PgRows> read = plain.Run(PgCall(kReadVersion), deadline);
  if (!read) return read.error();
  if (!read->Next()) return Error{Errc::kStoreBroken, "its table meta is empty"};
  const SchemaVersion version{.now = read->Integer(0), .least = read->Integer(1)};
  if (!read->status()) return read->status().error();
  return std::optional(version);
}

Error TooNew(const SchemaVersion& version, std::int64_t newest) {
  return {Errc::kStoreBroken,
          fmt::format("the database needs a newer rtcroomd: one that knows schema {} or later (it"
                      " has schema {}; this program knows {})",
                      version.least, version.now, newest)};
}

/// The statements have no comments before them: an error message has a statement's first line.
std::vector<std::string> StatementsOf(std::string_view step) {
  std::vector<std::string> statements;
  while (true) {
    while (step.starts_with('\n') || step.starts_with("--")) {
      step.remove_prefix(std::min(step.find('\n'), step.size() - 1) + 1);
    }
    const std::size_t end = step.find(kEndOfStatement);
    if (end == std::string_view::npos) return statements;
    statements.emplace_back(step.substr(0, end));
    step.remove_prefix(end + kEndOfStatement.size());
  }
}

/// Runs the step from version `from`. Fails if another node has done so.
Status RunStep(PgConnection& plain, std::string_view step, std::int32_t from,
               const std::string& new_epoch, MonotonicTime deadline) {
  const std::vector<std::string> statements = StatementsOf(step);
  std::vector<PgCall> calls = {PgCall(kPgBegin)};
  // The first step begins with the table meta itself.
  if (from > 0) {
    calls.emplace_back(kTakeTurnToMigrate);
    calls.emplace_back(kLockMeta);
    calls.emplace_back(kRequireVersion, from);
  }
  for (const std::string& sql : statements) calls.emplace_back(PgStatement{.sql = sql.c_str()});
  if (from > 0) {
    calls.emplace_back(kSetVersion, from + 1);
  } else {
    calls.emplace_back(kInsertMeta, std::string_view(new_epoch));
  }
  calls.emplace_back(kPgCommit);
  const auto ran = plain.Run(calls, deadline);
  if (ran) return {};
  if (plain.failure().sqlstate != kInsufficientPrivilege) return ran.error();
  return Error{Errc::kStoreBroken,
               fmt::format("its schema has version {}, and this account may not bring it up to"
                           " date: the owner does, by `rtcroomd migrate-store` ({})",
                           from, ran.error().detail)};
}

}  // namespace

Result<PgMigration> MigratePgSchema(PgConnection& plain, const std::string& new_epoch,
                                    MonotonicTime deadline,
                                    std::span<const std::string_view> steps) {
  const auto newest = static_cast<std::int64_t>(steps.size());
  Status ran;
  std::int64_t tried = -1;
  std::optional<std::int64_t> first;
  while (true) {
    const Result<std::optional<SchemaVersion>> found = ReadVersion(plain, deadline);
    if (!found) return found.error();
    const SchemaVersion version = found->value_or(SchemaVersion());
    if (!first) first = version.now;
    if (version.least > newest) return TooNew(version, newest);
    if (version.now >= newest) return PgMigration{.from = *first, .to = version.now};
    if (version.now == tried) return ran.error();  // no other node was faster
    if (version.now == 0 && new_epoch.size() != kEpochSize) {
      return Error{Errc::kInternal, "a new store needs an epoch of 16 hex digits"};
    }
    tried = version.now;
    ran = RunStep(plain, steps[static_cast<std::size_t>(tried)], static_cast<std::int32_t>(tried),
                  new_epoch, deadline);
    if (!ran && !plain.connected()) return ran.error();
  }
}

Result<std::int64_t> RequirePgSchema(PgConnection& plain, MonotonicTime deadline) {
  const std::int64_t newest = NewestPgSchema();
  const Result<std::optional<SchemaVersion>> found = ReadVersion(plain, deadline);
  if (!found) return found.error();
  if (!*found) {
    return Error{Errc::kStoreBroken,
                 "there is no store in the database: `rtcroomd migrate-store` creates one"};
  }
  const SchemaVersion& version = **found;
  if (version.least > newest) return TooNew(version, newest);
  if (version.now < newest) {
    return Error{Errc::kStoreBroken,
                 fmt::format("its schema has version {}, and this program needs {}: `rtcroomd"
                             " migrate-store` brings it up to date",
                             version.now, newest)};
  }
  return version.now;
}

}  // namespace rtcroom
