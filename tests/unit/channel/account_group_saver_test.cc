#include "daemon/channel/account_group_saver.h"

#include <cstdint>
#include <vector>

#include <gmock/gmock.h>

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Records what it is given, or fails.
class RecordingGroups : public AccountStore {
 public:
  Result<std::vector<AccountGroup>> ReadAccountGroups(const UserId& /*account*/) override {
    return Error{Errc::kStoreBusy, "not read here"};
  }
  Result<std::vector<AccountGroup>> ReadAccountsIn(std::uint64_t /*room_number*/,
                                                   std::size_t /*limit*/) override {
    return Error{Errc::kStoreBusy, "not read here"};
  }
  Status RecordAccountGroups(std::span<const AccountGroupChange> changes) override {
    if (is_busy) return Error{Errc::kStoreBusy, "for a test"};
    recorded.assign(changes.begin(), changes.end());
    return {};
  }
  Result<std::size_t> TrimAccountGroups(TimePoint /*ended_before*/) override { return 0; }
  Result<std::vector<ReadPosition>> ReadPositionsOf(const UserId& /*reader*/,
                                                    std::size_t /*limit*/) override {
    return Error{Errc::kStoreBusy, "not read here"};
  }
  Result<std::vector<ReadPosition>> ReadPositionsFor(const UserId& /*peer*/,
                                                     std::span<const UserId> /*readers*/) override {
    return Error{Errc::kStoreBusy, "not read here"};
  }
  Status RecordReadPositions(std::span<const ReadPosition> /*positions*/) override { return {}; }
  Result<std::size_t> TrimReadPositions(TimePoint /*as_of*/, TimePoint /*before*/) override {
    return 0;
  }
  Result<std::vector<GroupJoinChange>> LoadGroupJoins() override {
    return Error{Errc::kStoreBusy, "not read here"};
  }
  Status RecordGroupJoins(std::span<const GroupJoinChange> /*changes*/) override { return {}; }

  bool is_busy = false;
  std::vector<AccountGroupChange> recorded;
};

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
