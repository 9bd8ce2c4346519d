// The files of an open store: renamed, replaced and deleted by others.
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/sqlite_fixture.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class SqliteFiles : public SqliteFixture, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    OpenStore();
    ASSERT_OK(Apply(*store_, Creating(MakeRoom(kKey.kind, kKey.id.value))));
  }
  void ExpectRefused(const std::string& reason) {
    const auto added = Apply(*store_, Adding(kKey, "bob"));
    EXPECT_ERROR(kStoreBroken, added);
    EXPECT_THAT(added.error().detail, HasSubstr(file() + " is not the file that is open"));
    EXPECT_THAT(store_->CheckFiles().error().detail, HasSubstr(reason));
    EXPECT_ERROR(kStoreBroken, store_->Ping());
    EXPECT_OK(store_->rooms().Load(kKey));
  }

  std::string file() const { return Path() + GetParam(); }

  const RoomKey kKey = MakeKey(RoomKind::kMulti, "r1");
};

TEST_P(SqliteFiles, RefuseWritesUntilEachIsBackAtItsPath) {
  fs::rename(file(), file() + ".moved");
  ExpectRefused("No such file");
  fs::copy(file() + ".moved", file());
  ExpectRefused("replaced");
  fs::rename(file() + ".moved", file());
  (void)store_->Ping();  // which still reports the earlier failure
  EXPECT_OK(store_->CheckFiles());
  EXPECT_OK(Apply(*store_, Adding(kKey, "bob")));
  OpenStore();
  EXPECT_EQ(UsersOf(*store_->rooms().Load(kKey)).size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(OfAStore, SqliteFiles, testing::Values("", "-wal", "-shm"),
                         [](const testing::TestParamInfo<const char*>& param_info) {
                           const std::string suffix = param_info.param;
                           return suffix.empty() ? "Database" : suffix.substr(1);
                         });

}  // namespace
}  // namespace rtcroom
