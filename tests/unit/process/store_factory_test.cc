// The store that `memory:` names.
#include "daemon/process/store_factory.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "daemon/base/system_random.h"
#include "tests/support/fake_boot_clock.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/support/recording_listener.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;

class MemoryStoreTest : public testing::Test {
 protected:
  Result<OpenedStore> Open() {
    return OpenStore(
        {.url = StoreUrl("memory:"), .data_dir = data_.path(), .new_epoch = "00112233aabbccdd"},
        {.listener = listener_, .lease = lease_, .random = random_, .clock = clock_});
  }

  const TempDirectory data_;
  DeafListener listener_;
  FakeBootClock boot_clock_;
  NodeLease lease_{boot_clock_};
  SystemRandom random_;
  FakeClock clock_;
};

TEST_F(MemoryStoreTest, LosesAllAtTheStopAndLeavesNoFile) {
  {
    const auto opened = Open();
    ASSERT_OK(opened);
    EXPECT_EQ(opened->file_store, nullptr);
    ASSERT_OK(opened->storage->bans().PutBan({.user_id = {"mallory"}, .until = kLater}));
  }
  EXPECT_TRUE(fs::is_empty(data_.path()));
  const auto again = Open();
  ASSERT_OK(again);
  EXPECT_EQ(again->storage->bans().LoadBans(kNoon)->size(), 0U);
}

TEST_F(MemoryStoreTest, RemovesWhatAKilledProcessHasLeft) {
  fs::create_directory(data_.path() / "lost-at-stop");
  std::ofstream(data_.path() / "lost-at-stop" / "rooms.db") << "another history";
  const auto opened = Open();
  ASSERT_OK(opened);
  EXPECT_OK(opened->storage->Ping());
}

}  // namespace
}  // namespace rtcroom
