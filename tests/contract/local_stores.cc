// The store of one process, as the contract tests open them.
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "storage/sqlite/sqlite_store.h"
#include "tests/contract/store_contract.h"

namespace rtcroom {
namespace {

std::unique_ptr<Storage> OpenSqlite(const std::string& directory, StoreLimits limits,
                                    CommitListener& listener) {
  auto store = SqliteStore::Open(
      {.path = directory + "/rooms.db", .new_epoch = kEpoch, .limits = limits}, listener);
  EXPECT_OK(store);
  return store ? *std::move(store) : nullptr;
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract,
                         testing::Values(StoreUnderTest{"sqlite", OpenSqlite}),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace rtcroom
