// The store in PostgreSQL, as the contract tests open it: each time in a new schema.
#include <chrono>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "daemon/base/system_clock.h"
#include "storage/postgres/pg_store.h"
#include "tests/contract/store_contract.h"
#include "tests/support/postgres_server.h"

namespace rtcroom {
namespace {

std::unique_ptr<Storage> OpenPostgres(const std::string&, StoreLimits limits,
                                      CommitListener& listener) {
  static const SystemClock clock;
  auto store = PgStore::Open(
      {.url = SharedPostgres().UrlOfNewSchema(),
       .new_epoch = kEpoch,
       .node = 1,
       .limits = limits,
       .patience = std::chrono::minutes(1)},
      listener, clock);
  EXPECT_OK(store);
  return store ? *std::move(store) : nullptr;
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract,
                         testing::Values(StoreUnderTest{"postgres", OpenPostgres}),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace rtcroom
