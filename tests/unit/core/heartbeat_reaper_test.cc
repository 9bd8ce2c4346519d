#include "daemon/core/heartbeat_reaper.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.h"
#include "tests/support/only_node.h"
#include "tests/support/other_nodes.h"
#include "tests/support/service_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

class HeartbeatReaperTest : public ServiceFixture {
 protected:
  void MakeRooms(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_OK(CreateRoom(Create("r" + std::to_string(i), "host")));
    }
  }
  /// Advances time in ticks, as in a running process.
  void Run(std::chrono::milliseconds duration) {
    for (auto left = duration; left > 0ms; left -= reaper_.TickPeriod()) {
      clock_.Advance(reaper_.TickPeriod());
      reaper_.Tick();
    }
  }
  std::uint64_t RoomCount() { return store_.CountRooms(RoomKind::kMulti); }

  std::vector<SweepOutcome> sweeps_;
  int stalls_ = 0;
  const ReaperOptions options_{
      .sweep_period = 5s,
      .batch = 2,
      .most_per_sweep = 6,
      .on_sweep = [this](const SweepOutcome& outcome) { sweeps_.push_back(outcome); },
      .on_stall = [this] { ++stalls_; }};
  HeartbeatReaper reaper_{rooms_, leases_, inactive_, alone_, clock_, options_, logger_};
};

TEST_F(HeartbeatReaperTest, EvictsASilentPusherBetweenTheTimeoutAndOneSweepLater) {
  MakeRooms(1);
  Run(20s);
  EXPECT_EQ(RoomCount(), 1U);
  Run(5s);
  EXPECT_EQ(RoomCount(), 0U);
}

TEST_F(HeartbeatReaperTest, NeverEvictsAPusherThatSendsHeartbeats) {
  MakeRooms(1);
  for (int beat = 0; beat < 100; ++beat) {
    Run(7s);
    ASSERT_OK(rooms_.TouchPusher(Member(Key("r0"), "host")));
  }
  EXPECT_EQ(RoomCount(), 1U);
}

TEST_F(HeartbeatReaperTest, SweepsOnlyWhileItIsThisNodesDuty) {
  OnlyNode node;
  node.lease.Record({});
  ReaperOptions options = options_;
  options.node = &node.lease;
  HeartbeatReaper reaper(rooms_, leases_, inactive_, alone_, clock_, options, logger_);
  const auto run = [&](std::chrono::milliseconds duration) {
    for (auto left = duration; left > 0ms; left -= reaper.TickPeriod()) {
      clock_.Advance(reaper.TickPeriod());
      reaper.Tick();
    }
  };
  MakeRooms(1);
  run(60s);
  EXPECT_EQ(RoomCount(), 1U);
  node.lease.Record(*node.cluster.Renew());
  run(5s);
  EXPECT_EQ(RoomCount(), 0U);
  EXPECT_EQ(stalls_, 0);
}

TEST_F(HeartbeatReaperTest, SweepsOncePerPeriod) {
  Run(20s);
  EXPECT_EQ(sweeps_.size(), 4U);
}

TEST_F(HeartbeatReaperTest, RenewsAllLeasesAfterAProcessStall) {
  MakeRooms(3);
  Run(10s);
  clock_.Advance(1h);  // stopped, swapped out or suspended: no heartbeat was possible
  reaper_.Tick();
  EXPECT_EQ(stalls_, 1);
  Run(20s);
  EXPECT_EQ(RoomCount(), 3U);
  Run(5s);
  EXPECT_EQ(RoomCount(), 0U);
}

TEST_F(HeartbeatReaperTest, DetectsAStallWithinATick) {
  MakeRooms(1);
  Run(10s);
  for (int tick = 0; tick < 100; ++tick) {  // ticks with and without a sweep
    clock_.StallAfterNextReading(1h);
    clock_.Advance(reaper_.TickPeriod());
    reaper_.Tick();
  }
  Run(20s);
  EXPECT_EQ(RoomCount(), 1U);
  EXPECT_GT(stalls_, 0);
  Run(10s);
  EXPECT_EQ(RoomCount(), 0U);
}

TEST_F(HeartbeatReaperTest, ALateTickIsNotAStall) {
  MakeRooms(1);
  Run(17500ms);
  clock_.Advance(5s);
  reaper_.Tick();
  EXPECT_EQ(RoomCount(), 0U);
}

TEST_F(HeartbeatReaperTest, IgnoresWallClockJumps) {
  MakeRooms(1);
  clock_.JumpWallClock(1000h);
  Run(10s);
  EXPECT_EQ(RoomCount(), 1U);
}

TEST_F(HeartbeatReaperTest, BoundsASweepAndReportsThatItIsBehind) {
  MakeRooms(9);
  clock_.Advance(kTimeout + 1ms);
  const SweepOutcome first = reaper_.Sweep(clock_.Monotonic());
  EXPECT_EQ(first.expiry.expired, options_.most_per_sweep);
  EXPECT_TRUE(first.behind);
  EXPECT_EQ(first.lag, 1ms);
  const SweepOutcome second = reaper_.Sweep(clock_.Monotonic());
  EXPECT_EQ(second.expiry.expired, 3U);
  EXPECT_FALSE(second.behind);
}

TEST_F(HeartbeatReaperTest, IsNotBehindAtExactlyTheSweepLimit) {
  MakeRooms(static_cast<int>(options_.most_per_sweep));
  clock_.Advance(kTimeout + 1ms);
  EXPECT_FALSE(reaper_.Sweep(clock_.Monotonic()).behind);
}

TEST_F(HeartbeatReaperTest, StopsASweepWhenTheStoreFails) {
  MakeRooms(9);
  clock_.Advance(kTimeout + 1ms);
  store_.broken = true;
  const SweepOutcome outcome = reaper_.Sweep(clock_.Monotonic());
  EXPECT_EQ(outcome.expiry.failed, options_.batch);
  EXPECT_TRUE(outcome.behind);
  store_.broken = false;
  EXPECT_EQ(reaper_.Sweep(clock_.Monotonic()).expiry.expired, options_.most_per_sweep);
}

/// A hanging disk: time passes during a write.
class SlowStore : public FailingStore {
 public:
  SlowStore(Store& store, FakeClock& clock) : FailingStore(store), clock_(clock) {}
  std::vector<Result<RoomChange>> UpdateAll(std::span<const RoomUpdate> updates) override {
    clock_.Advance(delay);
    return FailingStore::UpdateAll(updates);
  }
  std::chrono::milliseconds delay{0};

 private:
  FakeClock& clock_;
};

TEST_F(HeartbeatReaperTest, RenewsAllLeasesAfterASlowEviction) {
  SlowStore slow(sqlite_.rooms(), clock_);
  RoomService rooms(Deps(slow), {}, logger_);
  HeartbeatReaper reaper(rooms, leases_, inactive_, alone_, clock_, options_, logger_);
  MakeRooms(1);
  clock_.Advance(4s);
  reaper.Tick();
  for (int i = 0; i < 64; ++i) {
    clock_.Advance(250ms);
    reaper.Tick();
  }
  ASSERT_OK(CreateRoom(Create("late", "host")));  // heartbeat 1 s before the first one expires
  slow.delay = 1h;
  for (int i = 0; i < 24 && RoomCount() == 2; ++i) {
    clock_.Advance(250ms);
    reaper.Tick();
  }
  EXPECT_EQ(UsersIn(Key("late")), std::vector<std::string>{"host"});
  slow.delay = 0ms;
  for (int i = 0; i < 79; ++i) {
    clock_.Advance(250ms);
    reaper.Tick();
  }
  EXPECT_EQ(UsersIn(Key("late")), std::vector<std::string>{"host"});
  for (int i = 0; i < 22; ++i) {
    clock_.Advance(250ms);
    reaper.Tick();
  }
  EXPECT_TRUE(UsersIn(Key("late")).empty());
}

class SharedReaperTest : public HeartbeatReaperTest {
 protected:
  SweepOutcome Sweep() { return shared_.Sweep(clock_.Monotonic()); }

  OtherNodes others_;
  HeartbeatReaper shared_{rooms_, leases_, inactive_, others_, clock_, options_, logger_};
};

TEST_F(SharedReaperTest, AsksTheOtherNodesByNumberAndSeat) {
  MakeRooms(1);
  clock_.Advance(kTimeout + 1ms);
  const Room room = *sqlite_.rooms().Load(Key("r0"));
  EXPECT_EQ(Sweep().expiry.expired, 1U);
  const SeatKey host{.room_number = room.sequence, .seat = room.pushers.at(0).seat};
  EXPECT_EQ(others_.asked, std::vector{host});
}

TEST_F(SharedReaperTest, KeepsWhomAnotherNodeHasHeardForTheRestOfItsTimeout) {
  MakeRooms(1);
  clock_.Advance(kTimeout + 1ms);
  others_.answer = SharedSilence{.age = 8s};
  EXPECT_FALSE(Sweep().undecided);
  others_.answer = SharedSilence{.is_silent = true};
  clock_.Advance(12s);
  EXPECT_EQ(Sweep().expiry.expired, 0U);
  EXPECT_EQ(others_.asked.size(), 1U);
  clock_.Advance(1ms);
  EXPECT_EQ(Sweep().expiry.expired, 1U);
}

TEST_F(SharedReaperTest, LeavesForTheNextSweepWhatIsNotCertain) {
  MakeRooms(3);
  clock_.Advance(kTimeout + 1ms);
  others_.answer = SharedSilence{.age = kTimeout};
  const SweepOutcome waiting = Sweep();
  EXPECT_TRUE(waiting.undecided);
  EXPECT_EQ(waiting.expiry.expired, 0U);
  EXPECT_EQ(others_.asked.size(), options_.batch);
  others_.answer = SharedSilence{};
  EXPECT_TRUE(Sweep().undecided);
  others_.answer = SharedSilence{.is_silent = true};
  EXPECT_EQ(Sweep().expiry.expired, 3U);
}

TEST_F(SharedReaperTest, EvictsNobodyWithoutAnAnswerAndLogsItOnce) {
  CapturedLog log;
  Logger logger(LogFormat::kJson, LogLevel::kInfo, log.file());
  HeartbeatReaper reaper(rooms_, leases_, inactive_, others_, clock_, options_, logger);
  MakeRooms(1);
  clock_.Advance(kTimeout + 1ms);
  others_.answer = Error{Errc::kStoreBusy, "no answer"};
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(reaper.Sweep(clock_.Monotonic()).undecided);
  EXPECT_EQ(RoomCount(), 1U);
  others_.answer = SharedSilence{.is_silent = true};
  EXPECT_EQ(reaper.Sweep(clock_.Monotonic()).expiry.expired, 1U);
  const std::string text = log.Text();
  EXPECT_THAT(text, AllOf(HasSubstr("no answer"), HasSubstr(R"("silence_known")")));
  EXPECT_EQ(text.find("silence_unknown"), text.rfind("silence_unknown"));
}

/// The first that they are asked about were heard there.
class FirstHeardElsewhere : public Alone {
 public:
  Result<std::vector<SharedSilence>> Silent(std::span<const SeatKey> lapsed,
                                            std::chrono::milliseconds timeout) override {
    Result<std::vector<SharedSilence>> answers = Alone::Silent(lapsed, timeout);
    for (SharedSilence& answer : *answers) {
      if (heard == 0) break;
      --heard;
      answer = {.age = 8s};
    }
    return answers;
  }
  std::size_t heard = 0;
};

TEST_F(HeartbeatReaperTest, BoundsASweepByEvictionsAndNotByWhomOtherNodesHaveHeard) {
  FirstHeardElsewhere others;
  HeartbeatReaper reaper(rooms_, leases_, inactive_, others, clock_, options_, logger_);
  others.heard = 2 * options_.most_per_sweep;
  MakeRooms(static_cast<int>(3 * options_.most_per_sweep + 1));
  clock_.Advance(kTimeout + 1ms);
  const SweepOutcome outcome = reaper.Sweep(clock_.Monotonic());
  EXPECT_EQ(outcome.expiry.expired, options_.most_per_sweep);
  EXPECT_TRUE(outcome.behind);
  EXPECT_EQ(outcome.lag, 1ms);
}

TEST_F(HeartbeatReaperTest, EvictsOnlyTheSilentMemberOfARoom) {
  MakeRooms(1);
  ASSERT_OK(AddNow(rooms_, Add(Key("r0"), "guest")));
  for (int i = 0; i < 4; ++i) {
    Run(6s);
    ASSERT_OK(rooms_.TouchPusher(Member(Key("r0"), "host")));
  }
  Run(2s);
  EXPECT_EQ(UsersIn(Key("r0")), std::vector<std::string>{"host"});
}

}  // namespace
}  // namespace rtcroom
