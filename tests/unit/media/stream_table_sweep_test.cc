// Streams that may not be on air, and bounds.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/media/stream_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

StreamDrop Drop(std::string stream, std::string client, StreamDropReason reason) {
  return {.client = {std::move(stream), std::move(client)}, .reason = reason};
}

class StreamSweepTest : public StreamTableTest {
 protected:
  void SetUp() override { Poll({}); }
  /// Lets time pass with these clients on air.
  void Run(Seconds time, const std::vector<StreamClient>& clients) {
    for (Seconds passed{0}; passed < time; passed += 1s) {
      Advance(1s);
      Poll(clients);
    }
  }
};

TEST_F(StreamSweepTest, ClaimedStreamsStayOnAir) {
  guard_.claims = {"alice"};
  Publish("alice", "1");
  Run(300s, {{"alice", "1"}});
  EXPECT_THAT(Sweep(), IsEmpty());
}

TEST_F(StreamSweepTest, AnUnclaimedStreamIsDroppedAfterItsTime) {
  Publish("alice", "1");
  Run(59s, {{"alice", "1"}});
  EXPECT_THAT(Sweep(), IsEmpty()) << "clients send before they join";
  Run(1s, {{"alice", "1"}});
  EXPECT_THAT(Sweep(), ElementsAre(Drop("alice", "1", StreamDropReason::kUnclaimed)));
}

TEST_F(StreamSweepTest, ADropIsRepeatedUntilTheClientEnds) {
  Publish("alice", "1");
  Run(60s, {{"alice", "1"}});
  EXPECT_THAT(Sweep(), SizeIs(1));
  EXPECT_THAT(Sweep(), SizeIs(1));
  End("1");
  EXPECT_THAT(Sweep(), IsEmpty());
}

TEST_F(StreamSweepTest, AStreamFromAPollHasTheSameTime) {
  Run(60s, {{"alice", "1"}});
  EXPECT_THAT(Sweep(), IsEmpty());
  Run(1s, {{"alice", "1"}});
  EXPECT_THAT(Sweep(), ElementsAre(Drop("alice", "1", StreamDropReason::kUnclaimed)));
}

TEST_F(StreamSweepTest, TheTimeBeginsWhenTheMemberHasLeft) {
  guard_.claims = {"alice"};
  Publish("alice", "1");
  Run(300s, {{"alice", "1"}});
  EXPECT_THAT(Sweep(), IsEmpty());
  guard_.claims.clear();
  EXPECT_THAT(Sweep(), IsEmpty());
  Run(59s, {{"alice", "1"}});
  EXPECT_THAT(Sweep(), IsEmpty());
  Run(1s, {{"alice", "1"}});
  EXPECT_THAT(Sweep(), SizeIs(1));
  guard_.claims = {"alice"};
  EXPECT_THAT(Sweep(), IsEmpty()) << "it has joined again";
}

TEST_F(StreamSweepTest, ATakeoverDoesNotExtendTheTime) {
  Publish("alice", "1");
  Run(40s, {{"alice", "1"}});
  Publish("alice", "2");
  End("1");
  Run(20s, {{"alice", "2"}});
  EXPECT_THAT(Sweep(), ElementsAre(Drop("alice", "2", StreamDropReason::kUnclaimed)));
}

TEST_F(StreamSweepTest, TheTimeBeginsAnewWithEachPublishOfAStreamThatWasOff) {
  Publish("alice", "1");
  Run(40s, {{"alice", "1"}});
  End("1");
  Publish("alice", "2");
  Run(59s, {{"alice", "2"}});
  EXPECT_THAT(Sweep(), IsEmpty());
}

TEST_F(StreamSweepTest, UnclaimedStreamsStayWithoutATime) {
  MakeTable({.unclaimed_ttl = 0s});
  Run(3600s, {{"alice", "1"}});
  EXPECT_THAT(Sweep(), IsEmpty());
}

TEST_F(StreamSweepTest, ABannedStreamIsDroppedWithAllItsClients) {
  guard_.claims = {"alice", "bob"};
  Publish("alice", "1");
  Publish("alice", "2", BoundSignature("room_1"));
  Publish("alice", "3", BoundSignature("room_2"));
  Publish("bob", "4");
  EXPECT_THAT(Sweep(), IsEmpty());
  guard_.bans["alice"] = "room_1";
  EXPECT_THAT(Sweep(), ElementsAre(Drop("alice", "1", StreamDropReason::kBanned),
                                   Drop("alice", "2", StreamDropReason::kBanned)))
      << "but for one whose URL is bound to another room";
}

TEST_F(StreamSweepTest, ClientsWithRevokedUrlsAreDropped) {
  guard_.claims = {"alice"};
  Publish("alice", "1", GoodSignature(kUrlEnds));
  Publish("alice", "2", GoodSignature(kUrlEnds + 1s));
  Publish("alice", "3", GoodSignature(std::nullopt));
  guard_.revocations["alice"] = kUrlEnds;
  EXPECT_THAT(Sweep(), ElementsAre(Drop("alice", "1", StreamDropReason::kRevoked),
                                   Drop("alice", "3", StreamDropReason::kRevoked)));
  guard_.revocations.clear();
  EXPECT_THAT(Sweep(), IsEmpty()) << "all of their URLs have expired";
}

TEST_F(StreamSweepTest, AClientThatSendsNothingIsDroppedAsWell) {
  Publish("alice", "1");
  UpdateAt("1", 0);
  Advance(5s);
  UpdateAt("1", 0);
  ASSERT_EQ(State("alice"), StreamPhase::kOff);
  guard_.bans["alice"] = "room_1";
  EXPECT_THAT(Sweep(), ElementsAre(Drop("alice", "1", StreamDropReason::kBanned)));
  guard_.bans.clear();
  Run(60s, {{"alice", "1"}});
  EXPECT_THAT(Sweep(), ElementsAre(Drop("alice", "1", StreamDropReason::kUnclaimed)));
}

TEST_F(StreamSweepTest, OffStreamsAreForgottenUnlessClaimed) {
  Publish("alice", "1");
  Publish("bob", "2");
  guard_.claims = {"bob"};
  End("1");
  End("2");
  Advance(59s);
  EXPECT_THAT(Sweep(), IsEmpty());
  EXPECT_EQ(State("alice"), StreamPhase::kOff);
  Advance(1s);
  EXPECT_THAT(Sweep(), IsEmpty());
  EXPECT_EQ(State("alice"), StreamPhase::kNone);
  Advance(1h);
  Sweep();
  EXPECT_EQ(State("bob"), StreamPhase::kOff);
  EXPECT_EQ(Age("bob"), 1h + 60s);
  EXPECT_EQ(table_->Count().off, 1U);
}

TEST_F(StreamSweepTest, CountsStreams) {
  Publish("alice", "1");
  Publish("bob", "2");
  Publish("bob", "3");
  Publish("carol", "4");
  End("4");
  EXPECT_EQ(table_->Count().on, 2U);
  EXPECT_EQ(table_->Count().off, 1U);
}

// Bounds.

class StreamBoundsTest : public StreamTableTest {
 protected:
  void SetUp() override {
    MakeTable({.max_streams = 3});
    Poll({});
  }
};

TEST_F(StreamBoundsTest, ANewStreamReplacesOffStreamsWithoutAMember) {
  for (const char* name : {"a", "b", "c"}) {
    Publish(name, name);
    End(name);
  }
  guard_.claims = {"b"};
  Publish("d", "d");
  EXPECT_EQ(State("b"), StreamPhase::kOff);
  EXPECT_EQ(State("d"), StreamPhase::kOn);
  EXPECT_EQ(State("a"), StreamPhase::kNone);
}

TEST_F(StreamBoundsTest, ClaimedAndRunningStreamsAreNotReplaced) {
  guard_.claims = {"a", "b"};
  Publish("a", "1");
  End("1");
  Publish("b", "2");
  Publish("c", "3");
  const PublishOutcome refused = Try("d", "4");
  EXPECT_EQ(refused.verdict, PublishVerdict::kTooManyStreams);
  EXPECT_THAT(refused.drops, IsEmpty());
  EXPECT_EQ(Update("d", "4"), UpdateVerdict::kGoOn);
  Poll({{"d", "4"}, {"e", "5"}});
  for (const char* name : {"d", "e"}) EXPECT_EQ(State(name), StreamPhase::kNone);
  EXPECT_EQ(State("a"), StreamPhase::kOff);
  EXPECT_EQ(State("b"), StreamPhase::kOn);
  EXPECT_EQ(State("c"), StreamPhase::kOn);
  Publish("a", "6");
  EXPECT_EQ(State("a"), StreamPhase::kOn) << "a known stream needs no room";
  End("3");
  Publish("d", "4");
  EXPECT_EQ(State("d"), StreamPhase::kOn);
}

TEST_F(StreamBoundsTest, AStreamHasFewClients) {
  for (int i = 0; i < 8; ++i) {
    Publish("alice", std::to_string(i));
    Advance(1s);
  }
  Update("alice", "0");
  EXPECT_THAT(Publish("alice", "8"), SizeIs(8)) << "each is dropped, also the one that gives way";
  EXPECT_THAT(Clients("alice"), ElementsAre("0", "2", "3", "4", "5", "6", "7", "8"));
  End("1");
  EXPECT_THAT(Clients("alice"), SizeIs(8)) << "it is not known any more";
  Poll({{"alice", "9"}});
  EXPECT_THAT(Clients("alice"), ElementsAre("0", "3", "4", "5", "6", "7", "8", "9"));
}

TEST_F(StreamBoundsTest, ManyPublishesAndEndsLeaveNothingBehind) {
  MakeTable({.max_streams = 100});
  Poll({});
  for (int i = 0; i < 5'000; ++i) {
    const std::string name = "s" + std::to_string(i);
    Publish(name, name);
    End(name);
    Update(name, name);  // it came late
    Advance(150ms);
    if (i % 20 == 0) Sweep();
    ASSERT_EQ(table_->Count().on, 0U);
    ASSERT_LE(table_->Count().off, 100U);
  }
  Advance(60s);
  Sweep();
  EXPECT_EQ(table_->Count().off, 0U);
}

}  // namespace
}  // namespace rtcroom
