// Nodes that share a database: who is silent everywhere, who is gone, whose work is whose.
#include "storage/postgres/pg_cluster.h"

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/support/fake_boot_clock.h"
#include "tests/support/in_parallel.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr SeatKey kAmy{.room_number = 7, .seat = 2};
constexpr std::chrono::milliseconds kShort{50};
constexpr std::chrono::milliseconds kLong = 1h;

class PgClusterTest : public PgStoreTest {
 protected:
  struct Node {
    Node(const Secret& url, std::uint64_t number, std::chrono::milliseconds patience = 1min)
        : cluster(*PgAddress::Parse(url),
                  {.node = number,
                   .name = fmt::format("node{}", number),
                   .patience = patience,
                   .pace = {.pause = 10ms, .give_up = 1min}},
                  lease, clock) {}

    HeardBeats Heard(std::vector<Beat> beats = {}) {
      return {.as_of = clock.Monotonic(), .beats = std::move(beats)};
    }
    /// A round of the node.
    NodeStanding Renew(std::vector<Beat> beats = {}) {
      const Result<NodeStanding> standing = cluster.Renew();
      EXPECT_OK(standing);
      Report(Heard(std::move(beats)));
      return standing ? *standing : NodeStanding{};
    }
    /// All of them.
    void Report(const HeardBeats& heard) {
      std::size_t reported = 0;
      do {
        const Result<std::size_t> now = cluster.Report(heard, reported);
        ASSERT_OK(now);
        reported = *now;
      } while (reported < heard.size());
    }
    SharedSilence Ask(std::chrono::milliseconds timeout, const SeatKey& seat = kAmy) {
      const auto answers = cluster.Silent(std::vector{seat}, timeout);
      EXPECT_OK(answers);
      return answers && answers->size() == 1 ? answers->front() : SharedSilence{};
    }
    bool IsSilent(std::chrono::milliseconds timeout = kShort) { return Ask(timeout).is_silent; }

    SystemClock clock;
    FakeBootClock boot;
    NodeLease lease{boot};
    PgCluster cluster;
  };

  /// As if all that the tables know had happened earlier.
  void Age(std::chrono::milliseconds by) {
    Execute(fmt::format("UPDATE beats SET at_ms = at_ms - {}", by.count()));
    Execute(fmt::format("UPDATE beat_life SET floor_ms = floor_ms - {}", by.count()));
  }
  void AwaitWaiting() const {
    EXPECT_TRUE(
        Eventually([&] { return CountRows("SELECT 1 FROM pg_locks WHERE NOT granted") > 0; }));
  }

  Node one_{url_, 1};
  Node two_{url_, 2};
};

TEST_F(PgClusterTest, WhoeverWasHeardAnywhereIsNotSilent) {
  one_.Renew();
  two_.Renew();
  Age(kLong);
  two_.Renew({{.seat = kAmy, .age = 10s}});
  one_.Renew();
  const SharedSilence amy = one_.Ask(20s);
  EXPECT_FALSE(amy.is_silent);
  EXPECT_GE(amy.age, 10s);
  EXPECT_LT(amy.age, 20s);
  one_.Renew({{.seat = kAmy, .age = 15s}});  // older than what is known
  EXPECT_LT(one_.Ask(20s).age, 15s);
}

std::vector<Beat> BeatsOf(std::size_t members) {
  std::vector<Beat> beats;
  for (std::uint64_t room = 1; room <= members; ++room) {
    beats.push_back({.seat = {.room_number = room, .seat = 1}, .age = 5s});
  }
  return beats;
}

TEST_F(PgClusterTest, HeartbeatsAreReportedInPiecesAndCountWithTheLast) {
  one_.Renew();
  Age(kLong);
  const auto told = [&] { return Number("SELECT through_ms FROM told WHERE node = 1"); };
  const std::int64_t before = told();
  const HeardBeats heard = one_.Heard(BeatsOf(PgBeats::kMostInPiece + 1));
  EXPECT_EQ(*one_.cluster.Report(heard, 0), PgBeats::kMostInPiece);
  EXPECT_EQ(Number("SELECT max(room) FROM beats"), std::int64_t{PgBeats::kMostInPiece});
  EXPECT_EQ(told(), before);
  EXPECT_EQ(*one_.cluster.Report(heard, PgBeats::kMostInPiece), PgBeats::kMostInPiece + 1);
  EXPECT_EQ(Number("SELECT max(room) FROM beats"), std::int64_t{PgBeats::kMostInPiece + 1});
  EXPECT_GT(told(), before);
}

TEST_F(PgClusterTest, ANodeIsRenewedWhileTheDatabaseCannotWriteHeartbeats) {
  constexpr const char* kWriting =
      "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'INSERT INTO %'";
  Node node(url_, 3, 1s);
  const auto renews = [&] { return node.cluster.Renew() && !node.lease.IsCutOff(); };
  EXPECT_TRUE(Eventually(renews));
  Execute(
      "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
      " 'BEGIN PERFORM pg_sleep(3600); RETURN NULL; END'");
  HeardBeats heard = node.Heard(BeatsOf(PgBeats::kMostInPiece - 1));
  heard.signs.push_back({.seat = kAmy});
  const auto reports_all = [&] {
    const Result<std::size_t> reported = node.cluster.Report(heard, 0);
    return reported && *reported == heard.size();
  };
  for (const std::string table : {"beats", "media_signs", "told"}) {
    Execute("CREATE TRIGGER slow BEFORE INSERT ON " + table + " EXECUTE FUNCTION slow()");
    EXPECT_FALSE(node.cluster.Report(heard, 0)) << table;
    EXPECT_TRUE(Eventually([&] { return CountRows(kWriting) == 0; })) << "it was given up";
    node.boot.Advance(NodeLease::kTtl);
    EXPECT_TRUE(Eventually(renews)) << table;
    Execute("DROP TRIGGER slow ON " + table);
    EXPECT_FALSE(reports_all()) << "a smaller piece follows a failure";
    EXPECT_TRUE(Eventually(reports_all));
  }
}

TEST_F(PgClusterTest, WhoeverNobodyHasHeardForTheTimeoutIsSilent) {
  one_.Renew({{.seat = kAmy}});
  two_.Renew();
  Age(30s);
  one_.Renew();
  two_.Renew();
  EXPECT_TRUE(one_.IsSilent(20s));
  EXPECT_FALSE(one_.IsSilent(40s));
}

TEST_F(PgClusterTest, ANodeThatDoesNotTellIsWaitedFor) {
  one_.Renew({{.seat = kAmy}});
  two_.Renew();
  Age(30s);
  Execute("UPDATE told SET through_ms = through_ms - 60000 WHERE node = 2");
  one_.Renew();
  EXPECT_FALSE(one_.IsSilent(20s));
  Execute("DELETE FROM told WHERE node = 2");
  EXPECT_FALSE(one_.IsSilent(20s));
  two_.Renew();
  EXPECT_TRUE(one_.IsSilent(20s));
}

TEST_F(PgClusterTest, KnowsHowLongAgoAllNodesHaveTold) {
  EXPECT_LT(one_.Renew().told_ago, 10s);
  two_.Renew();
  Execute("UPDATE told SET through_ms = through_ms - 60000 WHERE node = 2");
  const NodeStanding behind = one_.Renew();
  EXPECT_GE(behind.told_ago, 60s);
  EXPECT_LT(behind.told_ago, 70s);
  Execute("DELETE FROM told WHERE node = 2");
  EXPECT_EQ(one_.Renew().told_ago, std::nullopt);
  EXPECT_LT(two_.Renew().told_ago, 10s);
}

TEST_F(PgClusterTest, ListsTheNodesAndWhichOfThemAsks) {
  one_.Renew();
  two_.Renew();
  const Result<std::vector<ListedNode>> nodes = two_.cluster.ListNodes();
  ASSERT_OK(nodes);
  ASSERT_EQ(nodes->size(), 2U);
  EXPECT_EQ((*nodes)[0].node, 1U);
  EXPECT_FALSE((*nodes)[0].is_this);
  EXPECT_EQ((*nodes)[0].duties, (std::vector<std::string>{"im", "reaper", "trtc", "upkeep"}));
  EXPECT_EQ((*nodes)[1].node, 2U);
  EXPECT_TRUE((*nodes)[1].is_this);
  EXPECT_EQ((*nodes)[1].rounds, 1U);
  EXPECT_LT((*nodes)[1].told_ago, 10s);
}

TEST_F(PgClusterTest, WhatWasHeardAfterTheCollectionDoesNotCountAsTold) {
  one_.Renew();
  const HeardBeats early = two_.Heard();
  two_.Renew();
  const std::int64_t between = Number("SELECT (extract(epoch FROM now()) * 1000)::bigint");
  two_.Report(early);
  EXPECT_LE(Number("SELECT through_ms FROM told WHERE node = 2"), between);
}

TEST_F(PgClusterTest, ANodeThatCameBackGivesEverybodyATimeout) {
  one_.Renew({{.seat = kAmy}});
  two_.Renew();
  Age(30s);
  two_.boot.Advance(NodeLease::kTtl);
  two_.Renew();
  one_.Renew();
  EXPECT_FALSE(one_.IsSilent(20s));
  EXPECT_FALSE(two_.lease.IsCutOff());
}

TEST_F(PgClusterTest, LostHeartbeatsGiveEverybodyATimeout) {
  one_.Renew({{.seat = kAmy}});
  Age(30s);
  Execute("TRUNCATE beats, told, beat_life");
  EXPECT_EQ(one_.Ask(20s), SharedSilence{});
  one_.Renew();
  EXPECT_FALSE(one_.IsSilent(20s));
}

TEST_F(PgClusterTest, ANodeThatWasGivenUpLearnsOfIt) {
  one_.Renew({{.seat = kAmy}});
  two_.Renew();
  Age(30s);
  Execute("DELETE FROM nodes WHERE node = 2");
  EXPECT_ERROR(kStoreBusy, two_.cluster.Silent(std::vector{kAmy}, 20s));
  const NodeStanding back = two_.Renew();
  EXPECT_TRUE(back.was_gone);
  EXPECT_EQ(back.nodes, 2U);
  EXPECT_FALSE(two_.Renew().was_gone);
  one_.Renew();
  EXPECT_FALSE(one_.IsSilent(20s));  // the floor has moved
}

TEST_F(PgClusterTest, ANodeThatWasGivenUpWhileItWasCutOffLearnsOfIt) {
  one_.Renew({{.seat = kAmy}});
  two_.Renew();
  Age(30s);
  Execute("DELETE FROM nodes WHERE node = 2");
  Execute("DELETE FROM told WHERE node = 2");
  EndConnections();
  EXPECT_FALSE(two_.cluster.Renew());
  EXPECT_TRUE(two_.Renew().was_gone);
  EXPECT_FALSE(two_.Renew().was_gone);
  EXPECT_FALSE(two_.IsSilent(20s));
}

TEST_F(PgClusterTest, ANodeThatLostItsConnectionOnlyWasNotGivenUp) {
  two_.Renew({{.seat = kAmy}});
  Age(30s);
  EndConnections();
  EXPECT_FALSE(two_.cluster.Renew());
  EXPECT_FALSE(two_.Renew().was_gone);
  EXPECT_TRUE(two_.IsSilent(20s));
}

TEST_F(PgClusterTest, SeesWhichNodesAreConfiguredOtherwise) {
  Node three(url_, 3);
  one_.cluster.SetConfigHash("00c0ffee");
  one_.Renew();
  two_.Renew();  // how is not known
  EXPECT_THAT(one_.Renew().configured_otherwise, IsEmpty());
  two_.cluster.SetConfigHash("00c0ffee");
  two_.Renew();
  three.cluster.SetConfigHash("0123abcd");
  EXPECT_THAT(three.Renew().configured_otherwise, ElementsAre("node1 (1)", "node2 (2)"));
  EXPECT_THAT(one_.Renew().configured_otherwise, ElementsAre("node3 (3)"));
  three.cluster.SetConfigHash("00c0ffee");
  EXPECT_THAT(three.Renew().configured_otherwise, IsEmpty());
  const NodeStanding at_last = one_.Renew();
  EXPECT_THAT(at_last.configured_otherwise, IsEmpty());
  EXPECT_FALSE(at_last.was_gone);
}

TEST_F(PgClusterTest, KnowsWhoIsSilentWhileANewConfigurationIsNotToldYet) {
  two_.Renew({{.seat = kAmy}});
  Age(30s);
  two_.Renew();
  two_.cluster.SetConfigHash("00c0ffee");
  EXPECT_TRUE(two_.IsSilent(20s));
}

TEST_F(PgClusterTest, EachDutyHasOneHolder) {
  one_.Renew();
  two_.Renew();
  const NodeStanding one = one_.Renew();
  const NodeStanding two = two_.Renew();
  for (const Duty duty : kAllDuties) {
    EXPECT_NE(one.Holds(duty), two.Holds(duty)) << DutyName(duty);
  }
}

TEST_F(PgClusterTest, DutiesMoveWithANewTermWhenTheirHolderLeaves) {
  const NodeStanding alone = one_.Renew();
  EXPECT_EQ(alone.terms, (std::array<std::optional<std::uint64_t>, kDuties>{1, 1, 1, 1}));
  two_.Renew();
  one_.Report(one_.Heard({{.seat = kAmy}}));
  ASSERT_OK(one_.cluster.Leave());
  EXPECT_TRUE(one_.lease.IsCutOff());
  const NodeStanding heir = two_.Renew();
  EXPECT_EQ(heir.nodes, 1U);
  EXPECT_EQ(heir.terms, (std::array<std::optional<std::uint64_t>, kDuties>{2, 2, 2, 2}));
  EXPECT_LT(two_.Ask(20s).age, 20s);
}

TEST_F(PgClusterTest, ClaimsAGroupWhileAQuestionAboutHeartbeatsWaits) {
  Node node(WithSettings(url_, "-clock_timeout=60s"), 3);
  node.Renew();
  constexpr PgStatement kLock{.sql = "LOCK TABLE beats IN ACCESS EXCLUSIVE MODE"};
  const auto holder = MakeHolding(kLock);
  std::atomic<bool> has_answer = false;
  const std::jthread asking([&] {
    (void)node.Ask(kLong);
    has_answer = true;
  });
  AwaitWaiting();
  EXPECT_EQ(*node.cluster.ClaimGroup(RoomId{"g"}, kLong), true);
  EXPECT_FALSE(has_answer);
  EXPECT_OK(holder->Run(PgCall(kPgRollback), Soon()));
}

TEST_F(PgClusterTest, RenewsWhileOthersWaitForTheDatabase) {
  Node node(WithSettings(url_, "-clock_timeout=60s"), 3);
  node.Renew();
  constexpr PgStatement kClaimElsewhere{.sql = "INSERT INTO group_claims VALUES ('g', 4, 0)"};
  const auto holder = MakeHolding(kClaimElsewhere);
  std::atomic<bool> has_answer = false;
  const std::jthread claiming([&] {
    EXPECT_EQ(*node.cluster.ClaimGroup(RoomId{"g"}, kLong), true);
    has_answer = true;
  });
  AwaitWaiting();
  node.Renew();
  EXPECT_FALSE(has_answer);
  EXPECT_OK(holder->Run(PgCall(kPgRollback), Soon()));
}

TEST_F(PgClusterTest, IsNotConfiguredOtherwiseThanItself) {
  Node node(WithSettings(url_, "-clock_timeout=60s"), 3);
  node.cluster.SetConfigHash("00c0ffee");
  node.Renew();
  node.cluster.SetConfigHash("0123abcd");
  constexpr PgStatement kHold{.sql = "SELECT 1 FROM nodes WHERE node = 3 FOR UPDATE"};
  const auto holder = MakeHolding(kHold);
  const std::jthread renewing(
      [&] { EXPECT_THAT(node.Renew().configured_otherwise, IsEmpty()) << "its row is of before"; });
  AwaitWaiting();
  node.cluster.SetConfigHash("89abcdef");
  EXPECT_OK(holder->Run(PgCall(kPgRollback), Soon()));
}

TEST_F(PgClusterTest, AnswersManyThreadsAtOnce) {
  one_.Renew();
  constexpr int kRounds = 20;
  InParallel(4, [&](int thread) {
    for (int round = 0; round < kRounds; ++round) {
      if (thread == 0) {
        one_.Renew({{.seat = kAmy}});
      } else if (thread == 1) {
        EXPECT_EQ(*one_.cluster.ClaimGroup(RoomId{"g"}, kLong), true);
      } else {
        EXPECT_FALSE(one_.IsSilent(kLong));
      }
    }
  });
}

/// A node whose time a test moves.
class PgClusterWatchTest : public PgClusterTest {
 protected:
  void Pass(std::chrono::milliseconds time) { moving_.shift += time; }
  NodeStanding RenewWatching() {
    const Result<NodeStanding> standing = watching_.Renew();
    EXPECT_OK(standing);
    EXPECT_OK(watching_.Report({.as_of = moving_.Monotonic()}, 0));
    return standing ? *standing : NodeStanding{};
  }

  ShiftedClock moving_;
  FakeBootClock boot_;
  NodeLease lease_{boot_};
  PgCluster watching_{*PgAddress::Parse(url_), {.node = 3, .patience = 1min}, lease_, moving_};
};

TEST_F(PgClusterWatchTest, GivesUpANodeThatStandsStillAndMovesTheFloor) {
  one_.Renew({{.seat = kAmy}});
  EXPECT_EQ(RenewWatching().nodes, 2U);
  // In steps that are no jump of the database's clock; half of the time until it is given up.
  constexpr auto kStep = 500ms;
  for (int step = 1; step < 8; ++step) {
    Pass(kStep);
    EXPECT_EQ(RenewWatching().nodes, 2U) << step;
  }
  Age(kLong);
  NodeStanding alone;
  EXPECT_TRUE(Eventually([&] {
    Pass(kStep);
    alone = RenewWatching();
    return alone.nodes == 1;
  }));
  EXPECT_TRUE(alone.Holds(Duty::kReaper));
  RenewWatching();
  const auto amy = watching_.Silent(std::vector{kAmy}, 30min);
  ASSERT_OK(amy);
  EXPECT_FALSE(amy->front().is_silent);
  EXPECT_LT(amy->front().age, 30min);
  EXPECT_TRUE(one_.Renew().was_gone);
}

TEST_F(PgClusterWatchTest, DoesNotJudgeOthersByATimeInWhichItWasAwayItself) {
  one_.Renew();
  RenewWatching();
  Pass(7s);
  EXPECT_EQ(RenewWatching().nodes, 2U);
}

TEST_F(PgClusterWatchTest, AfterAJumpOfTheDatabasesClockEverybodyIsGivenATimeout) {
  RenewWatching();
  Age(kLong);
  Pass(kLong);
  EXPECT_ERROR(kStoreBusy, watching_.Silent(std::vector{kAmy}, 20s));
  Pass(-kLong);
  // Whoever noticed it: what is known is not to be relied on until the floor has moved.
  EXPECT_ERROR(kStoreBusy, watching_.Silent(std::vector{kAmy}, 20s));
  RenewWatching();
  const auto amy = watching_.Silent(std::vector{kAmy}, 20s);
  ASSERT_OK(amy);
  EXPECT_LT(amy->front().age, 30min);
}

TEST_F(PgClusterWatchTest, HeartbeatsFromBeforeTheDatabasesClockWasSetBackKeepNobody) {
  RenewWatching();
  Execute("INSERT INTO beats VALUES (7, 2, (extract(epoch FROM now()) * 1000)::bigint + 3600000)");
  Pass(kLong);
  RenewWatching();
  // It has told by the time of before.
  const auto at_once = watching_.Silent(std::vector{kAmy}, 20s);
  ASSERT_OK(at_once);
  EXPECT_FALSE(at_once->front().is_silent);
  Age(30s);
  RenewWatching();
  const auto amy = watching_.Silent(std::vector{kAmy}, 20s);
  ASSERT_OK(amy);
  EXPECT_TRUE(amy->front().is_silent);
}

TEST_F(PgClusterTest, JoiningIsTheFirstHeartbeat) {
  const auto store = OpenPatient();
  ASSERT_OK(store->rooms().Update(Creating(MultiRoom("r1", "amy"))));
  EXPECT_EQ(Number("SELECT count(*) FROM beats JOIN pushers USING (room, seat)"), 1);
}

TEST_F(PgClusterTest, HeartbeatsOfThoseWhoLeftAreRemovedInSteps) {
  const auto store = OpenPatient();
  ASSERT_OK(store->rooms().Update(Creating(MultiRoom("r1", "amy"))));
  one_.Renew();
  constexpr int kLeft = 12'000;  // several steps
  Execute("INSERT INTO audiences SELECT room, 'bob', ''::bytea, 999 FROM pushers");
  Execute(fmt::format(
      "INSERT INTO beats SELECT room, n, 0 FROM pushers, generate_series(999, 999 + {}) n", kLeft));
  EXPECT_EQ(*one_.cluster.RemoveLeftBeats(0ms), std::size_t{kLeft});
  EXPECT_EQ(*one_.cluster.RemoveLeftBeats(0ms), 0U);
  EXPECT_EQ(Number("SELECT count(*) FROM beats"), 2) << "of a pusher and a viewer";
}

TEST_F(PgClusterTest, JoiningAgainIsAHeartbeat) {
  const auto store = OpenPatient();
  ASSERT_OK(store->rooms().Update(Creating(MultiRoom("r1", "amy"))));
  Execute("UPDATE beats SET at_ms = 1");
  ASSERT_OK(store->rooms().Update(Adding(kR1, "amy", 4, kNoon + 1s)));
  EXPECT_EQ(Number("SELECT count(*) FROM beats WHERE at_ms > 1"), 1);
}

TEST_F(PgClusterTest, AChangeOfTheMixIsNoHeartbeat) {
  const auto store = OpenPatient();
  ASSERT_OK(store->rooms().Update(Creating(MultiRoom("r1", "amy"))));
  Execute("UPDATE beats SET at_ms = 1");
  ASSERT_OK(
      store->rooms().Update({.key = kR1, .edit = [](const Room* stored) {
                               return rules::ChangeMix(stored, [](const Room&) -> Result<RoomMix> {
                                 return RoomMix{.canvas = {.width = 640, .height = 360},
                                                .inputs = {{.user_id = {"amy"}, .place = {}}}};
                               });
                             }}));
  EXPECT_EQ(Number("SELECT count(*) FROM pushers WHERE mix_layer = 1"), 1);
  EXPECT_EQ(Number("SELECT at_ms FROM beats"), 1);
}

}  // namespace
}  // namespace rtcroom
