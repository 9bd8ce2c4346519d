// Nodes that share a database: what they know of the media of pushers.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "storage/postgres/pg_cluster.h"
#include "tests/support/fake_boot_clock.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using enum MediaState::Kind;
using enum MediaTrack;

constexpr SeatKey kAmysSeat{.room_number = 7, .seat = 2};
constexpr std::chrono::milliseconds kMediaTimeout = 10min;

class PgClusterMediaTest : public PgStoreTest {
 protected:
  struct Node {
    Node(const Secret& url, std::uint64_t number)
        : cluster(*PgAddress::Parse(url),
                  {.node = number, .patience = 1min, .pace = {.pause = 10ms, .give_up = 1min}},
                  lease, clock) {}

    /// A round of the node.
    void Renew(std::vector<MediaSign> signs = {}) {
      EXPECT_OK(cluster.Renew());
      const HeardBeats heard{.as_of = clock.Monotonic(), .signs = std::move(signs)};
      EXPECT_EQ(*cluster.Report(heard, 0), heard.size());
    }
    std::optional<SharedMedia> Ask() {
      const auto answers = cluster.Silent(std::vector{kAmysSeat}, kMediaTimeout);
      EXPECT_OK(answers);
      return answers && answers->size() == 1 ? answers->front().media : std::nullopt;
    }
    bool IsOn() {
      const std::optional<SharedMedia> media = Ask();
      return media && media->is_on;
    }
    bool IsOff() {
      const std::optional<SharedMedia> media = Ask();
      return media && !media->is_on;
    }

    SystemClock clock;
    FakeBootClock boot;
    NodeLease lease{boot};
    PgCluster cluster;
  };

  PgClusterMediaTest() {
    one_.Renew();
    two_.Renew();
  }

  static MediaSign Sign(MediaState::Kind kind, std::chrono::milliseconds age,
                        std::int64_t order = 0, MediaTrack track = kStream) {
    return {.seat = kAmysSeat, .track = track, .kind = kind, .age = age, .order = order};
  }

  Node one_{url_, 1};
  Node two_{url_, 2};
};

TEST_F(PgClusterMediaTest, TheNewestSignAtAnyNodeCounts) {
  EXPECT_EQ(one_.Ask(), std::nullopt);
  one_.Renew({Sign(kOn, 5min)});
  EXPECT_TRUE(two_.IsOn());
  two_.Renew({Sign(kOff, 2min)});
  const std::optional<SharedMedia> off = one_.Ask();
  ASSERT_TRUE(off);
  EXPECT_FALSE(off->is_on);
  EXPECT_GE(off->age, 2min);
  EXPECT_LT(off->age, 3min);
  one_.Renew({Sign(kOn, 4min)});
  EXPECT_TRUE(two_.IsOff());
  one_.Renew({Sign(kOn, 0s)});
  EXPECT_TRUE(two_.IsOn());
}

TEST_F(PgClusterMediaTest, TheEndOfAnEarlierPushDoesNotEndALaterOne) {
  one_.Renew({Sign(kOn, 5min, 6)});
  two_.Renew({Sign(kOff, 0s, 5)});
  EXPECT_TRUE(two_.IsOn());
  two_.Renew({Sign(kOff, 0s, 6)});
  EXPECT_TRUE(one_.IsOff());
  one_.Renew();
  Node three(url_, 3);
  three.Renew({Sign(kOn, 0s, 6)});  // a repetition
  EXPECT_TRUE(one_.IsOff());
}

TEST_F(PgClusterMediaTest, WhatANodeReportedLaterReplacesWhatItReportedBefore) {
  one_.Renew({Sign(kOn, 1min)});
  one_.Renew({Sign(kOff, 2min)});
  EXPECT_TRUE(two_.IsOff());
}

TEST_F(PgClusterMediaTest, AStreamCountsForThreeTimeoutsAfterItsLastSign) {
  one_.Renew({Sign(kOn, 3 * kMediaTimeout - 1min)});
  EXPECT_TRUE(two_.IsOn());
  Execute("UPDATE media_signs SET at_ms = at_ms - 60000");
  EXPECT_EQ(two_.Ask(), std::nullopt);
}

TEST_F(PgClusterMediaTest, AMemberIsOnWithOneOfItsTracksAndOffWithoutAny) {
  one_.Renew({Sign(kOn, 1min, 1000, kVideo)});
  two_.Renew({Sign(kOff, 0s, 0), Sign(kOff, 30s, 2000, kAudio)});
  EXPECT_TRUE(one_.IsOn());
  two_.Renew({Sign(kOff, 20s, 3000, kVideo)});
  const std::optional<SharedMedia> off = one_.Ask();
  ASSERT_TRUE(off && !off->is_on);
  EXPECT_LT(off->age, 30s) << "since the last of them ended";
  two_.Renew({Sign(kNone, 0s, 4000, kVideo), Sign(kNone, 0s, 4000, kAudio)});
  EXPECT_LT(one_.Ask()->age, 20s) << "its stream, then";
}

TEST_F(PgClusterMediaTest, SignsAreReportedAfterHeartbeatsAndCountWithTheLast) {
  HeardBeats heard{.as_of = one_.clock.Monotonic(), .signs = {Sign(kOn, 0s)}};
  for (std::uint64_t room = 1; room <= PgBeats::kMostInPiece; ++room) {
    heard.beats.push_back({.seat = {.room_number = room, .seat = 1}});
  }
  const auto told = [&] { return Number("SELECT through_ms FROM told WHERE node = 1"); };
  const std::int64_t before = told();
  EXPECT_EQ(*one_.cluster.Report(heard, 0), PgBeats::kMostInPiece);
  EXPECT_EQ(told(), before);
  EXPECT_EQ(one_.Ask(), std::nullopt);
  EXPECT_EQ(*one_.cluster.Report(heard, PgBeats::kMostInPiece), heard.size());
  EXPECT_GT(told(), before);
  EXPECT_TRUE(one_.IsOn());
}

TEST_F(PgClusterMediaTest, ASignThatOnlyRepeatsIsNotWritten) {
  const auto version = [&] { return Number("SELECT xmin::text::bigint FROM media_signs"); };
  one_.Renew({Sign(kOff, 1min, 6)});
  const std::int64_t first = version();
  one_.Renew({Sign(kOff, 1min, 6)});
  EXPECT_EQ(version(), first);
}

TEST_F(PgClusterMediaTest, TellsHowFarBackAllNodesHaveToldEverything) {
  Execute("UPDATE told SET through_ms = through_ms - 60000 WHERE node = 2");
  Execute("UPDATE beat_life SET floor_ms = floor_ms - 3600000");
  const auto answers = one_.cluster.Silent(std::vector{kAmysSeat}, kMediaTimeout);
  ASSERT_OK(answers);
  EXPECT_GE(answers->front().told_ago, 1min);
  EXPECT_GE(answers->front().complete_for, 1h);
  EXPECT_LT(answers->front().complete_for, 2h);
  Execute("DELETE FROM told WHERE node = 2");
  EXPECT_EQ(one_.cluster.Silent(std::vector{kAmysSeat}, kMediaTimeout)->front().told_ago,
            std::nullopt);
}

TEST_F(PgClusterMediaTest, KnowsWhoseMediaIsOffAndForgetsThoseWhoLeft) {
  const auto store = OpenPatient();
  ASSERT_OK(store->rooms().Update(Creating(MultiRoom("r1", "amy"))));
  const SeatKey seat{.room_number = static_cast<std::uint64_t>(Number("SELECT room FROM pushers")),
                     .seat = static_cast<std::uint64_t>(Number("SELECT seat FROM pushers"))};
  const auto sign = [&](MediaState::Kind kind) {
    return MediaSign{.seat = seat, .kind = kind, .age = 1min};
  };
  one_.Renew({sign(kOff), Sign(kOff, 1min)});
  const auto off = [&](std::chrono::milliseconds grace) {
    return *two_.cluster.MediaOff(grace, 10);
  };
  EXPECT_THAT(off(1min), ElementsAre(NamedMember{.room = kR1, .user_id = {"amy"}}));
  EXPECT_THAT(off(5min), IsEmpty());
  EXPECT_EQ(*one_.cluster.RemoveLeftBeats(0ms), 1U);
  EXPECT_EQ(Number("SELECT count(*) FROM media_signs JOIN pushers USING (room, seat)"), 1);
  one_.Renew({sign(kOn)});
  EXPECT_THAT(off(1min), IsEmpty());
}

TEST_F(PgClusterMediaTest, SignsFromBeforeTheDatabasesClockWasSetBackKeepNobody) {
  one_.Renew({Sign(kOn, 0s)});
  Execute("UPDATE media_signs SET at_ms = at_ms + 3600000, sign_order = sign_order + 3600000");
  Execute("DELETE FROM nodes WHERE node = 1");  // with its return the floor moves
  one_.Renew();
  one_.Renew();
  EXPECT_EQ(one_.Ask(), std::nullopt);
}

}  // namespace
}  // namespace rtcroom
