// Polls, and a media server that is away or restarts.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/media/stream_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class StreamPollTest : public StreamTableTest {
 protected:
  void SetUp() override { Poll({}); }
  /// With that uptime.
  void PollUp(Seconds uptime, Seconds late = 0s) {
    table_->Poll({.asked_at = now() - late, .life = "7", .uptime = uptime, .clients = {}}, now());
  }
};

TEST_F(StreamPollTest, AListedClientTurnsItsStreamOn) {
  Poll({{"alice", "1"}, {"alice", "2"}, {"bob", "3"}});
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  EXPECT_THAT(Clients("alice"), ElementsAre("1", "2"));
  EXPECT_THAT(Clients("bob"), ElementsAre("3"));
  End("3");
  EXPECT_EQ(State("bob"), StreamPhase::kOff);
}

TEST_F(StreamPollTest, InvalidNamesInAListAreIgnored) {
  Poll({{"a b", "1"}, {"", "2"}, {"alice", ""}, {"bob", std::string(65, '1')}, {"carol", "3"}});
  EXPECT_EQ(table_->Count().on, 1U);
}

TEST_F(StreamPollTest, AListedClientStays) {
  Publish("alice", "1");
  for (int i = 0; i < 10; ++i) {
    Advance(5s);
    Poll({{"alice", "1"}});
  }
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  EXPECT_EQ(Age("alice"), 50s);
  EXPECT_TRUE(IsConfirmed("alice"));
}

TEST_F(StreamPollTest, OtherNodesAreToldWhatIsConfirmed) {
  const auto signs = [&](MonotonicTime since = MonotonicTime::min()) {
    return table_->SignsSince(since, now());
  };
  Publish("alice", "1");
  const MonotonicTime published = now();
  Advance(5s);
  Poll({{"alice", "1"}});
  ASSERT_EQ(signs().size(), 1U);
  EXPECT_TRUE(signs().front().is_on);
  EXPECT_EQ(signs().front().at, now());
  EXPECT_EQ(signs(published).size(), 1U);
  EXPECT_THAT(signs(now()), IsEmpty()) << "it goes on";
  End("1");
  EXPECT_FALSE(signs(now()).front().is_on);
  const MonotonicTime ended = now();
  Advance(5s);
  Poll({});
  EXPECT_EQ(signs().front().at, ended);
  table_->PollFailed(now());
  EXPECT_THAT(signs(), IsEmpty()) << "the media server is away";
}

TEST_F(StreamPollTest, AnAbsentClientIsRemovedWhenItWasNotSeenForTheTtl) {
  Publish("alice", "1");
  Advance(15s);
  Poll({});
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  Advance(1ms);
  Poll({});
  EXPECT_EQ(State("alice"), StreamPhase::kOff);
  EXPECT_EQ(Age("alice"), 15s + 1ms) << "since it was last seen";
  EXPECT_THAT(Clients("alice"), IsEmpty());
}

TEST_F(StreamPollTest, AnAbsentClientDoesNotTakeAnotherWithIt) {
  Publish("alice", "1");
  Advance(10s);
  Update("alice", "2");
  Advance(6s);
  Poll({});
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  EXPECT_THAT(Clients("alice"), ElementsAre("2"));
  Advance(10s);
  Poll({});
  EXPECT_EQ(Age("alice"), 16s) << "since the last of them was seen";
}

TEST_F(StreamPollTest, ARemovedClientComesBackWithItsNextUpdateOrPoll) {
  Publish("alice", "1");
  Publish("bob", "2");
  Advance(16s);
  Poll({});
  ASSERT_EQ(State("alice"), StreamPhase::kOff);
  Update("alice", "1");
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  Poll({{"bob", "2"}});
  EXPECT_EQ(State("bob"), StreamPhase::kOn);
}

TEST_F(StreamPollTest, AClientThatEndedWhileAListWasOnItsWayStaysAway) {
  Publish("alice", "1");
  Advance(1s);
  End("1");
  Advance(1s);
  PollLate({{"alice", "1"}}, 2s);
  EXPECT_EQ(State("alice"), StreamPhase::kOff);
  EXPECT_EQ(Age("alice"), 1s);
  PollLate({{"alice", "1"}}, 500ms);
  EXPECT_EQ(State("alice"), StreamPhase::kOn) << "the list is newer than the end";
}

TEST_F(StreamPollTest, AClientThatChangedItsStreamWhileAListWasOnItsWayKeepsTheNewOne) {
  Publish("alice", "1");
  Advance(1s);
  Publish("alice_2", "1");
  Advance(1s);
  PollLate({{"alice", "1"}}, 2s);
  EXPECT_THAT(Clients("alice_2"), ElementsAre("1"));
  EXPECT_THAT(Clients("alice"), IsEmpty());
}

TEST_F(StreamPollTest, TheListSaysWhichStreamAClientSends) {
  Publish("alice", "1");
  Advance(1s);
  // The media server asked, and ignored the second publish of the session.
  Publish("alice_2", "1");
  Advance(4s);
  Poll({{"alice", "1"}});
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  EXPECT_EQ(State("alice_2"), StreamPhase::kOff);
  guard_.bans["alice"] = "room_1";
  EXPECT_EQ(Update("alice_2", "1"), UpdateVerdict::kCut);
}

// Outages.

TEST_F(StreamPollTest, NothingIsConfirmedBeforeTheFirstPoll) {
  MakeTable({});
  EXPECT_EQ(State("alice"), StreamPhase::kNone);
  EXPECT_FALSE(IsConfirmed("alice"));
  Publish("alice", "1");
  EXPECT_TRUE(IsConfirmed("alice")) << "a callback has just shown it";
  End("1");
  Advance(20s);
  EXPECT_EQ(State("alice"), StreamPhase::kOff);
  EXPECT_FALSE(IsConfirmed("alice"));
  EXPECT_EQ(Age("alice"), 0s);
  Poll({});
  EXPECT_TRUE(IsConfirmed("alice"));
  EXPECT_TRUE(IsConfirmed("bob"));
  Advance(3s);
  EXPECT_EQ(Age("alice"), 3s);
}

TEST_F(StreamPollTest, WhilePollsFailTheTimeOfOffStreamsStandsStill) {
  Publish("alice", "1");
  End("1");
  Advance(4s);
  FailPoll();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(State("alice"), StreamPhase::kOff);
    EXPECT_EQ(Age("alice"), 4s);
    EXPECT_FALSE(IsConfirmed("alice"));
    EXPECT_FALSE(IsConfirmed("bob"));
    Advance(5s);
    FailPoll();
  }
  Poll({});
  EXPECT_EQ(Age("alice"), 4s);
  EXPECT_TRUE(IsConfirmed("alice"));
  Advance(3s);
  EXPECT_EQ(Age("alice"), 7s);
}

TEST_F(StreamPollTest, SeveralOutagesAddUp) {
  Publish("alice", "1");
  End("1");
  for (int i = 0; i < 5; ++i) {
    Advance(2s);
    FailPoll();
    Advance(5s);
    Poll({});
  }
  EXPECT_EQ(Age("alice"), 10s);
  Publish("bob", "2");
  End("2");
  Advance(3s);
  EXPECT_EQ(Age("bob"), 3s) << "outages before its end do not count";
}

TEST_F(StreamPollTest, AnEndDuringAnOutageCountsFromItsEnd) {
  Publish("alice", "1");
  FailPoll();
  Advance(5s);
  End("1");
  Advance(5s);
  EXPECT_EQ(State("alice"), StreamPhase::kOff);
  EXPECT_EQ(Age("alice"), 0s);
  Poll({});
  Advance(6s);
  EXPECT_EQ(Age("alice"), 6s);
}

TEST_F(StreamPollTest, WhilePollsFailAnOnStreamIsBelievedForTheTtl) {
  Publish("alice", "1");
  FailPoll();
  Advance(15s);
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  EXPECT_TRUE(IsConfirmed("alice"));
  Advance(1ms);
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  EXPECT_FALSE(IsConfirmed("alice"));
  Update("alice", "1");
  EXPECT_TRUE(IsConfirmed("alice")) << "callbacks still arrive";
}

TEST_F(StreamPollTest, AStreamThatEndedDuringAnOutageIsOffSinceItsLastSignWithoutTheOutage) {
  Publish("alice", "1");
  Advance(5s);
  Poll({{"alice", "1"}});
  Advance(2s);
  FailPoll();
  Advance(60s);
  Poll({});
  EXPECT_EQ(State("alice"), StreamPhase::kOff);
  EXPECT_EQ(Age("alice"), 2s);
}

TEST_F(StreamPollTest, AStreamThatLivedThroughAnOutageIsOnSinceItsStart) {
  Publish("alice", "1");
  FailPoll();
  Advance(60s);
  Poll({{"alice", "1"}});
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  EXPECT_EQ(Age("alice"), 60s);
  EXPECT_TRUE(IsConfirmed("alice"));
}

// Restarts of the media server.

TEST_F(StreamPollTest, ARestartGivesAllOffStreamsTheirTimeAnew) {
  Publish("alice", "1");
  End("1");
  Advance(14s);
  Poll({}, "2");
  EXPECT_EQ(State("alice"), StreamPhase::kOff);
  EXPECT_EQ(Age("alice"), 0s);
  Advance(3s);
  Poll({}, "2");
  EXPECT_EQ(Age("alice"), 3s);
}

TEST_F(StreamPollTest, StreamsThatARestartEndedAreOffSinceItWasSeen) {
  Publish("alice", "1");
  Advance(3s);
  FailPoll();
  Advance(5s);
  Poll({}, "2");
  EXPECT_EQ(State("alice"), StreamPhase::kOn) << "it may be in a process that is being replaced";
  Advance(5s);
  Poll({}, "2");
  Advance(5s);
  Poll({}, "2");
  EXPECT_EQ(State("alice"), StreamPhase::kOff);
  EXPECT_EQ(Age("alice"), 10s);
}

TEST_F(StreamPollTest, AStreamThatReturnsAfterARestartIsOn) {
  Publish("alice", "1");
  Publish("bob", "2");
  Advance(5s);
  Poll({}, "2");
  // The IDs begin anew.
  EXPECT_THAT(Publish("bob", "1"), ElementsAre("2"));
  EXPECT_EQ(State("bob"), StreamPhase::kOn);
  EXPECT_EQ(State("alice"), StreamPhase::kOff) << "its client has another stream now";
  EXPECT_EQ(Age("alice"), 0s);
  EXPECT_THAT(Publish("alice", "2"), IsEmpty());
  for (int i = 0; i < 4; ++i) {
    Advance(5s);
    Poll({{"bob", "1"}, {"alice", "2"}}, "2");
  }
  EXPECT_THAT(Clients("alice"), ElementsAre("2"));
  EXPECT_THAT(Clients("bob"), ElementsAre("1"));
}

TEST_F(StreamPollTest, ARestartThatKeepsTheProcessIdShowsInTheUptime) {
  PollUp(100s);
  Publish("alice", "1");
  End("1");
  Advance(10s);
  PollUp(110s);
  EXPECT_EQ(Age("alice"), 10s);
  Advance(10s);
  PollUp(4s);
  EXPECT_EQ(Age("alice"), 0s);
  Advance(10s);
  PollUp(14s);
  EXPECT_EQ(Age("alice"), 10s);
}

TEST_F(StreamPollTest, SlowAnswersAndRoundedUptimesAreNoRestarts) {
  PollUp(100s);
  Publish("alice", "1");
  End("1");
  Advance(10s);
  PollUp(110s, 4s);
  Advance(10s);
  PollUp(119s);
  Advance(10s);
  PollUp(131s);
  Advance(10s);
  PollUp(140s, 2s);
  EXPECT_EQ(Age("alice"), 40s);
}

TEST_F(StreamPollTest, ARestartSoonAfterAStartIsSeen) {
  PollUp(3s);
  Publish("alice", "1");
  End("1");
  Advance(5s);
  PollUp(4s);
  EXPECT_EQ(Age("alice"), 0s);
}

TEST_F(StreamPollTest, AnswersWithoutAnUptimeAreComparedByTheirLife) {
  PollUp(100s);
  Publish("alice", "1");
  End("1");
  Advance(5s);
  Poll({}, "7");
  EXPECT_EQ(Age("alice"), 5s);
  Poll({}, "8");
  EXPECT_EQ(Age("alice"), 0s);
}

// After a start of this process.

TEST_F(StreamPollTest, AClientFromAPollHasAWhileToShowThatItsUrlIsNotRevoked) {
  guard_.revocations["alice"] = kUrlEnds;
  guard_.revocations["bob"] = kUrlEnds;
  guard_.claims = {"alice", "bob"};
  Poll({{"alice", "1"}, {"bob", "2"}});
  EXPECT_THAT(Sweep(), IsEmpty());
  Advance(5s);
  EXPECT_EQ(Update("alice", "1", GoodSignature(kUrlEnds + 1h)), UpdateVerdict::kGoOn);
  EXPECT_EQ(Update("alice", "2", GoodSignature(kUrlEnds + 1h)), UpdateVerdict::kGoOn)
      << "of another stream: it shows nothing";
  Advance(10s);
  EXPECT_THAT(Sweep(), ElementsAre(StreamDrop{{"bob", "2"}, StreamDropReason::kRevoked}));
  EXPECT_EQ(Update("bob", "2", BadSignature()), UpdateVerdict::kCut);
}

// SRS sends no updates.
TEST_F(StreamPollTest, AClientFromAPollIsNotRevokedWhileItsUserIsAMember) {
  guard_.revocations["alice"] = kUrlEnds;
  guard_.claims = guard_.own_claims = {"alice"};
  Poll({{"alice", "1"}});
  Advance(15s);
  EXPECT_THAT(Sweep(), IsEmpty());
  guard_.own_claims.clear();
  EXPECT_THAT(Sweep(), ElementsAre(StreamDrop{{"alice", "1"}, StreamDropReason::kRevoked}))
      << "another member names it";
}

TEST_F(StreamPollTest, AClientFromAPollThatShowsARevokedUrlIsCutAtOnce) {
  guard_.revocations["alice"] = kUrlEnds;
  Poll({{"alice", "1"}});
  EXPECT_EQ(Update("alice", "1", BadSignature()), UpdateVerdict::kGoOn);
  EXPECT_EQ(Update("alice", "1"), UpdateVerdict::kCut);
  EXPECT_THAT(Sweep(), ElementsAre(StreamDrop{{"alice", "1"}, StreamDropReason::kRevoked}));
}

// Without polls.

class UnpolledStreamTest : public StreamTableTest {
 protected:
  void SetUp() override { MakeTable({.is_polled = false, .confirm_ttl = 75s}); }
};

TEST_F(UnpolledStreamTest, CallbacksAloneAreConfirmed) {
  EXPECT_TRUE(IsConfirmed("alice"));
  Publish("alice", "1");
  EXPECT_TRUE(IsConfirmed("alice"));
  End("1");
  EXPECT_TRUE(IsConfirmed("alice"));
  Advance(4s);
  EXPECT_EQ(Age("alice"), 4s);
}

TEST_F(UnpolledStreamTest, AClientWhoseEndWasLostIsRemovedAfterTheTtl) {
  guard_.claims = {"alice"};
  Publish("alice", "1");
  Update("alice", "1");
  Advance(75s);
  Sweep();
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  EXPECT_TRUE(IsConfirmed("alice"));
  Advance(1s);
  EXPECT_FALSE(IsConfirmed("alice"));
  Sweep();
  EXPECT_EQ(State("alice"), StreamPhase::kOff);
  EXPECT_EQ(Age("alice"), 76s);
}

// An end is reported, too, so a silence means nothing.
TEST_F(UnpolledStreamTest, OfAServerWithoutUpdatesNothingIsKnownAfterTheTtl) {
  guard_.claims = {"alice"};
  Publish("alice", "1");
  Advance(76s);
  Sweep();
  EXPECT_EQ(State("alice"), StreamPhase::kNone);
  Publish("alice", "2");
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  End("2");
  EXPECT_EQ(State("alice"), StreamPhase::kOff);
}

}  // namespace
}  // namespace rtcroom
