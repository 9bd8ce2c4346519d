// What a server removes from its store by itself.
#include <filesystem>
#include <vector>

#include <gtest/gtest.h>

#include "storage/sqlite/sqlite_store.h"
#include "tests/e2e/store_audit.h"
#include "tests/support/eventually.h"
#include "tests/support/matchers.h"
#include "tests/support/recording_listener.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

TEST(Upkeep, RemovesGroupsOfEndedLoginsAndOldReadPositions) {
  ServerProcess server;
  EXPECT_EQ(server.Terminate(), 0);
  const std::filesystem::path path = server.data_directory() / "rtcroomd.db";
  {
    DeafListener listener;
    const auto store = SqliteStore::Open({.path = path}, listener);
    ASSERT_OK(store);
    const std::vector<AccountGroupChange> groups = {
        {.group = {.account = {"bob"}, .instance = 1, .expires = TimePoint()}},
        {.group = {.account = {"bob"}, .instance = 2}}};
    ASSERT_OK((*store)->accounts().RecordAccountGroups(groups));
    const std::vector<ReadPosition> positions = {
        {.reader = {"bob"}, .peer = {"amy"}, .until = TimePoint()},
        {.reader = {"bob"}, .peer = {"zoe"}, .until = TimePoint::max()}};
    ASSERT_OK((*store)->accounts().RecordReadPositions(positions));
  }
  server.Start();
  EXPECT_TRUE(Eventually([&] { return CountRows(path, "account_groups") == 1; }));
  EXPECT_TRUE(Eventually([&] { return CountRows(path, "read_positions") == 1; }));
}

}  // namespace
}  // namespace rtcroom
