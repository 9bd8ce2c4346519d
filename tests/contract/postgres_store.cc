// The store in PostgreSQL, as the contract tests open it: each time with the rows of a new one.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "daemon/base/system_clock.h"
#include "daemon/base/system_random.h"
#include "storage/postgres/pg_store.h"
#include "tests/contract/alternating_stores.h"
#include "tests/contract/store_contract.h"
#include "tests/support/postgres_stores.h"

namespace rtcroom {
namespace {

const SystemClock kClock;
SystemRandom random_source;

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
  return Open(UrlOfEmptiedStore(), 1, limits, listener);
}

std::unique_ptr<Storage> OpenTwo(const std::string&, StoreLimits limits, CommitListener& listener) {
  static DeafListener deaf;
  const Secret& url = UrlOfEmptiedStore();
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
