// The store in PostgreSQL, as the contract tests open it: each time with the rows of a new one.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "daemon/base/system_clock.h"
#include "daemon/base/system_random.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_store.h"
#include "storage/postgres/schema_version.h"
#include "tests/contract/alternating_stores.h"
#include "tests/contract/store_contract.h"
#include "tests/support/eventually.h"
#include "tests/support/postgres_server.h"

namespace rtcroom {
namespace {

const SystemClock kClock;
SystemRandom random_source;

void OfEachTable(const Secret& url, const std::string& statements) {
  (void)QueryPostgres(url, fmt::format("DO $$ DECLARE t text; BEGIN FOR t IN"
                                       " SELECT tablename FROM pg_tables"
                                       " WHERE schemaname = current_schema() LOOP"
                                       " {} END LOOP; END $$",
                                       statements));
}

/// One schema for all tests, each of which has closed its stores: to delete the rows of one takes a
/// part of the time of a migration.
const Secret& UrlOfEmptyStore() {
  static const Secret url = [] {
    Secret made = SharedPostgres().UrlOfNewSchema();
    const MonotonicTime deadline = kClock.Monotonic() + kWaitTimeout;
    PgConnection plain(*PgAddress::Parse(made), {.planning = PgSettings::Planning::kServerDefaults},
                       kClock);
    EXPECT_OK(ConnectToPostgres(plain, deadline));
    EXPECT_OK(MigratePgSchema(plain, kEpoch, deadline));
    SharedPostgres().Execute("CREATE SCHEMA migrated");
    OfEachTable(made, "EXECUTE format('CREATE TABLE migrated.%I AS TABLE %I', t, t);");
    return made;
  }();
  OfEachTable(url,
              "EXECUTE format('DELETE FROM %I', t);"
              "EXECUTE format('INSERT INTO %I SELECT * FROM migrated.%I', t, t);");
  return url;
}

std::unique_ptr<PgStore> Open(const Secret& url, std::uint64_t node, StoreLimits limits,
                              CommitListener& listener) {
  auto store = PgStore::Open({.url = url,
                              .new_epoch = kEpoch,
                              .node = node,
                              .limits = limits,
                              .patience = std::chrono::minutes(1),
                              .random = &random_source,
                              .give_up = std::chrono::minutes(1)},
                             listener, kClock);
  EXPECT_OK(store);
  if (!store) return nullptr;
  (*store)->Begin();
  return *std::move(store);
}

std::unique_ptr<Storage> OpenOne(const std::string&, StoreLimits limits, CommitListener& listener) {
  return Open(UrlOfEmptyStore(), 1, limits, listener);
}

std::unique_ptr<Storage> OpenTwo(const std::string&, StoreLimits limits, CommitListener& listener) {
  static DeafListener deaf;
  const Secret& url = UrlOfEmptyStore();
  std::unique_ptr<PgStore> told = Open(url, 1, limits, listener);
  std::unique_ptr<PgStore> other = Open(url, 2, limits, deaf);
  if (told == nullptr || other == nullptr) return nullptr;
  return std::make_unique<AlternatingStores>(std::move(told), std::move(other), kClock);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract,
                         testing::Values(StoreUnderTest{"postgres", OpenOne},
                                         StoreUnderTest{"two_postgres", OpenTwo, /*programs=*/2}),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace rtcroom
