#include "daemon/core/room_quota.h"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "tests/support/counting_random.h"
#include "tests/support/service_fixture.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;

constexpr std::size_t kPerAddress = 5;
constexpr std::size_t kPerUser = 3;

class RoomQuotaTest : public ServiceFixture {
 protected:
  RoomQuotaTest() { quota_.SetLimits({.per_address = kPerAddress, .per_user = kPerUser}); }

  RoomServiceDeps WithQuota() {
    RoomServiceDeps deps = Deps(counted_store_.rooms());
    deps.quota = &quota_;
    return deps;
  }

  static SeatOwner At(std::string address) { return {.address = std::move(address)}; }
  static SeatOwner Proven(std::string user, std::string address = "192.0.2.9") {
    return {.address = std::move(address), .user = UserId{std::move(user)}};
  }
  /// Creates a gen-1 room from that address.
  Status Make(const std::string& room, const std::string& user, SeatOwner owner) {
    CreateRoomCommand command = Create(room, user);
    command.owner = std::move(owner);
    const Result<RoomId> made = CreateNow(counted_, command);
    return made ? Status() : Status(made.error());
  }
  Status Enter(const std::string& room, const std::string& user, SeatOwner owner) {
    AddPusherCommand command = Add(Key(room), user);
    command.owner = std::move(owner);
    return AddNow(counted_, command);
  }
  Status Leave(const std::string& room, const std::string& user) {
    return counted_.DeletePusher(Member(Key(room), user));
  }
  /// The same in gen-2.
  Status Prepare(const std::string& room, const std::string& user) {
    CreateRoomCommand command = Create(room, user);
    command.dialect = Dialect::kGen2;
    command.owner = Proven(user);
    const Result<RoomId> made = CreateNow(counted_, command);
    return made ? Status() : Status(made.error());
  }
  Status EnterGen2(const std::string& room, const std::string& user) {
    AddPusherCommand command = Add(Key(room), user);
    command.dialect = Dialect::kGen2;
    command.info = "info";
    command.owner = Proven(user);
    return AddNow(counted_, command);
  }

  CountingRandom random_;
  RoomQuota quota_{random_};
  CommitFanOut counted_commits_{{&leases_, &inactive_, &quota_}};
  TempStore counted_store_{{}, "00000000000000aa", counted_commits_};
  RoomService counted_{WithQuota(), {}, logger_};
};

TEST_F(RoomQuotaTest, RefusesASeatPastTheLimitOfTheAddressAndNamesItsKey) {
  for (std::size_t i = 0; i < kPerAddress; ++i) {
    EXPECT_OK(Make(fmt::format("r{}", i), "u1", At("192.0.2.1")));
  }
  const Status refused = Make("one too many", "u1", At("192.0.2.1"));
  EXPECT_ERROR(kTooManyRooms, refused);
  EXPECT_THAT(refused ? "" : refused.error().detail, HasSubstr("limits.rooms_per_address"));
  EXPECT_OK(Make("elsewhere", "u1", At("192.0.2.2")));
  EXPECT_ERROR(kTooManyRooms, Enter("elsewhere", "u2", At("192.0.2.1"))) << "members count, too";
}

TEST_F(RoomQuotaTest, RefusesARoomPastTheLimitBeforeItsGroupIsMade) {
  for (std::size_t i = 0; i < kPerAddress; ++i) {
    EXPECT_OK(Make(fmt::format("r{}", i), "u1", At("192.0.2.1")));
  }
  const std::size_t groups = groups_.asked().size();
  EXPECT_ERROR(kTooManyRooms, Make("one too many", "u1", At("192.0.2.1")));
  EXPECT_EQ(groups_.asked().size(), groups);
}

TEST_F(RoomQuotaTest, ReleasesASeatForEveryKindOfEnd) {
  const SeatOwner owner = At("192.0.2.1");
  ASSERT_OK(Make("left", "u1", owner));
  ASSERT_OK(Leave("left", "u1"));
  EXPECT_EQ(quota_.size(), 0U);

  ASSERT_OK(Make("destroyed", "u1", owner));
  ASSERT_OK(Enter("destroyed", "u2", owner));
  ASSERT_OK(counted_.DestroyRoom(Member(Key("destroyed"), "u1")));
  EXPECT_EQ(quota_.size(), 0U);

  ASSERT_OK(Make("its creator left", "u1", owner));
  ASSERT_OK(Enter("its creator left", "u2", owner));
  ASSERT_OK(Leave("its creator left", "u1"));
  EXPECT_EQ(quota_.size(), 0U);

  ASSERT_OK(Make("dismissed", "u1", owner));
  ASSERT_OK(counted_.DismissRoom(Key("dismissed")));
  EXPECT_EQ(quota_.size(), 0U);

  ASSERT_OK(Make("kicked", "u1", owner));
  ASSERT_OK(counted_.KickPusher({.room = Key("kicked"), .user_id = {"u1"}}));
  EXPECT_EQ(quota_.size(), 0U);

  ASSERT_OK(Make("silent", "u1", owner));
  clock_.Advance(kTimeout + std::chrono::milliseconds(1));
  ASSERT_EQ(ExpireNow(counted_, leases_.Lapsed(10, clock_.Monotonic())).expired, 1U);
  EXPECT_EQ(quota_.size(), 0U);

  ASSERT_OK(Prepare("nobody came", "u1"));
  clock_.Advance(kInactiveTtl + std::chrono::milliseconds(1));
  ASSERT_EQ(counted_.ExpireInactive(inactive_.Overdue(10, clock_.Monotonic())).expired, 1U);
  EXPECT_EQ(quota_.size(), 0U);
}

TEST_F(RoomQuotaTest, DoesNotCountRefusedCalls) {
  ASSERT_OK(Make("r1", "u1", At("192.0.2.1")));
  EXPECT_ERROR(kRoomExists, Make("r1", "u2", At("192.0.2.1")));
  EXPECT_ERROR(kRoomNotFound, Enter("nowhere", "u2", At("192.0.2.1")));
  EXPECT_EQ(quota_.size(), 1U);
}

TEST_F(RoomQuotaTest, NeverRefusesAReturningMember) {
  for (std::size_t i = 0; i < kPerAddress; ++i) {
    ASSERT_OK(Make(fmt::format("r{}", i), "u1", At("192.0.2.1")));
  }
  EXPECT_OK(Enter("r0", "u1", At("192.0.2.1")));
  EXPECT_OK(Make("r0", "u1", At("192.0.2.1")));
  EXPECT_EQ(quota_.size(), kPerAddress);
}

TEST_F(RoomQuotaTest, CountsARestoredSeatFromItsNextRejoin) {
  ASSERT_OK(Make("r0", "u1", {}));  // like a seat older than the process
  EXPECT_EQ(quota_.size(), 0U);
  for (std::size_t i = 1; i <= kPerAddress; ++i) {
    ASSERT_OK(Make(fmt::format("r{}", i), "u1", At("192.0.2.1")));
  }
  EXPECT_OK(Enter("r0", "u1", At("192.0.2.1"))) << "although the limit is exceeded now";
  EXPECT_EQ(quota_.size(), kPerAddress + 1);
}

TEST_F(RoomQuotaTest, CountsAProvenUserOverAllAddressesAndRooms) {
  for (std::size_t i = 0; i < kPerUser; ++i) {
    EXPECT_OK(EnterGen2(fmt::format("r{}", i), "u1"));
  }
  const Status refused = EnterGen2("one too many", "u1");
  EXPECT_ERROR(kTooManyRooms, refused);
  EXPECT_THAT(refused ? "" : refused.error().detail, HasSubstr("limits.rooms_per_user"));
  EXPECT_ERROR(kTooManyRooms, Prepare("one too many", "u1"));
  EXPECT_OK(EnterGen2("r0", "u2"));
}

TEST_F(RoomQuotaTest, CountsACreatorInItsOwnRoomOnce) {
  for (std::size_t i = 0; i < kPerUser; ++i) {
    EXPECT_OK(Prepare(fmt::format("r{}", i), "u1"));
  }
  EXPECT_ERROR(kTooManyRooms, Prepare("one too many", "u1"));
  EXPECT_OK(EnterGen2("r0", "u1"));
  EXPECT_EQ(quota_.size(), kPerUser);
}

TEST_F(RoomQuotaTest, ReleasesTheCreatorSeatIfAnotherUserJoinsFirst) {
  ASSERT_OK(Prepare("r1", "u1"));
  ASSERT_OK(EnterGen2("r1", "u2"));
  EXPECT_EQ(quota_.size(), 1U);
  for (std::size_t i = 0; i < kPerUser; ++i) {
    EXPECT_OK(Prepare(fmt::format("another {}", i), "u1"));
  }
}

TEST_F(RoomQuotaTest, CountsNothingWhileTheLimitsAreOff) {
  quota_.SetLimits({.per_address = 0, .per_user = 0});
  for (std::size_t i = 0; i < 2 * kPerAddress; ++i) {
    EXPECT_OK(Make(fmt::format("r{}", i), "u1", Proven("u1", "192.0.2.1")));
  }
  EXPECT_EQ(quota_.size(), 0U);
}

TEST_F(RoomQuotaTest, KeepsExistingSeatsBeyondALoweredLimit) {
  for (const char* room : {"r1", "r2", "r3"}) ASSERT_OK(Make(room, "u1", At("192.0.2.1")));
  quota_.SetLimits({.per_address = 2, .per_user = 0});
  ASSERT_OK(Leave("r1", "u1"));
  EXPECT_ERROR(kTooManyRooms, Make("r4", "u1", At("192.0.2.1")));
  ASSERT_OK(Leave("r2", "u1"));
  EXPECT_OK(Make("r4", "u1", At("192.0.2.1")));
}

TEST_F(RoomQuotaTest, KeepsTheLimitUnderConcurrency) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 200;
  std::atomic<std::size_t> too_many{0};
  {
    std::vector<std::jthread> callers;
    for (int thread = 0; thread < kThreads; ++thread) {
      callers.emplace_back([&, thread] {
        for (int round = 0; round < kRounds; ++round) {
          const std::string user = fmt::format("u{}", thread);
          const std::string room = fmt::format("r{}", round % 3);
          (void)Make(room, user, At("192.0.2.1"));
          // All threads compete for the seats of this address.
          (void)Enter(room, "guest", At("192.0.2.1"));
          if (counted_store_.rooms().CountRooms(RoomKind::kMulti) > kPerAddress) ++too_many;
          (void)Leave(room, "guest");
          (void)Leave(room, user);
        }
      });
    }
  }
  EXPECT_EQ(too_many, 0U);
  EXPECT_EQ(counted_store_.rooms().CountRooms(RoomKind::kMulti), 0U);
  EXPECT_EQ(quota_.size(), 0U);
}

}  // namespace
}  // namespace rtcroom
