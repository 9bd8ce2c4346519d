#include "daemon/core/room_service.h"

#include <atomic>
#include <functional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/service_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

class RoomServiceTest : public ServiceFixture {
 protected:
  static CreateRoomCommand CreateUnnamed(const std::string& creator) {
    CreateRoomCommand command = Create("", creator);
    command.room_id.reset();
    return command;
  }
  std::vector<LapsedLease> EverythingLapsed() {
    clock_.Advance(kTimeout + 1ms);
    return leases_.Lapsed(100, clock_.Monotonic());
  }
};

TEST_F(RoomServiceTest, CreatesARoomWithAGeneratedId) {
  const Result<RoomId> id = CreateRoom(CreateUnnamed("host"));
  ASSERT_OK(id);
  EXPECT_EQ(*id, RoomId{"room_00000001_0000"});
  const Result<Room> room = rooms_.LoadRoom(Key(id->value), Dialect::kGen1);
  ASSERT_OK(room);
  EXPECT_EQ(room->mixed_play_url, "https://play/live/host.flv");
  EXPECT_EQ(room->pushers.at(0).accelerate_url, "rtmp://play/live/host");
  EXPECT_EQ(room->pushers.at(0).push_url, "rtmp://p/1");
}

TEST_F(RoomServiceTest, MakesTheGroupBeforeTheRoom) {
  bool stored_before_group = true;
  groups_.AnswerWith([&](const RoomId& id, MonotonicTime) {
    stored_before_group = rooms_.LoadRoom(Key(id.value), Dialect::kGen1).ok();
    return Status();
  });
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  EXPECT_FALSE(stored_before_group);
  EXPECT_EQ(groups_.asked(), std::vector<RoomId>{{"r1"}});
}

TEST_F(RoomServiceTest, RepeatsACreateWithoutAnotherGroup) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  const Result<RoomId> again = CreateRoom(Create("r1", "host"));
  ASSERT_OK(again);
  EXPECT_EQ(*again, RoomId{"r1"});
  EXPECT_EQ(groups_.asked().size(), 1U);
  EXPECT_EQ(UsersIn(Key("r1")), std::vector<std::string>{"host"});
}

TEST_F(RoomServiceTest, StoresNothingIfTheGroupCannotBeCreated) {
  groups_.AnswerWith([](const RoomId&, MonotonicTime) -> Status {
    return Error{Errc::kUnavailable, "no answer"};
  });
  EXPECT_ERROR(kUnavailable, CreateRoom(Create("r1", "host")));
  EXPECT_ERROR(kUnavailable, CreateRoom(CreateUnnamed("host")));
  EXPECT_TRUE(Events().empty());
  groups_.AnswerWith({});
  EXPECT_OK(CreateRoom(Create("r1", "host")));
}

TEST_F(RoomServiceTest, AbandonsTheGroupOfAGeneratedIdOnly) {
  groups_.AnswerWith([](const RoomId&, MonotonicTime) -> Status {
    return Error{Errc::kUnavailable, "the answer was lost"};
  });
  EXPECT_ERROR(kUnavailable, CreateRoom(CreateUnnamed("host")));
  EXPECT_ERROR(kUnavailable, CreateRoom(Create("named", "host")));
  EXPECT_EQ(groups_.abandoned(), std::vector<RoomId>{{"room_00000001_0000"}});
}

TEST_F(RoomServiceTest, AbandonsTheGroupOfAGeneratedIdIfStoringFails) {
  store_.broken = true;
  EXPECT_ERROR(kStoreBroken, CreateRoom(CreateUnnamed("host")));
  EXPECT_EQ(groups_.abandoned(), std::vector<RoomId>{{"room_00000001_0000"}});
}

TEST_F(RoomServiceTest, AbandonsNoGroupWhoseRoomMayBeStored) {
  store_.broken = true;
  store_.failure = Errc::kOutcomeUnknown;
  EXPECT_ERROR(kOutcomeUnknown, CreateRoom(CreateUnnamed("host")));
  EXPECT_TRUE(groups_.abandoned().empty());
}

TEST_F(RoomServiceTest, GeneratesAnotherIdIfTheGroupIsForeign) {
  std::atomic<int> calls{0};
  groups_.AnswerWith([&](const RoomId&, MonotonicTime) -> Status {
    if (++calls < 3) return Error{Errc::kRoomExists, "taken by another"};
    return {};
  });
  const Result<RoomId> id = CreateRoom(CreateUnnamed("host"));
  ASSERT_OK(id);
  EXPECT_EQ(*id, RoomId{"room_00000003_0000"});
  EXPECT_TRUE(groups_.abandoned().empty());
}

TEST_F(RoomServiceTest, FailsAfterThreeGeneratedIds) {
  groups_.AnswerWith([](const RoomId&, MonotonicTime) -> Status {
    return Error{Errc::kRoomExists, "it always says so"};
  });
  EXPECT_ERROR(kUnavailable, CreateRoom(CreateUnnamed("host")));
  EXPECT_EQ(groups_.asked().size(), 3U);
}

TEST_F(RoomServiceTest, ReportsANamedIdAsTakenIfItsGroupIsForeign) {
  groups_.AnswerWith([](const RoomId&, MonotonicTime) -> Status {
    return Error{Errc::kRoomExists, "taken by another"};
  });
  EXPECT_ERROR(kRoomExists, CreateRoom(Create("r1", "host")));
}

TEST_F(RoomServiceTest, UsesOneDeadlineForAllGroupAttempts) {
  std::vector<MonotonicTime> deadlines;
  groups_.AnswerWith([&](const RoomId&, MonotonicTime deadline) -> Status {
    deadlines.push_back(deadline);
    clock_.Advance(3s);
    return Error{Errc::kRoomExists, "taken by another"};
  });
  const MonotonicTime begun = clock_.Monotonic();
  EXPECT_ERROR(kUnavailable, CreateRoom(CreateUnnamed("host")));
  EXPECT_EQ(deadlines, std::vector<MonotonicTime>(3, begun + 8s));
}

TEST_F(RoomServiceTest, QueuesOnlyTheSameCreatorDuringGroupCreation) {
  groups_.Hold();
  std::optional<Result<RoomId>> first;
  std::optional<Result<RoomId>> repeated;
  const auto into = [](std::optional<Result<RoomId>>& outcome) {
    return [&outcome](Result<RoomId> made) { outcome = std::move(made); };
  };
  rooms_.CreateRoom(Create("r1", "host"), into(first));
  EXPECT_ERROR(kRoomExists, CreateRoom(Create("r1", "other")));
  EXPECT_ERROR(kRoomExists, CreateRoom(Create("r1", "host", RoomKind::kDouble)));
  rooms_.CreateRoom(Create("r1", "host"), into(repeated));
  EXPECT_FALSE(first || repeated);
  groups_.AnswerHeld({});
  ASSERT_TRUE(first && repeated);
  EXPECT_EQ(groups_.asked().size(), 1U);
  EXPECT_OK(*first);
  EXPECT_OK(*repeated);
  EXPECT_EQ(UsersIn(Key("r1")), std::vector<std::string>{"host"});
}

TEST_F(RoomServiceTest, ReturnsAFailureToAllRepeatedCreates) {
  groups_.Hold();
  std::vector<Result<RoomId>> outcomes;
  const auto record = [&](Result<RoomId> made) { outcomes.push_back(std::move(made)); };
  rooms_.CreateRoom(Create("r1", "host"), record);
  rooms_.CreateRoom(Create("r1", "host"), record);
  groups_.AnswerHeld(Error{Errc::kUnavailable, "no answer"});
  ASSERT_EQ(outcomes.size(), 2U);
  for (const Result<RoomId>& outcome : outcomes) EXPECT_ERROR(kUnavailable, outcome);
  EXPECT_OK(CreateRoom(Create("r1", "host")));
}

TEST_F(RoomServiceTest, ReportsTheOutcomeOfARoomToItsGroup) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  store_.broken = true;
  EXPECT_ERROR(kStoreBroken, CreateRoom(Create("r2", "host")));
  EXPECT_EQ(groups_.finished(),
            (std::vector<std::pair<RoomId, GroupOutcome>>{{{"r1"}, GroupOutcome::kKept},
                                                          {{"r2"}, GroupOutcome::kAbandoned}}));
}

TEST_F(RoomServiceTest, EnqueuesADeferredGroupCreateWithTheRoom) {
  groups_.SucceedWith({.is_made_later = true});
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  const auto pending = sqlite_.deliveries().LoadDeliveries(DeliveryKind::kCreateGroup, 10);
  ASSERT_OK(pending);
  ASSERT_EQ(pending->size(), 1U);
  EXPECT_EQ(pending->front().group, RoomId{"r1"});
}

TEST_F(RoomServiceTest, EnqueuesDeliveriesOnlyIfSendingIsEnabled) {
  const auto pending = [this] { return sqlite_.deliveries().CountDeliveries()->groups; };
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  ASSERT_OK(AddNow(rooms_, Add(Key("r1"), "guest")));
  EXPECT_EQ(pending(), 0U);
  RoomService sending(Deps(store_), {.deliveries = {.im = true}}, logger_);
  ASSERT_OK(AddNow(sending, Add(Key("r1"), "another")));
  EXPECT_EQ(sqlite_.deliveries().LoadDeliveries(DeliveryKind::kNotifyGroup, 10)->size(), 1U);
  EXPECT_OK(sending.DestroyRoom({.room = Key("r1"), .user_id = {"host"}}));
  EXPECT_EQ(sqlite_.deliveries().LoadDeliveries(DeliveryKind::kDestroyGroup, 10)->size(), 1U);
  EXPECT_EQ(pending(), 1U);
}

/// A store with a hook before the next write.
class StoreWithRival : public FailingStore {
 public:
  using FailingStore::FailingStore;
  std::vector<Result<RoomChange>> UpdateAll(std::span<const RoomUpdate> updates) override {
    if (before_write) std::exchange(before_write, {})();
    return FailingStore::UpdateAll(updates);
  }
  std::function<void()> before_write;
};

TEST_F(RoomServiceTest, CreatesANewGroupIfTheRoomEndsDuringARetry) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  StoreWithRival store(sqlite_.rooms());
  RoomService rooms(Deps(store), {}, logger_);
  store.before_write = [this] { EXPECT_OK(rooms_.DestroyRoom(Member(Key("r1"), "host"))); };
  ASSERT_OK(CreateNow(rooms, Create("r1", "host")));
  EXPECT_EQ(groups_.asked().size(), 2U);
  EXPECT_EQ(UsersIn(Key("r1")), std::vector<std::string>{"host"});
}

TEST_F(RoomServiceTest, ACreatorMayRepeatACreateWhileAnotherUserIsRefused) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  StoreWithRival store(sqlite_.rooms());
  RoomService rooms(Deps(store), {}, logger_);
  store.before_write = [&rooms] { EXPECT_OK(CreateNow(rooms, Create("r1", "host"))); };
  EXPECT_ERROR(kRoomExists, CreateNow(rooms, Create("r1", "other")));
}

TEST_F(RoomServiceTest, AppliesTheLimitOfTheKind) {
  const RoomKey pair = Key("pair", RoomKind::kDouble);
  const RoomKey meeting = Key("meeting", RoomKind::kMulti);
  const RoomKey show = Key("show", RoomKind::kLive);
  for (const RoomKey& room : {pair, meeting, show}) {
    ASSERT_OK(CreateRoom(Create(room.id.value, "host", room.kind)));
  }
  EXPECT_OK(AddNow(rooms_, Add(pair, "a")));
  EXPECT_ERROR(kRoomFull, AddNow(rooms_, Add(pair, "b")));
  for (const RoomKey& room : {meeting, show}) {
    for (const char* user : {"a", "b", "c"}) EXPECT_OK(AddNow(rooms_, Add(room, user)));
    EXPECT_ERROR(kRoomFull, AddNow(rooms_, Add(room, "d")));
  }
}

TEST_F(RoomServiceTest, DoesNotFindARoomOfAnotherDialectOrKind) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  EXPECT_ERROR(kRoomNotFound, rooms_.LoadRoom(Key("r1"), Dialect::kGen2));
  EXPECT_ERROR(kRoomNotFound, rooms_.LoadRoom(Key("r1", RoomKind::kLive), Dialect::kGen1));
}

TEST_F(RoomServiceTest, RejectsHeartbeatsOfNonMembers) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  EXPECT_OK(rooms_.TouchPusher(Member(Key("r1"), "host")));
  EXPECT_ERROR(kPusherNotFound, rooms_.TouchPusher(Member(Key("r1"), "stranger")));
  EXPECT_EQ(UsersIn(Key("r1")), std::vector<std::string>{"host"});
}

TEST_F(RoomServiceTest, ExpiresALapsedPusherWithItsReason) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  ASSERT_OK(AddNow(rooms_, Add(Key("r1"), "guest")));
  clock_.Advance(kTimeout);
  ASSERT_OK(rooms_.TouchPusher(Member(Key("r1"), "host")));
  clock_.Advance(1ms);
  const ExpiryOutcome outcome = ExpireNow(rooms_, leases_.Lapsed(10, clock_.Monotonic()));
  EXPECT_EQ(outcome.expired, 1U);
  EXPECT_EQ(UsersIn(Key("r1")), std::vector<std::string>{"host"});
  EXPECT_EQ(std::get<PusherDeleted>(Events().back().payload),
            (PusherDeleted{.user_id = {"guest"}, .reason = LeaveReason::kHeartbeatTimeout}));
  EXPECT_ERROR(kPusherNotFound, rooms_.TouchPusher(Member(Key("r1"), "guest")));
}

TEST_F(RoomServiceTest, SparesAPusherForWhichAnEvictionHoldsNoMore) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  EXPECT_EQ(ExpireNow(rooms_, EverythingLapsed(), /*holds=*/false).skipped, 1U);
  EXPECT_EQ(UsersIn(Key("r1")), std::vector<std::string>{"host"});
  EXPECT_OK(rooms_.TouchPusher(Member(Key("r1"), "host")));
}

TEST_F(RoomServiceTest, EvictsDespiteAHeartbeatWhereHeartbeatsDoNotMatter) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  ASSERT_OK(AddNow(rooms_, Add(Key("r1"), "guest")));
  const std::optional<LapsedLease> lease =
      leases_.Observe(Key("r1"), {"guest"}, clock_.Monotonic());
  ASSERT_TRUE(lease);
  ASSERT_OK(rooms_.TouchPusher(Member(Key("r1"), "guest")));
  const Eviction eviction{
      .lease = *lease, .reason = LeaveReason::kStreamInterrupted, .despite_heartbeats = true};
  EXPECT_EQ(
      rooms_.ExpirePushers({{eviction}}, [](const Eviction& /*one*/) { return true; }).expired, 1U);
  EXPECT_EQ(std::get<PusherDeleted>(Events().back().payload),
            (PusherDeleted{.user_id = {"guest"}, .reason = LeaveReason::kStreamInterrupted}));
}

TEST_F(RoomServiceTest, ExpiringTheCreatorEndsTheRoomOnce) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  ASSERT_OK(AddNow(rooms_, Add(Key("r1"), "guest")));
  const ExpiryOutcome outcome = ExpireNow(rooms_, EverythingLapsed());
  EXPECT_EQ(outcome.expired, 1U);
  EXPECT_EQ(outcome.skipped, 1U);
  EXPECT_ERROR(kRoomNotFound, rooms_.LoadRoom(Key("r1"), Dialect::kGen1));
  EXPECT_EQ(leases_.size(), 0U);
}

TEST_F(RoomServiceTest, SparesAPusherWithAHeartbeatSinceTheSweep) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  const std::vector<LapsedLease> lapsed = EverythingLapsed();
  ASSERT_OK(rooms_.TouchPusher(Member(Key("r1"), "host")));
  EXPECT_EQ(ExpireNow(rooms_, lapsed).skipped, 1U);
  EXPECT_EQ(UsersIn(Key("r1")), std::vector<std::string>{"host"});
}

TEST_F(RoomServiceTest, SparesAPusherThatRejoinedSinceTheSweep) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  ASSERT_OK(AddNow(rooms_, Add(Key("r1"), "guest")));
  std::vector<LapsedLease> lapsed = EverythingLapsed();
  std::erase_if(lapsed, [](const LapsedLease& lease) { return lease.user_id == UserId{"host"}; });
  ASSERT_OK(rooms_.DeletePusher(Member(Key("r1"), "guest")));
  ASSERT_OK(AddNow(rooms_, Add(Key("r1"), "guest")));
  EXPECT_EQ(ExpireNow(rooms_, lapsed).skipped, 1U);
  EXPECT_EQ(UsersIn(Key("r1")), (std::vector<std::string>{"host", "guest"}));
}

TEST_F(RoomServiceTest, KeepsAPusherActiveIfItsEvictionIsNotStored) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  const std::vector<LapsedLease> lapsed = EverythingLapsed();
  store_.broken = true;
  EXPECT_EQ(ExpireNow(rooms_, lapsed).failed, 1U);
  EXPECT_OK(rooms_.TouchPusher(Member(Key("r1"), "host")));
  store_.broken = false;
  EXPECT_EQ(UsersIn(Key("r1")), std::vector<std::string>{"host"});
}

TEST_F(RoomServiceTest, ChangesNothingIfTheStoreFails) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  store_.broken = true;
  EXPECT_ERROR(kStoreBroken, AddNow(rooms_, Add(Key("r1"), "guest")));
  EXPECT_ERROR(kStoreBroken, rooms_.DeletePusher(Member(Key("r1"), "host")));
  EXPECT_ERROR(kStoreBroken, rooms_.DestroyRoom(Member(Key("r1"), "host")));
  EXPECT_EQ(UsersIn(Key("r1")), std::vector<std::string>{"host"});
  EXPECT_OK(rooms_.TouchPusher(Member(Key("r1"), "host")));
}

TEST_F(RoomServiceTest, LeavesNoMemberInAnEndedRoom) {
  for (int round = 0; round < 50; ++round) {
    const RoomKey room = Key("race" + std::to_string(round));
    ASSERT_OK(CreateRoom(Create(room.id.value, "host")));
    Status added;
    {
      std::jthread joins([&] { added = AddNow(rooms_, Add(room, "guest")); });
      ASSERT_OK(rooms_.DeletePusher(Member(room, "host")));
    }
    EXPECT_TRUE(added.ok() || added.error().code == Errc::kRoomNotFound);
    EXPECT_TRUE(UsersIn(room).empty());
    EXPECT_ERROR(kPusherNotFound, rooms_.TouchPusher(Member(room, "guest")));
  }
}

/// It knows, as a store of several servers does, the address that each pusher is bound to.
class BindingStore : public FailingStore {
 public:
  using FailingStore::FailingStore;

  std::string bound_to{};

  std::vector<Result<RoomChange>> UpdateAll(std::span<const RoomUpdate> updates) override {
    std::vector<RoomUpdate> bound(updates.begin(), updates.end());
    for (RoomUpdate& update : bound) {
      update.edit = [this, edit = update.edit](const Room* stored) {
        if (stored == nullptr) return edit(nullptr);
        Room seen = *stored;
        for (Pusher& pusher : seen.pushers) pusher.bound_to = bound_to;
        return edit(&seen);
      };
    }
    return FailingStore::UpdateAll(bound);
  }
};

TEST_F(RoomServiceTest, ABindingThatOnlyTheStoreKnowsYetIsKept) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  LeaseTable elsewhere(clock_, kTimeout);  // has not heard of it
  BindingStore store(store_);
  store.bound_to = "192.0.2.1";
  RoomService other({.store = store,
                     .ban_store = sqlite_.bans(),
                     .bans = bans_,
                     .leases = elsewhere,
                     .groups = &groups_,
                     .streams = streams_,
                     .clock = clock_,
                     .ids = ids_},
                    {}, logger_);
  MemberCommand host = Member(Key("r1"), "host");
  host.from = "192.0.2.2";
  EXPECT_ERROR(kPusherNotFound, other.DeletePusher(host));
  EXPECT_ERROR(kNotCreator, other.DestroyRoom(host));
  Room earlier = *store_.Load(Key("r1"));
  earlier.pushers.front().bound_to = "192.0.2.1";
  elsewhere.Restore(earlier);
  store.bound_to = "192.0.2.2";  // bound anew, and it has not heard of that either
  EXPECT_OK(other.DestroyRoom(host));
}

}  // namespace
}  // namespace rtcroom
