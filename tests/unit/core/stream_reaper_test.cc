// The reaper with streams as a second signal.
#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/heartbeat_reaper.h"
#include "tests/support/captured_log.h"
#include "tests/support/fake_media.h"
#include "tests/support/other_nodes.h"
#include "tests/support/service_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using Kind = MediaState::Kind;

/// A room of "host", who always sends heartbeats, and "guest", who need not.
class StreamReaperTest : public ServiceFixture {
 protected:
  void SetUp() override {
    ASSERT_OK(CreateRoom(Create("r1", "host")));
    ASSERT_OK(AddNow(rooms_, Add(Key("r1"), "guest")));
    media_.Set("host", Kind::kOn);
  }

  HeartbeatReaper ReaperWith(const LivenessRules& rules) {
    return {rooms_,     leases_,
            inactive_,  alone_,
            clock_,     {.rules = rules, .sweep_period = 5s},
            log_lines_, {.streams = StreamWitness{.media = media_, .claims = claims_}}};
  }
  /// Advances time in ticks, as in a running process.
  void Run(HeartbeatReaper& reaper, std::chrono::milliseconds duration, bool guest_beats = false) {
    for (auto left = duration; left > 0ms; left -= reaper.TickPeriod()) {
      clock_.Advance(reaper.TickPeriod());
      ASSERT_OK(rooms_.TouchPusher(Member(Key("r1"), "host")));
      if (guest_beats) (void)rooms_.TouchPusher(Member(Key("r1"), "guest"));
      reaper.Tick();
    }
  }
  bool HasGuest() { return UsersIn(Key("r1")).size() == 2; }
  /// How long the guest stays from now on, at most two minutes.
  std::chrono::seconds Stay(HeartbeatReaper& reaper, bool guest_beats = false) {
    std::chrono::seconds stay{0};
    while (HasGuest() && stay < 120s) {
      Run(reaper, 1s, guest_beats);
      ++stay;
    }
    return stay;
  }
  LeaveReason ReasonOfTheLast() { return std::get<PusherDeleted>(Events().back().payload).reason; }

  FakeMedia media_{clock_};
  CapturedLog log_;
  Logger log_lines_{LogFormat::kText, LogLevel::kInfo, log_.file()};
};

TEST_F(StreamReaperTest, AStreamOnAirKeepsASilentMember) {
  HeartbeatReaper reaper = ReaperWith({.policy = LivenessPolicy::kAssist});
  media_.Set("guest", Kind::kOn);
  Run(reaper, 10min);
  EXPECT_TRUE(HasGuest());
  EXPECT_EQ(leases_.StateOf(Key("r1"), {"guest"})->age, 10min);
}

TEST_F(StreamReaperTest, OneLineForEachSilenceTellsWhyAMemberIsKept) {
  HeartbeatReaper reaper = ReaperWith({.policy = LivenessPolicy::kAssist});
  media_.Set("guest", Kind::kOn);
  const auto lines = [this] {
    const std::string text = log_.Text();
    return std::ranges::count(text, '\n');
  };
  Run(reaper, 10min);
  EXPECT_EQ(lines(), 1);
  EXPECT_THAT(log_.Text(), AllOf(HasSubstr(" info pusher_kept kind=multi room=r1 user=guest "),
                                 HasSubstr(" media=on\n")));
  Run(reaper, 10min, /*guest_beats=*/true);
  EXPECT_EQ(lines(), 1);
  Run(reaper, 10min);
  EXPECT_EQ(lines(), 2);
}

TEST_F(StreamReaperTest, ASilentMemberGoes15To21SecondsAfterItsStream) {
  HeartbeatReaper reaper = ReaperWith({.policy = LivenessPolicy::kAssist});
  media_.Set("guest", Kind::kOn);
  Run(reaper, 3min + 2s);
  media_.Set("guest", Kind::kOff);
  EXPECT_THAT(Stay(reaper), AllOf(Ge(15s), Le(21s)));
  EXPECT_EQ(ReasonOfTheLast(), LeaveReason::kStreamInterrupted);
}

TEST_F(StreamReaperTest, AStreamThatBlinksEvictsNobody) {
  HeartbeatReaper reaper = ReaperWith({.policy = LivenessPolicy::kAssist});
  for (int i = 0; i < 10; ++i) {
    media_.Set("guest", Kind::kOn);
    Run(reaper, 7s);
    media_.Set("guest", Kind::kOff);
    Run(reaper, 14s);
  }
  EXPECT_TRUE(HasGuest());
}

TEST_F(StreamReaperTest, AMemberThatBeatsStaysWithoutItsStream) {
  HeartbeatReaper reaper = ReaperWith({.policy = LivenessPolicy::kAssist});
  media_.Set("guest", Kind::kOff);
  Run(reaper, 5min, /*guest_beats=*/true);
  EXPECT_TRUE(HasGuest());
  EXPECT_THAT(Stay(reaper), AllOf(Ge(kTimeout), Le(kTimeout + 6s))) << "once it is silent";
}

TEST_F(StreamReaperTest, AMemberThatBeatsGoesWithItsStreamIfAskedFor) {
  HeartbeatReaper reaper =
      ReaperWith({.policy = LivenessPolicy::kAssist, .evict_on_media_off = true});
  media_.Set("guest", Kind::kOn);
  Run(reaper, 1min, /*guest_beats=*/true);
  media_.Set("guest", Kind::kOff);
  EXPECT_THAT(Stay(reaper, /*guest_beats=*/true), AllOf(Ge(15s), Le(21s)));
  EXPECT_EQ(ReasonOfTheLast(), LeaveReason::kStreamInterrupted);
}

TEST_F(StreamReaperTest, ASilentMemberStaysForThreeTimeoutsWhileTheMediaServerIsAway) {
  HeartbeatReaper reaper = ReaperWith({.policy = LivenessPolicy::kAssist});
  media_.Set("guest", Kind::kUnknown);
  EXPECT_THAT(Stay(reaper), AllOf(Ge(3 * kTimeout), Le(4 * kTimeout + 6s)));
  EXPECT_EQ(ReasonOfTheLast(), LeaveReason::kHeartbeatTimeout);
}

TEST_F(StreamReaperTest, AMemberThatItsStreamHasKeptStaysForThreeTimeoutsMore) {
  HeartbeatReaper reaper = ReaperWith({.policy = LivenessPolicy::kAssist});
  media_.Set("guest", Kind::kOn);
  Run(reaper, 10 * kTimeout);
  media_.Set("guest", Kind::kUnknown);
  EXPECT_THAT(Stay(reaper), AllOf(Ge(3 * kTimeout), Le(4 * kTimeout + 6s)));
}

TEST_F(StreamReaperTest, HeartbeatsAloneDecideWithoutAStream) {
  HeartbeatReaper reaper = ReaperWith({.policy = LivenessPolicy::kAssist});
  EXPECT_THAT(Stay(reaper), AllOf(Ge(kTimeout), Le(kTimeout + 6s)));
  EXPECT_EQ(ReasonOfTheLast(), LeaveReason::kHeartbeatTimeout);
}

/// With other nodes on the store.
class SharedStreamReaperTest : public StreamReaperTest {
 protected:
  HeartbeatReaper SharedReaperWith(const LivenessRules& rules) {
    return {rooms_,     leases_,
            inactive_,  others_,
            clock_,     {.rules = rules, .sweep_period = 5s},
            log_lines_, {.streams = StreamWitness{.media = media_, .claims = claims_}}};
  }
  OtherNodes others_;
};

TEST_F(SharedStreamReaperTest, WhoseHeartbeatsReachAnotherNodeStaysWithoutItsStream) {
  HeartbeatReaper reaper = SharedReaperWith({.policy = LivenessPolicy::kAssist});
  media_.Set("guest", Kind::kOn);
  Run(reaper, 3min);
  others_.answer = SharedSilence{.age = 1s};
  media_.Set("guest", Kind::kOff);
  EXPECT_EQ(Stay(reaper), 120s);
}

TEST_F(SharedStreamReaperTest, ASilentMemberStaysWithoutItsStreamWhileTheOthersDoNotAnswer) {
  HeartbeatReaper reaper = SharedReaperWith({.policy = LivenessPolicy::kAssist});
  others_.answer = Error{Errc::kStoreBusy, {}};
  media_.Set("guest", Kind::kOff);
  EXPECT_EQ(Stay(reaper), 120s);
}

TEST_F(SharedStreamReaperTest, AStreamThatAnotherNodeSeesKeepsASilentMember) {
  for (const LivenessPolicy policy : {LivenessPolicy::kAssist, LivenessPolicy::kStream}) {
    HeartbeatReaper reaper = SharedReaperWith({.policy = policy});
    others_.answer =
        SharedSilence{.is_silent = true, .media = SharedMedia{.is_on = true}, .told_ago = 1s};
    media_.Set("guest", Kind::kNone);
    Run(reaper, 2min);
    media_.Set("guest", Kind::kOff);
    Run(reaper, 2min);
    EXPECT_TRUE(HasGuest());
  }
}

TEST_F(SharedStreamReaperTest, AStreamThatEndedAtAnotherNodeKeepsNobody) {
  HeartbeatReaper reaper = SharedReaperWith({.policy = LivenessPolicy::kAssist});
  media_.Set("guest", Kind::kOn);
  Run(reaper, 1min);
  others_.off = {{.room = Key("r1"), .user_id = {"guest"}}};
  const auto answer_with_age = [&](std::chrono::milliseconds age) {
    others_.answer =
        SharedSilence{.is_silent = true, .media = SharedMedia{.age = age}, .told_ago = 1s};
  };
  answer_with_age(15s);
  Run(reaper, 10s);
  EXPECT_TRUE(HasGuest()) << "it was not told for the whole grace";
  answer_with_age(16s);
  EXPECT_THAT(Stay(reaper), Le(6s));
  EXPECT_EQ(ReasonOfTheLast(), LeaveReason::kStreamInterrupted);
}

TEST_F(SharedStreamReaperTest, AStreamThatWasSeenHereLaterThanItsEndElsewhereKeepsItsMember) {
  HeartbeatReaper reaper = SharedReaperWith({.policy = LivenessPolicy::kAssist});
  Run(reaper, 1s);  // its end may be as old as the member
  media_.Set("guest", Kind::kOn);
  others_.answer =
      SharedSilence{.is_silent = true, .media = SharedMedia{.age = 1h}, .told_ago = 1s};
  EXPECT_EQ(Stay(reaper), 120s);
}

TEST_F(SharedStreamReaperTest, TheEndElsewhereOfAStreamEvictsAMemberThatBeatsIfAskedFor) {
  HeartbeatReaper reaper =
      SharedReaperWith({.policy = LivenessPolicy::kAssist, .evict_on_media_off = true});
  others_.off = {{.room = Key("r1"), .user_id = {"guest"}}};
  others_.answer = SharedSilence{.age = 1s, .media = SharedMedia{.age = 1h}};
  Run(reaper, 1min, /*guest_beats=*/true);
  EXPECT_TRUE(HasGuest()) << "some nodes have told nothing";
  others_.answer->told_ago = 1s;
  EXPECT_THAT(Stay(reaper, /*guest_beats=*/true), Le(6s));
  EXPECT_EQ(ReasonOfTheLast(), LeaveReason::kStreamInterrupted);
}

TEST_F(SharedStreamReaperTest, AStreamThatIsOffEvictsNobodyWhileTheOthersDoNotAnswer) {
  HeartbeatReaper reaper =
      SharedReaperWith({.policy = LivenessPolicy::kAssist, .evict_on_media_off = true});
  others_.answer = Error{Errc::kStoreBusy, {}};
  media_.Set("guest", Kind::kOff);
  EXPECT_EQ(Stay(reaper, /*guest_beats=*/true), 120s);
}

TEST_F(SharedStreamReaperTest, WhatEndedBeforeTheMediaServerWasAwayIsNotCertain) {
  HeartbeatReaper reaper = SharedReaperWith({.policy = LivenessPolicy::kAssist});
  media_.Set("guest", Kind::kUnknown);
  others_.answer =
      SharedSilence{.is_silent = true, .media = SharedMedia{.age = 1h}, .told_ago = 0s};
  EXPECT_THAT(Stay(reaper), Ge(3 * kTimeout));
}

/// Members whose media a test sets.
class FakeMemberMedia : public MemberMedia {
 public:
  [[nodiscard]] std::optional<MediaState> StateOf(const RoomKey& /*room*/,
                                                  const UserId& user_id) const override {
    if (user_id != UserId{"guest"}) return std::nullopt;
    return guest;
  }
  [[nodiscard]] std::vector<StreamClaims::Member> OffFor(
      std::chrono::milliseconds /*grace*/) const override {
    if (!guest || guest->kind != Kind::kOff) return {};
    return {{.room = {.kind = RoomKind::kMulti, .id = {"r1"}}, .user_id = {"guest"}}};
  }
  std::optional<MediaState> guest{};
};

class MemberReaperTest : public StreamReaperTest {
 protected:
  HeartbeatReaper ReaperOf(const LivenessRules& rules) {
    return {rooms_,
            leases_,
            inactive_,
            alone_,
            clock_,
            {.rules = rules, .sweep_period = 5s},
            logger_,
            {.streams = StreamWitness{.media = media_, .claims = claims_}, .members = &members_}};
  }
  FakeMemberMedia members_;
};

TEST_F(MemberReaperTest, WhatIsReportedOfAMemberCountsBeforeItsStream) {
  HeartbeatReaper reaper = ReaperOf({.policy = LivenessPolicy::kAssist});
  media_.Set("guest", Kind::kOff);
  members_.guest = {.kind = Kind::kOn};
  EXPECT_EQ(Stay(reaper), 120s);
  members_.guest = {.kind = Kind::kOff, .lasting = 1h};
  EXPECT_THAT(Stay(reaper), Le(6s));
  EXPECT_EQ(ReasonOfTheLast(), LeaveReason::kStreamInterrupted);
}

TEST_F(MemberReaperTest, WithoutAReportTheStreamCounts) {
  HeartbeatReaper reaper = ReaperOf({.policy = LivenessPolicy::kAssist});
  media_.Set("guest", Kind::kOn);
  EXPECT_EQ(Stay(reaper), 120s);
}

TEST_F(MemberReaperTest, MediaThatWasOffBeforeAMemberJoinedIsNoSign) {
  HeartbeatReaper reaper =
      ReaperOf({.policy = LivenessPolicy::kAssist, .grace = 15s, .evict_on_media_off = true});
  members_.guest = {.kind = Kind::kOff, .lasting = 1h};
  EXPECT_THAT(Stay(reaper, true), AllOf(Ge(14s), Le(21s)));
}

/// Something happens before a change is stored.
class InterveningStore : public FailingStore {
 public:
  using FailingStore::FailingStore;
  std::vector<Result<RoomChange>> UpdateAll(std::span<const RoomUpdate> updates) override {
    if (before) before();
    return FailingStore::UpdateAll(updates);
  }
  std::function<void()> before{};
};

TEST_F(StreamReaperTest, AStreamThatReturnsBeforeTheEvictionIsStoredKeepsItsMember) {
  InterveningStore store(sqlite_.rooms());
  RoomService rooms(Deps(store), {}, logger_);
  HeartbeatReaper reaper(rooms, leases_, inactive_, alone_, clock_,
                         {.rules = {.policy = LivenessPolicy::kAssist}}, logger_,
                         {.streams = StreamWitness{.media = media_, .claims = claims_}});
  clock_.Advance(kTimeout + 1ms);
  ASSERT_OK(rooms_.TouchPusher(Member(Key("r1"), "host")));
  store.before = [this] { media_.Set("guest", Kind::kOn); };
  const SweepOutcome outcome = reaper.Sweep(clock_.Monotonic());
  EXPECT_EQ(outcome.expiry.skipped, 1U);
  EXPECT_TRUE(HasGuest());
}

}  // namespace
}  // namespace rtcroom
