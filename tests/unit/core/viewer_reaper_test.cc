#include "daemon/core/viewer_reaper.h"

#include <functional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/room_rules.h"
#include "tests/support/failing_store.h"
#include "tests/support/live_rooms.h"
#include "tests/support/matchers.h"
#include "tests/support/only_node.h"
#include "tests/support/other_nodes.h"
#include "tests/support/temp_store.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::chrono::milliseconds kSweepPeriod = 5s;

/// A store before whose next change something happens.
class InterruptedStore : public FailingStore {
 public:
  using FailingStore::FailingStore;

  std::function<void()> interruption{};

  std::vector<Result<RoomChange>> UpdateAll(std::span<const RoomUpdate> updates) override {
    if (const auto happen = std::exchange(interruption, nullptr)) happen();
    return FailingStore::UpdateAll(updates);
  }
};

class ViewerReaperTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(Apply(store_, Creating(LiveRoom())));
    ASSERT_OK(Apply(store_, Watching(kLiveR1, "amy", "info")));
  }
  std::vector<std::string> Viewers() { return ViewersOf(sqlite_, kLiveR1); }
  bool Sign(const std::string& user) { return viewers_.OnSign(kLiveR1, {user}); }
  ViewerReaperOptions Options() {
    return {.policy = SharedPolicy(), .batch = 2, .node = &node_.lease};
  }
  /// Adds more viewers than two commits remove.
  void AddMany() {
    const std::size_t many = 2100;
    for (std::size_t i = 0; i < many; ++i) {
      ASSERT_OK(Apply(store_, Watching(kLiveR1, "u" + std::to_string(i), "", kNoon, many + 1)));
    }
  }
  /// A removal, perhaps by another node.
  static RoomUpdate Lapsing(const std::string& user) {
    RoomUpdate update = LeavingAudience(kLiveR1, user);
    update.edit = [user](const Room* stored) {
      return rules::DeleteAudience(stored, Dialect::kGen2, {user}, LeaveReason::kHeartbeatTimeout,
                                   SharedPolicy(), kNoon);
    };
    return update;
  }
  /// Sweeps as a running process does.
  void Run(std::chrono::milliseconds duration) { Run(duration, reaper_); }
  void Run(std::chrono::milliseconds duration, ViewerReaper& reaper) {
    for (auto left = duration; left > 0ms; left -= kSweepPeriod) {
      clock_.Advance(kSweepPeriod);
      last_ = reaper.Sweep(clock_.Monotonic());
    }
  }
  ViewerReaper::Deps Deps(ViewerLeases& viewers) {
    return {.store = store_,
            .viewers = viewers,
            .cluster = nodes_,
            .clock = clock_,
            .logger = logger_,
            .is_present = [this](const RoomKey&, std::uint64_t, const UserId& user) {
              return present_.contains(user.value);
            }};
  }
  std::vector<EventPayload> Events() {
    std::vector<EventPayload> events;
    const Result<EventPage> page = sqlite_.rooms().ReadEvents(Cursor::Start(), 100);
    for (const StoredEvent& stored : page->events) {
      events.push_back(stored.event.payload);
    }
    return events;
  }

  FakeClock clock_;
  Logger logger_{LogFormat::kJson, LogLevel::kError};
  ViewerLeases viewers_{clock_, {.timeout = 60s, .return_within = 1h}};
  TempStore sqlite_{{}, "00000000000000aa", viewers_};
  InterruptedStore store_{sqlite_.rooms()};
  OtherNodes nodes_;
  OnlyNode node_;
  std::set<std::string> present_;
  ViewerSweep last_;
  ViewerReaper reaper_{Deps(viewers_), Options()};
};

TEST_F(ViewerReaperTest, RemovesAViewerWithoutASignBetweenTheTimeoutAndTwoSweepsLater) {
  Run(60s);
  EXPECT_THAT(Viewers(), SizeIs(1));
  Run(10s);
  EXPECT_THAT(Viewers(), IsEmpty());
  EXPECT_EQ(store_.Load(kLiveR1)->audience_count, 0U);
  EXPECT_EQ(Events().back(), EventPayload(AudienceDeleted{.user_id = {"amy"},
                                                          .reason = LeaveReason::kHeartbeatTimeout,
                                                          .user_info = "info"}));
  EXPECT_EQ(viewers_.leases().size(), 0U);
}

TEST_F(ViewerReaperTest, KeepsWhoGivesASign) {
  for (int i = 0; i < 10; ++i) {
    Run(55s);
    ASSERT_TRUE(Sign("amy"));
  }
  EXPECT_THAT(Viewers(), SizeIs(1));
}

TEST_F(ViewerReaperTest, KeepsWhoIsPresentWhateverIsLookedAtBeforeIt) {
  for (const char* user : {"bob", "cat", "dan", "eve"}) {
    ASSERT_OK(Apply(store_, Watching(kLiveR1, user)));
  }
  present_ = {"eve"};
  Run(10min);
  EXPECT_THAT(Viewers(), ElementsAre("eve={}"));
  present_.clear();
  Run(100s);
  EXPECT_THAT(Viewers(), IsEmpty());
}

TEST_F(ViewerReaperTest, ANodeWithoutTheDutyReportsThePresentAndRemovesNobody) {
  node_.lease.Record({.all_have_viewer_leases = true});
  present_ = {"amy"};
  const MonotonicTime since = clock_.Monotonic();
  Run(5min);
  EXPECT_THAT(viewers_.leases().HeardSince(since).beats, SizeIs(1));
  present_.clear();
  Run(5min);
  EXPECT_THAT(Viewers(), SizeIs(1));
}

TEST_F(ViewerReaperTest, RemovesNobodyBesideNodesWithoutLeasesOfViewers) {
  NodeStanding standing = *node_.cluster.Renew();
  standing.all_have_viewer_leases = false;
  node_.lease.Record(standing);
  Run(5min);
  EXPECT_THAT(Viewers(), SizeIs(1));
}

TEST_F(ViewerReaperTest, KeepsWhoAnotherNodeHasHeard) {
  nodes_.answer = SharedSilence{.age = 10s, .is_silent = false};
  Run(10min);
  EXPECT_THAT(Viewers(), SizeIs(1));
  nodes_.answer = Error{Errc::kStoreBusy, {}};
  Run(10min);
  EXPECT_THAT(Viewers(), SizeIs(1)) << "nobody knows";
  nodes_.answer = SharedSilence{.is_silent = true};
  Run(100s);
  EXPECT_THAT(Viewers(), IsEmpty());
}

TEST_F(ViewerReaperTest, GivesAllAWholeTimeoutAfterAStall) {
  Run(50s);
  clock_.Advance(1h);
  viewers_.leases().GraceForAll();
  Run(60s);
  EXPECT_THAT(Viewers(), SizeIs(1));
  Run(35s);
  EXPECT_THAT(Viewers(), IsEmpty());
}

TEST_F(ViewerReaperTest, TriesAgainWhatTheStoreDidNotWrite) {
  store_.broken = true;
  Run(70s);
  EXPECT_THAT(Viewers(), SizeIs(1));
  store_.broken = false;
  Run(35s);
  EXPECT_THAT(Viewers(), IsEmpty());
}

TEST_F(ViewerReaperTest, BringsBackWhoGivesASign) {
  Run(70s);
  ASSERT_THAT(Viewers(), IsEmpty());
  EXPECT_FALSE(Sign("stranger"));
  EXPECT_TRUE(Sign("amy"));
  Run(5s);
  EXPECT_THAT(Viewers(), ElementsAre("amy=info"));
  EXPECT_EQ(store_.Load(kLiveR1)->audience_count, 1U);
  EXPECT_EQ(viewers_.lapsed().size(), 0U);
}

TEST_F(ViewerReaperTest, BringsBackWhoIsSeenAgain) {
  Run(70s);
  present_ = {"amy"};
  Run(5s);
  EXPECT_THAT(Viewers(), ElementsAre("amy=info"));
}

TEST_F(ViewerReaperTest, BringsBackWhoGivesASignDuringTheRemoval) {
  clock_.Advance(61s);
  const auto lease = viewers_.leases().Observe(kLiveR1, {"amy"}, clock_.Monotonic());
  ASSERT_TRUE(viewers_.leases().ClaimExpiry(*lease));
  EXPECT_TRUE(Sign("amy"));
  ASSERT_OK(Apply(store_, Lapsing("amy")));
  Run(5s);
  EXPECT_THAT(Viewers(), ElementsAre("amy=info"));
}

TEST_F(ViewerReaperTest, BringsBackWhoseSignTheRemovingNodeDoesNotKnow) {
  ASSERT_OK(Apply(store_, Watching(kLiveR1, "bob")));
  ASSERT_TRUE(Sign("bob"));
  clock_.Advance(59s);
  ASSERT_TRUE(Sign("amy"));
  clock_.Advance(1s);
  for (const char* user : {"amy", "bob"}) ASSERT_OK(Apply(store_, Lapsing(user)));
  Run(5s);
  EXPECT_THAT(Viewers(), ElementsAre("amy=info"));
}

TEST_F(ViewerReaperTest, BringsNobodyBackTooLate) {
  Run(70s);
  clock_.Advance(1h + 1ms);
  EXPECT_FALSE(Sign("amy"));
}

TEST_F(ViewerReaperTest, BringsBackLaterWhatTheStoreDidNotWrite) {
  Run(70s);
  ASSERT_TRUE(Sign("amy"));
  store_.broken = true;
  Run(5s);
  EXPECT_EQ(last_.failed, 1U);
  store_.broken = false;
  Run(5s);
  EXPECT_THAT(Viewers(), SizeIs(1));
}

TEST_F(ViewerReaperTest, BringsBackAllWithTheNextSweep) {
  const std::vector<const char*> others = {"bob", "cat", "dan", "eve"};
  for (const char* user : others) ASSERT_OK(Apply(store_, Watching(kLiveR1, user)));
  Run(100s);
  ASSERT_THAT(Viewers(), IsEmpty());
  ASSERT_TRUE(Sign("amy"));
  for (const char* user : others) ASSERT_TRUE(Sign(user));
  Run(5s);
  EXPECT_EQ(last_.returned, 5U) << "in batches";
}

TEST_F(ViewerReaperTest, ASignCountsWhileTheViewerIsBroughtBack) {
  Run(70s);
  ASSERT_TRUE(Sign("amy"));
  bool is_viewer = false;
  store_.interruption = [&] { is_viewer = Sign("amy"); };
  Run(5s);
  EXPECT_TRUE(is_viewer);
  EXPECT_THAT(Viewers(), SizeIs(1));
}

TEST_F(ViewerReaperTest, BringsNobodyBackWhoLeavesMeanwhile) {
  Run(70s);
  ASSERT_TRUE(Sign("amy"));
  store_.interruption = [&] { viewers_.lapsed().Remove(kLiveR1, {"amy"}); };
  Run(5s);
  EXPECT_THAT(Viewers(), IsEmpty());
}

TEST_F(ViewerReaperTest, BringsNobodyBackIntoAFullRoom) {
  ViewerReaperOptions options = Options();
  options.policy.limits.max_audiences = 1;
  ViewerReaper reaper(Deps(viewers_), options);
  Run(70s, reaper);
  ASSERT_OK(Apply(store_, Watching(kLiveR1, "bob")));
  ASSERT_TRUE(Sign("amy"));
  Run(5s, reaper);
  EXPECT_THAT(Viewers(), ElementsAre("bob={}"));
}

TEST_F(ViewerReaperTest, BringsNobodyBackIntoALaterRoomOfThatId) {
  Run(70s);
  ASSERT_OK(Apply(store_, Destroying(kLiveR1)));
  ASSERT_OK(Apply(store_, Creating(LiveRoom())));
  ASSERT_TRUE(Sign("amy"));
  Run(5s);
  EXPECT_THAT(Viewers(), IsEmpty());
}

TEST_F(ViewerReaperTest, ForgetsTheOldestOfTooMany) {
  LapsedViewers lapsed(clock_, 1h);
  for (std::size_t i = 0; i <= LapsedViewers::kMost; ++i) {
    lapsed.Put({.room = kLiveR1, .user_id = {std::to_string(i)}, .since = clock_.Monotonic()});
  }
  EXPECT_EQ(lapsed.size(), LapsedViewers::kMost);
  EXPECT_FALSE(lapsed.Want(kLiveR1, {"0"}));
  EXPECT_TRUE(lapsed.Want(kLiveR1, {"1"}));
}

TEST_F(ViewerReaperTest, TheEndOfARoomEndsTheLeasesWithoutEvents) {
  ASSERT_OK(Apply(store_, Destroying(kLiveR1)));
  EXPECT_TRUE(std::holds_alternative<RoomDestroyed>(Events().back()));
  EXPECT_FALSE(Sign("amy"));
  EXPECT_EQ(viewers_.leases().size(), 0U);
}

TEST_F(ViewerReaperTest, LooksAtNoLeaseOfAnEndedRoomForLong) {
  AddMany();
  ASSERT_OK(Apply(store_, Destroying(kLiveR1)));
  ASSERT_GT(viewers_.leases().size(), 0U);
  Run(30s);
  EXPECT_EQ(viewers_.leases().size(), 0U) << "without another commit";
}

TEST_F(ViewerReaperTest, ALaterRoomOfThatIdHasViewersOfItsOwn) {
  AddMany();
  ASSERT_OK(Apply(store_, Destroying(kLiveR1)));
  ASSERT_OK(Apply(store_, Creating(LiveRoom())));
  ASSERT_GT(viewers_.leases().size(), 0U);
  EXPECT_FALSE(Sign("u2099"));
  ASSERT_OK(Apply(store_, Watching(kLiveR1, "u2050")));
  EXPECT_TRUE(Sign("u2050"));
  EXPECT_EQ(viewers_.leases().size(), 1U);
}

TEST_F(ViewerReaperTest, FollowsAViewerThatBeginsAnotherStay) {
  const Result<RoomChange> change = Apply(store_, WatchingAnew(kLiveR1, "amy"));
  ASSERT_OK(change);
  const auto lease = viewers_.leases().Observe(kLiveR1, {"amy"}, clock_.Monotonic());
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->seat, change->room.audiences.at(0).seat);
  Run(70s);
  EXPECT_THAT(Viewers(), IsEmpty());
}

TEST_F(ViewerReaperTest, RestoresTheStoredViewersWithAWholeTimeout) {
  ViewerLeases restored(clock_, {.timeout = 60s});
  restored.leases().Restore(*store_.ScanViewers(0, {}, 10));
  EXPECT_TRUE(restored.OnSign(kLiveR1, {"amy"}));
  ViewerReaper reaper(Deps(restored), Options());
  Run(60s, reaper);
  EXPECT_THAT(Viewers(), SizeIs(1));
  Run(10s, reaper);
  EXPECT_THAT(Viewers(), IsEmpty());
}

TEST_F(ViewerReaperTest, RemovesNobodyWithoutATimeout) {
  ViewerLeases off(clock_, {.timeout = 0ms});
  off.leases().Restore(*store_.ScanViewers(0, {}, 10));
  ViewerReaper reaper(Deps(off), Options());
  Run(10min, reaper);
  EXPECT_THAT(Viewers(), SizeIs(1));
  EXPECT_TRUE(off.OnSign(kLiveR1, {"amy"}));
}

}  // namespace
}  // namespace rtcroom
