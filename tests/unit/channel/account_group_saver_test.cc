#include "daemon/channel/account_group_saver.h"

#include <cstdint>

#include <gmock/gmock.h>

#include "tests/support/recording_groups.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

AccountGroupChange Received(std::uint64_t instance, std::uint64_t received) {
  return {.group = {.account = {"amy"}, .instance = instance, .received = received}};
}

TEST(AccountGroupSaver, StoresTheLastChangeOfEachRowOnce) {
  RecordingGroups groups;
  AccountGroupSaver saver(groups);
  saver.Add(Received(1, 5));
  saver.Add(Received(2, 6));
  saver.Add(Received(1, 7));
  EXPECT_TRUE(saver.Save());
  EXPECT_THAT(groups.recorded, ElementsAre(Received(1, 7), Received(2, 6)));
  groups.recorded.clear();
  EXPECT_TRUE(saver.Save());
  EXPECT_THAT(groups.recorded, IsEmpty());
}

TEST(AccountGroupSaver, KeepsWhatTheStoreDoesNotTake) {
  RecordingGroups groups;
  AccountGroupSaver saver(groups);
  saver.Add(Received(1, 5));
  saver.Add(Received(2, 6));
  groups.is_busy = true;
  EXPECT_FALSE(saver.Save());
  saver.Add(Received(1, 7));
  groups.is_busy = false;
  EXPECT_TRUE(saver.Save());
  EXPECT_THAT(groups.recorded, ElementsAre(Received(1, 7), Received(2, 6)));
}

}  // namespace
}  // namespace rtcroom
