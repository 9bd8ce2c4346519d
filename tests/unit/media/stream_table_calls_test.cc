// Callbacks: publish, update and end.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/media/stream_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

/// The media server is reachable and has nothing on air.
class StreamCallsTest : public StreamTableTest {
 protected:
  void SetUp() override { Poll({}); }
};

TEST_F(StreamCallsTest, AStreamIsNotKnownBeforeItsFirstPublish) {
  EXPECT_EQ(State("alice"), StreamPhase::kNone);
  EXPECT_TRUE(IsConfirmed("alice"));
  EXPECT_THAT(Clients("alice"), IsEmpty());
}

TEST_F(StreamCallsTest, APublishTurnsAStreamOnSinceThen) {
  EXPECT_THAT(Publish("alice", "1"), IsEmpty());
  Advance(3s);
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  EXPECT_EQ(Age("alice"), 3s);
  EXPECT_TRUE(IsConfirmed("alice"));
  EXPECT_THAT(Clients("alice"), ElementsAre("1"));
  EXPECT_EQ(State("bob"), StreamPhase::kNone);
}

TEST_F(StreamCallsTest, APublishWithoutAGoodSignatureIsRefused) {
  for (const auto state : {StreamSignatureState::kMissing, StreamSignatureState::kMalformed,
                           StreamSignatureState::kWrong, StreamSignatureState::kExpired}) {
    EXPECT_EQ(Try("alice", "1", BadSignature(state)).verdict, PublishVerdict::kBadSignature);
  }
  EXPECT_EQ(State("alice"), StreamPhase::kNone);
}

TEST_F(StreamCallsTest, APublishWithABadNameIsRefused) {
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a/b"), std::string(256, 'x')}) {
    EXPECT_EQ(Try(name, "1").verdict, PublishVerdict::kBadName) << name;
  }
  EXPECT_EQ(Try("alice", "").verdict, PublishVerdict::kBadName);
  EXPECT_EQ(Try("alice", std::string(65, '1')).verdict, PublishVerdict::kBadName);
  EXPECT_THAT(Publish(std::string(255, 'x'), std::string(64, '1')), IsEmpty());
}

TEST_F(StreamCallsTest, APublishOfABannedStreamIsRefused) {
  guard_.bans["alice"] = "room_1";
  EXPECT_EQ(Try("alice", "1").verdict, PublishVerdict::kBanned);
  EXPECT_EQ(State("alice"), StreamPhase::kNone);
  EXPECT_THAT(Publish("bob", "2"), IsEmpty());
}

TEST_F(StreamCallsTest, ABanFromOneRoomAdmitsUrlsThatAreBoundToAnother) {
  guard_.bans["alice"] = "room_1";
  EXPECT_EQ(Try("alice", "1", BoundSignature("room_1")).verdict, PublishVerdict::kBanned);
  EXPECT_THAT(Publish("alice", "1", BoundSignature("room_2")), IsEmpty());
  EXPECT_EQ(Update("alice", "1", GoodSignature()), UpdateVerdict::kGoOn)
      << "by the URL with which it was accepted";
}

TEST_F(StreamCallsTest, ARevocationRefusesEarlierAndUnsignedUrls) {
  guard_.revocations["alice"] = kUrlEnds;
  EXPECT_EQ(Try("alice", "1", GoodSignature(kUrlEnds - 1s)).verdict, PublishVerdict::kRevoked);
  EXPECT_EQ(Try("alice", "1", GoodSignature(kUrlEnds)).verdict, PublishVerdict::kRevoked);
  EXPECT_EQ(Try("alice", "1", GoodSignature(std::nullopt)).verdict, PublishVerdict::kRevoked);
  EXPECT_EQ(State("alice"), StreamPhase::kNone);
  EXPECT_THAT(Publish("alice", "1", GoodSignature(kUrlEnds + 1s)), IsEmpty());
}

TEST_F(StreamCallsTest, ARefusedPublishChangesNothing) {
  Publish("alice", "1");
  EXPECT_THAT(Try("alice", "2", BadSignature()).drops, IsEmpty());
  EXPECT_EQ(Try("alice", "1", BadSignature()).verdict, PublishVerdict::kBadSignature);
  EXPECT_EQ(Try("bob", "1", BadSignature()).verdict, PublishVerdict::kBadSignature);
  EXPECT_THAT(Clients("alice"), ElementsAre("1"));
  EXPECT_EQ(State("bob"), StreamPhase::kNone);
}

TEST_F(StreamCallsTest, TheEndOfTheOnlyClientTurnsAStreamOffSinceThen) {
  Publish("alice", "1");
  Advance(3s);
  End("1");
  Advance(2s);
  EXPECT_EQ(State("alice"), StreamPhase::kOff);
  EXPECT_EQ(Age("alice"), 2s);
  EXPECT_TRUE(IsConfirmed("alice"));
}

TEST_F(StreamCallsTest, AStreamIsOnAgainSinceItsNextPublish) {
  Publish("alice", "1");
  End("1");
  Advance(5s);
  EXPECT_THAT(Publish("alice", "2"), IsEmpty());
  Advance(1s);
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  EXPECT_EQ(Age("alice"), 1s);
}

TEST_F(StreamCallsTest, ANewPublisherTakesOverFromAllOthers) {
  Publish("alice", "1");
  Publish("bob", "2");
  EXPECT_THAT(Publish("alice", "3"), ElementsAre("1"));
  EXPECT_THAT(Publish("alice", "4"), ElementsAre("1", "3"))
      << "the first may still be there: its drop has failed";
  EXPECT_THAT(Clients("bob"), ElementsAre("2"));
}

TEST_F(StreamCallsTest, APublishAfterAClosedOneTakesTheStreamFromNobodyElse) {
  const auto begin = [&](std::string_view client, std::string_view web_session, bool is_again) {
    return table_
        ->Publish({.stream = "alice",
                   .client = client,
                   .signature = GoodSignature(),
                   .web_session = web_session,
                   .is_again = is_again},
                  now())
        .verdict;
  };
  EXPECT_EQ(begin("1", "a", false), PublishVerdict::kAccepted);
  EXPECT_EQ(begin("2", "a", true), PublishVerdict::kAccepted) << "its end was not reported";
  Publish("alice", "3");  // a phone
  EXPECT_EQ(begin("4", "a", true), PublishVerdict::kTakenOver);
  EXPECT_THAT(Clients("alice"), ElementsAre("1", "2", "3"));
  EXPECT_EQ(begin("4", "b", false), PublishVerdict::kAccepted) << "a new session may take it";
  End("3");
  EXPECT_EQ(begin("5", "a", true), PublishVerdict::kTakenOver) << "by another session";
  EXPECT_EQ(begin("5", "b", true), PublishVerdict::kTakenOver) << "the first is still listed";
  Advance(16s);
  EXPECT_EQ(begin("5", "a", true), PublishVerdict::kAccepted) << "nobody has been seen since";
}

TEST_F(StreamCallsTest, AClientThatAPollHasFoundIsSomebodyElseUntilAnUpdateShowsItsSession) {
  Poll({{"alice", "1"}});
  StreamCall call{.stream = "alice",
                  .client = "2",
                  .signature = GoodSignature(),
                  .web_session = "a",
                  .is_again = true};
  EXPECT_EQ(table_->Publish(call, now()).verdict, PublishVerdict::kTakenOver);
  StreamCall update = call;
  update.client = "1";
  EXPECT_EQ(table_->Update(update, {}, now()), UpdateVerdict::kGoOn);
  EXPECT_EQ(table_->Publish(call, now()).verdict, PublishVerdict::kAccepted);
}

TEST_F(StreamCallsTest, ALateEndOfTheOldClientLeavesTheNewOneOn) {
  Publish("alice", "1");
  Advance(1s);
  Publish("alice", "2");
  Advance(1s);
  End("1");
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  EXPECT_EQ(Age("alice"), 2s) << "without a break";
  End("1");
  EXPECT_THAT(Clients("alice"), ElementsAre("2")) << "a copy of the end";
  End("2");
  EXPECT_EQ(State("alice"), StreamPhase::kOff);
}

TEST_F(StreamCallsTest, ASecondPublisherThatWasTurnedAwayLeavesTheFirstOn) {
  Publish("alice", "1");
  Publish("alice", "2");
  // The drop of 1 failed, and the media server found the name taken.
  End("2");
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  EXPECT_THAT(Clients("alice"), ElementsAre("1"));
}

TEST_F(StreamCallsTest, AClientThatPublishesItsStreamAgainStays) {
  Publish("alice", "1");
  Advance(1s);
  EXPECT_THAT(Publish("alice", "1"), IsEmpty());
  EXPECT_THAT(Clients("alice"), ElementsAre("1"));
}

TEST_F(StreamCallsTest, AClientThatPublishesAnotherStreamEndsItsFirst) {
  Publish("alice", "1");
  Advance(1s);
  Publish("alice_ab12cd34", "1");
  EXPECT_EQ(State("alice"), StreamPhase::kOff);
  EXPECT_EQ(State("alice_ab12cd34"), StreamPhase::kOn);
  End("1");
  EXPECT_EQ(State("alice_ab12cd34"), StreamPhase::kOff);
}

TEST_F(StreamCallsTest, UpdatesKeepAClient) {
  Publish("alice", "1");
  for (int i = 0; i < 10; ++i) {
    Advance(5s);
    EXPECT_EQ(Update("alice", "1"), UpdateVerdict::kGoOn);
    Poll({});  // as for a stream of a worker that is being replaced
    EXPECT_EQ(State("alice"), StreamPhase::kOn);
    EXPECT_TRUE(IsConfirmed("alice"));
  }
}

TEST_F(StreamCallsTest, AnUpdateOfABannedOrRevokedClientCutsIt) {
  Publish("alice", "1", GoodSignature(kUrlEnds));
  guard_.revocations["alice"] = kUrlEnds - 1s;
  EXPECT_EQ(Update("alice", "1"), UpdateVerdict::kGoOn) << "its URL is newer";
  guard_.revocations["alice"] = kUrlEnds;
  EXPECT_EQ(Update("alice", "1"), UpdateVerdict::kCut);
  guard_.revocations.clear();
  EXPECT_EQ(Update("alice", "1"), UpdateVerdict::kGoOn);
  guard_.bans["alice"] = "room_1";
  EXPECT_EQ(Update("alice", "1"), UpdateVerdict::kCut);
}

TEST_F(StreamCallsTest, AnUpdateCannotShowANewerUrl) {
  Publish("alice", "1", GoodSignature(kUrlEnds));
  guard_.revocations["alice"] = kUrlEnds;
  EXPECT_EQ(Update("alice", "1", GoodSignature(kUrlEnds + 1h)), UpdateVerdict::kCut);
}

TEST_F(StreamCallsTest, AnUpdateOfAnUnknownClientTurnsItsStreamOn) {
  EXPECT_EQ(Update("alice", "1"), UpdateVerdict::kGoOn);
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  EXPECT_THAT(Clients("alice"), ElementsAre("1"));
}

TEST_F(StreamCallsTest, AnUpdateOfAnUnknownClientIsNotAskedForItsExpiry) {
  StreamSignature expired = GoodSignature();
  expired.state = StreamSignatureState::kExpired;
  EXPECT_EQ(Update("alice", "1", expired), UpdateVerdict::kGoOn);
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  guard_.revocations["alice"] = kUrlEnds;
  EXPECT_EQ(Update("alice", "1", expired), UpdateVerdict::kCut);
}

TEST_F(StreamCallsTest, AnUpdateOfAnUnknownClientWithoutASignatureChangesNothing) {
  guard_.bans["bob"] = "room_1";
  for (const auto state : {StreamSignatureState::kMissing, StreamSignatureState::kMalformed,
                           StreamSignatureState::kWrong}) {
    EXPECT_EQ(Update("alice", "1", BadSignature(state)), UpdateVerdict::kGoOn);
    EXPECT_EQ(Update("bob", "1", BadSignature(state)), UpdateVerdict::kGoOn)
        << "the name may be that of a stream which the client plays";
  }
  EXPECT_EQ(Update("a b", "1"), UpdateVerdict::kGoOn);
  EXPECT_EQ(Update("alice", ""), UpdateVerdict::kGoOn);
  EXPECT_EQ(table_->Count().on, 0U);
  EXPECT_EQ(table_->Count().off, 0U);
}

TEST_F(StreamCallsTest, AnUpdateOfAnUnknownClientThatMayNotSendCutsIt) {
  guard_.bans["alice"] = "room_1";
  guard_.revocations["bob"] = kUrlEnds;
  EXPECT_EQ(Update("alice", "1"), UpdateVerdict::kCut);
  EXPECT_EQ(Update("bob", "2"), UpdateVerdict::kCut);
  EXPECT_EQ(State("alice"), StreamPhase::kNone);
  EXPECT_EQ(State("bob"), StreamPhase::kNone);
}

TEST_F(StreamCallsTest, AnUpdateThatArrivesAfterTheEndDoesNotUndoIt) {
  Publish("alice", "1");
  Advance(5s);
  End("1");
  EXPECT_EQ(Update("alice", "1"), UpdateVerdict::kGoOn);
  EXPECT_EQ(State("alice"), StreamPhase::kOff);
  guard_.bans["alice"] = "room_1";
  EXPECT_EQ(Update("alice", "1"), UpdateVerdict::kCut);
}

TEST_F(StreamCallsTest, UpdatesAfterAWhileShowThatAnEndWasOfAnEarlierPublish) {
  Publish("alice", "1");
  // The session stopped and published again; the end arrives after the publish.
  Publish("alice", "1");
  End("1");
  for (int i = 0; i < 3; ++i) {
    Advance(5s);
    Update("alice", "1");
  }
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
}

TEST_F(StreamCallsTest, APublishAfterTheEndTurnsTheStreamOnAtOnce) {
  Publish("alice", "1");
  End("1");
  Publish("alice", "1");
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  Poll({{"alice", "1"}});
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
}

// Forged names: a session may publish one stream and play another, whose name its later calls
// carry.

TEST_F(StreamCallsTest, CallsCountForTheStreamThatTheirClientWasAcceptedFor) {
  Publish("victim", "1");
  Publish("mallory", "2");
  Advance(5s);
  guard_.bans["victim"] = "room_1";
  EXPECT_EQ(Update("victim", "2", BadSignature()), UpdateVerdict::kGoOn);
  guard_.bans.clear();
  guard_.bans["mallory"] = "room_1";
  EXPECT_EQ(Update("victim", "2", BadSignature()), UpdateVerdict::kCut)
      << "another name does not protect it";
  EXPECT_EQ(Update("victim", "2", GoodSignature()), UpdateVerdict::kCut);
  End("2");
  EXPECT_EQ(State("mallory"), StreamPhase::kOff);
  EXPECT_EQ(State("victim"), StreamPhase::kOn);
  EXPECT_THAT(Clients("victim"), ElementsAre("1"));
}

TEST_F(StreamCallsTest, TheStreamOfAClientIsKnownForAWhileAfterItsEnd) {
  EXPECT_EQ(table_->StreamOfClient("1"), "");
  Publish("alice", "1");
  Update("victim", "1", BadSignature());
  EXPECT_EQ(table_->StreamOfClient("1"), "alice");
  End("1");
  Advance(StreamTable::kLateCalls);
  Sweep();
  EXPECT_EQ(table_->StreamOfClient("1"), "alice");
  Publish("bob", "1");
  EXPECT_EQ(table_->StreamOfClient("1"), "bob");
  End("1");
  Advance(StreamTable::kLateCalls + 1ms);
  Sweep();
  EXPECT_EQ(table_->StreamOfClient("1"), "");
}

TEST_F(StreamCallsTest, AnUpdateWithAForeignNameKeepsOnlyItsOwnStream) {
  Publish("victim", "1");
  Publish("mallory", "2");
  for (int i = 0; i < 4; ++i) {
    Advance(5s);
    Update("victim", "2", BadSignature());
    Poll({});
  }
  EXPECT_EQ(State("victim"), StreamPhase::kOff) << "it has no client any more";
  EXPECT_EQ(State("mallory"), StreamPhase::kOn);
}

TEST_F(StreamCallsTest, EndsOfUnknownClientsChangeNothing) {
  Publish("alice", "1");
  for (const char* client : {"2", "", "01", "1 ", "alice"}) End(client);
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  // Nor do they forestall a later publish or update of that client.
  Update("bob", "2");
  EXPECT_EQ(State("bob"), StreamPhase::kOn);
}

// Clients that stay connected and send nothing.

TEST_F(StreamCallsTest, AClientWhoseMediaStandsStillTurnsItsStreamOff) {
  Publish("alice", "1");
  Advance(5s);
  UpdateAt("1", 5'000);
  Advance(5s);
  UpdateAt("1", 5'000);
  EXPECT_EQ(State("alice"), StreamPhase::kOff);
  EXPECT_EQ(Age("alice"), 5s);
  EXPECT_TRUE(IsConfirmed("alice"));
  EXPECT_THAT(Clients("alice"), ElementsAre("1")) << "it is still connected";
  Advance(5s);
  UpdateAt("1", 5'000);
  EXPECT_EQ(Age("alice"), 10s);
  Poll({{"alice", "1"}});
  EXPECT_EQ(State("alice"), StreamPhase::kOff) << "a list shows connections only";
  EXPECT_EQ(Age("alice"), 10s);
}

TEST_F(StreamCallsTest, MovingMediaTurnsAStreamOnAgain) {
  Publish("alice", "1");
  UpdateAt("1", 0);
  Advance(5s);
  UpdateAt("1", 0);
  ASSERT_EQ(State("alice"), StreamPhase::kOff);
  Advance(5s);
  UpdateAt("1", -7);  // it has overflowed
  Advance(1s);
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  EXPECT_EQ(Age("alice"), 1s);
}

TEST_F(StreamCallsTest, CopiesOfAnUpdateDoNotStopAClient) {
  Publish("alice", "1");
  UpdateAt("1", 5'000);
  Advance(900ms);
  UpdateAt("1", 5'000);
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
}

TEST_F(StreamCallsTest, UpdatesWithoutAPositionLeaveAStreamAsItIs) {
  Publish("alice", "1");
  for (int i = 0; i < 3; ++i) {
    Advance(5s);
    Update("alice", "1");
  }
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
  UpdateAt("1", 1);
  Advance(5s);
  UpdateAt("1", 1);
  Update("alice", "1");
  EXPECT_EQ(State("alice"), StreamPhase::kOff);
}

TEST_F(StreamCallsTest, TheEndOfAClientThatSentNothingLeavesTheTimeOfTheLastMedia) {
  Publish("alice", "1");
  UpdateAt("1", 0);
  Advance(5s);
  UpdateAt("1", 0);
  End("1");
  EXPECT_EQ(State("alice"), StreamPhase::kOff);
  EXPECT_EQ(Age("alice"), 5s);
}

TEST_F(StreamCallsTest, ATakeoverDropsAClientThatSendsNothing) {
  Publish("alice", "1");
  UpdateAt("1", 0);
  Advance(5s);
  UpdateAt("1", 0);
  EXPECT_THAT(Publish("alice", "2"), ElementsAre("1"));
  EXPECT_EQ(State("alice"), StreamPhase::kOn);
}

TEST(StreamNames, OfOutcomesAreLowerCaseWords) {
  EXPECT_EQ(PublishVerdictName(PublishVerdict::kTooManyStreams), "too_many_streams");
  EXPECT_EQ(PublishVerdictName(PublishVerdict::kTakenOver), "taken_over");
  EXPECT_EQ(StreamDropReasonName(StreamDropReason::kTakenOver), "taken_over");
  EXPECT_EQ(StreamSignatureStateName(StreamSignatureState::kExpired), "expired");
}

class RecordedOnAir : public OnAirListener {
 public:
  void OnAir(std::string_view stream, bool is_on) noexcept override {
    heard_.push_back((is_on ? "+" : "-") + std::string(stream));
  }
  void OnListed() noexcept override { heard_.emplace_back("listed"); }
  /// What it was told since the last call.
  std::vector<std::string> Take() { return std::exchange(heard_, {}); }

 private:
  std::vector<std::string> heard_;
};

class OnAirTest : public StreamTableTest {
 protected:
  void SetUp() override { table_.emplace(StreamTableOptions{}, guard_, now(), &on_air_); }

  RecordedOnAir on_air_;
};

TEST_F(OnAirTest, IsToldOfEachBeginningAndEnd) {
  Publish("alice", "1");
  EXPECT_THAT(on_air_.Take(), ElementsAre("+alice"));
  Publish("alice", "2");
  End("1");
  EXPECT_THAT(on_air_.Take(), IsEmpty()) << "another connection, the same stream";
  End("2");
  EXPECT_THAT(on_air_.Take(), ElementsAre("-alice"));
  EXPECT_EQ(Try("bob", "3", BadSignature()).verdict, PublishVerdict::kBadSignature);
  EXPECT_THAT(on_air_.Take(), IsEmpty());
}

TEST_F(OnAirTest, IsToldOfListsAfterTheirStreams) {
  Poll({{"alice", "1"}, {"bob", "2"}});
  EXPECT_THAT(on_air_.Take(), ElementsAre("+alice", "+bob", "listed"));
  Advance(16s);
  Poll({{"bob", "2"}});
  EXPECT_THAT(on_air_.Take(), ElementsAre("-alice", "listed"));
}

TEST_F(OnAirTest, IsToldOfMediaThatStopsAndGoesOn) {
  Publish("alice", "1");
  UpdateAt("1", 1000);
  Advance(5s);
  UpdateAt("1", 1000);
  EXPECT_THAT(on_air_.Take(), ElementsAre("+alice", "-alice"));
  Advance(5s);
  UpdateAt("1", 2000);
  EXPECT_THAT(on_air_.Take(), ElementsAre("+alice"));
}

}  // namespace
}  // namespace rtcroom
