#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/tally_lines.h"
#include "tests/unit/core/web_sessions_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST_F(WebSessionsTest, LetOnlyMembersPublishAndPlayInTheirRoom) {
  const auto kRefused = WebOpenOutcome::kNotAllowed;
  EXPECT_EQ(Refused(WebDirection::kPublish, "stranger", "stranger"), kRefused);
  EXPECT_EQ(Refused(WebDirection::kPublish, "guest", "host"), kRefused);
  EXPECT_EQ(Refused(WebDirection::kPlay, "host", "stranger"), kRefused);
  EXPECT_EQ(Refused(WebDirection::kPlay, "elsewhere", "host"), kRefused);
  const std::string published = Publish("host");
  Play("guest", "host");
  EXPECT_THAT(link_->queries,
              ElementsAre("rw=" + published.substr(0, 8) + "&host", "to play for guest"))
      << "to publish it is that of the address, with the mark of the session";
  EXPECT_EQ(sessions_.Count().publishing, 1U);
  EXPECT_EQ(sessions_.Count().playing, 1U);
}

TEST_F(WebSessionsTest, FindTheirMemberAmongManyOfOneStream) {
  for (std::size_t i = 0; i < StreamClaims::kMostMembers; ++i) {
    Apply(Creating(MakeRoom(RoomKind::kLive, "other" + std::to_string(i), "host")));
  }
  Publish("host");
  Play("guest", "host");
}

TEST_F(WebSessionsTest, CloseBothDirectionsWithARemoval) {
  const std::string published = Publish("guest");
  const std::string played = Play("guest", "host");
  Play("host", "guest");
  Apply(Deleting(Key(), "guest"));
  EXPECT_THAT(link_->closed,
              UnorderedElementsAre(Pair(published, "kicked"), Pair(played, "kicked")));
  EXPECT_THAT(owners_, ElementsAre("guest", "guest"));
  EXPECT_EQ(sessions_.Count().playing, 1U);
  Apply(Destroying(Key(), "host"));
  EXPECT_EQ(link_->closed.size(), 3U);
}

TEST_F(WebSessionsTest, EndWithABanAndRefuseWhatIsRevoked) {
  const std::string played = Play("guest", "host");
  const Ban ban{.room = Key(), .user_id = {"guest"}, .until = kNoon + 1h};
  ASSERT_TRUE(bans_.Put(ban));
  ASSERT_OK(store_.bans().PutBan(ban));
  EXPECT_THAT(link_->closed, ElementsAre(Pair(played, "kicked")));
  revocations_.Put({.stream = "host", .until = kNoon});
  Publish("host");
  revocations_.Put({.stream = "host", .until = kNoon + 1h});
  EXPECT_EQ(Refused(WebDirection::kPublish, "host", "host"), WebOpenOutcome::kNotAllowed)
      << "the URL was signed for no longer";
}

TEST_F(WebSessionsTest, EndWhenTheirViewerLeaves) {
  for (const char* const viewer : {"amy", "zoe"}) Apply(Watching(Key(), viewer));
  const std::string of_amy = Play("amy", "host");
  const std::string of_zoe = Play("zoe", "host");
  EXPECT_TRUE(sessions_.Plays(Key(), {"amy"}));
  EXPECT_FALSE(sessions_.Plays(Key(), {"host"}));
  Apply(Adding(Key(), "zoe"));
  for (const char* const viewer : {"amy", "zoe"}) Apply(LeavingAudience(Key(), viewer));
  EXPECT_THAT(link_->closed, ElementsAre(Pair(of_amy, "kicked")));
  EXPECT_FALSE(sessions_.Plays(Key(), {"amy"}));
  EXPECT_TRUE(sessions_.Has(of_zoe)) << "a pusher is a member as well";
}

TEST_F(WebSessionsTest, AreASignOfTheirViewerUntilTheyEnd) {
  Apply(Watching(Key(), "amy"));
  const std::string played = Play("amy", "host");
  clock_.Advance(50s);
  EXPECT_EQ(viewers_.leases().StateOf(Key(), {"amy"})->age, 50s) << "who asks sees that she plays";
  EXPECT_TRUE(sessions_.Delete(played));
  EXPECT_EQ(viewers_.leases().StateOf(Key(), {"amy"})->age, 0s);
  (void)Play("amy", "host");
  clock_.Advance(60s);
  Apply(LeavingAudience(Key(), "amy", kNoon, LeaveReason::kHeartbeatTimeout));
  EXPECT_EQ(viewers_.lapsed().Absent().size(), 1U) << "a sign would bring her back";
}

TEST_F(WebSessionsTest, RefuseAnOfferWhoseUserLeavesDuringTheCheck) {
  Apply(Watching(Key(), "amy"));
  failing_.after_viewers = [this] { Apply(LeavingAudience(Key(), "amy")); };
  EXPECT_EQ(Refused(WebDirection::kPlay, "host", "amy"), WebOpenOutcome::kNotAllowed);
  EXPECT_THAT(link_->opened, IsEmpty());
  EXPECT_EQ(sessions_.Count().playing, 0U);
}

TEST_F(WebSessionsTest, RefuseAnOfferWhoseUserLeavesBeforeTheAnswer) {
  const auto answer = Begin(WebDirection::kPublish, "guest", "guest");
  Apply(Deleting(Key(), "guest"));
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((*answer)->outcome, WebOpenOutcome::kNotAllowed);
  link_->closed.clear();
  sessions_.OnOpened(*link_, link_->opened.back(), "late");
  EXPECT_EQ(link_->closed.size(), 1U) << "the worker has it, and nobody else";
}

TEST_F(WebSessionsTest, AnswerOffersThatNoWorkerAnswers) {
  const auto answer = Begin(WebDirection::kPublish, "host", "host");
  clock_.Advance(2999ms);
  EXPECT_EQ(sessions_.Round(), clock_.Monotonic() + 1ms);
  EXPECT_FALSE(answer->has_value());
  clock_.Advance(1ms);
  (void)sessions_.Round();
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((*answer)->outcome, WebOpenOutcome::kNoWorker);
  EXPECT_EQ(link_->closed.size(), 1U);
}

TEST_F(WebSessionsTest, GiveAStreamToItsNewestPublisher) {
  const std::string first = Publish("host");
  const auto refused = Begin(WebDirection::kPublish, "host", "host");
  sessions_.OnEnded(*link_, link_->opened.back(), WebEndReason::kFailed, WebOpenOutcome::kMalformed,
                    "line 1");
  EXPECT_EQ((*refused)->text, "line 1");
  EXPECT_THAT(link_->closed, IsEmpty()) << "a malformed offer ends nothing";
  const std::string second = Publish("host");
  EXPECT_THAT(link_->closed, ElementsAre(Pair(first, "taken_over")));
  EXPECT_TRUE(sessions_.Has(second));
}

TEST_F(WebSessionsTest, GiveAStreamToAPhoneThatPublishesItAndTellItsPage) {
  Play("host", "guest");
  const std::string published = Publish("guest");
  Publish("host");
  sessions_.OnPhone("stranger");
  EXPECT_THAT(link_->closed, IsEmpty());
  const auto newer = Begin(WebDirection::kPublish, "guest", "guest");
  sessions_.OnPhone("guest");
  EXPECT_THAT(link_->closed, ElementsAre(Pair(published, "taken_over")));
  EXPECT_THAT(owners_, ElementsAre("guest"));
  EXPECT_THAT(LinesOf(tallies_.ends), Contains("taken_over 1"));
  EXPECT_FALSE(newer->has_value()) << "its offer is answered later, and takes the stream back";
  sessions_.OnEnded(*link_, published, WebEndReason::kMediaServer);
  EXPECT_THAT(owners_, ElementsAre("guest")) << "the worker loses its connection afterwards";
}

TEST_F(WebSessionsTest, BoundSessionsAndOffers) {
  for (int i = 0; i < 4; ++i) Play("guest", "host");
  EXPECT_EQ(Refused(WebDirection::kPlay, "host", "guest"), WebOpenOutcome::kFull) << "of the user";
  Play("host", "guest");
  EXPECT_EQ(Refused(WebDirection::kPlay, "guest", "host"), WebOpenOutcome::kFull)
      << "of the address";
  for (int i = 0; i < 3; ++i) (void)Refused(WebDirection::kPlay, "host", "guest");
  for (const std::string& id : link_->opened) EXPECT_TRUE(sessions_.Delete(id));
  EXPECT_EQ(Refused(WebDirection::kPlay, "host", "guest"), WebOpenOutcome::kTooManyOffers)
      << "more than twice as many in a short time";
  clock_.Advance(1s);
  Play("guest", "host");
  EXPECT_THAT(LinesOf(tallies_.ends), Contains("deleted 5"));
}

TEST_F(WebSessionsTest, CountNoSessionThatAnOfferReplaces) {
  Publish("guest");
  for (int i = 0; i < 3; ++i) Play("guest", "host");
  Play("host", "guest");
  Publish("guest");
  EXPECT_EQ(sessions_.Count().publishing, 1U) << "at the limits of the user and of the address";
  const auto small = std::make_shared<RecordingWebLink>();
  sessions_.Detach(*link_);
  sessions_.Attach(small, 1, {});
  (void)Begin(WebDirection::kPublish, "host", "host");
  sessions_.OnOpened(*small, small->opened.back(), "answer");
  const auto again = Begin(WebDirection::kPublish, "host", "host");
  EXPECT_EQ(small->opened.size(), 2U) << "at the limit of the worker";
  EXPECT_EQ(Refused(WebDirection::kPublish, "host", "host"), WebOpenOutcome::kFull)
      << "one of them at a time";
  EXPECT_FALSE(again->has_value());
}

TEST_F(WebSessionsTest, KeepAStreamAtOneWorkerAndEndWithIt) {
  const auto other = std::make_shared<RecordingWebLink>();
  const std::string played = Play("guest", "host");
  sessions_.Attach(other, 64, {});
  Play("host", "host");
  EXPECT_THAT(other->opened, IsEmpty());
  sessions_.Detach(*link_);
  EXPECT_EQ(sessions_.Count().playing, 0U);
  EXPECT_THAT(LinesOf(tallies_.ends), Contains("worker 2"));
  EXPECT_THAT(owners_, UnorderedElementsAre("guest", "host"));
  (void)Begin(WebDirection::kPlay, "host", "guest");
  EXPECT_EQ(other->opened.size(), 1U);
  sessions_.Detach(*other);
  EXPECT_EQ(Refused(WebDirection::kPlay, "host", "guest"), WebOpenOutcome::kNoWorker);
}

TEST_F(WebSessionsTest, AskTheNextWorkerWhenOneIsFull) {
  const auto other = std::make_shared<RecordingWebLink>();
  sessions_.Attach(other, 64, {});
  const auto answer = Begin(WebDirection::kPublish, "host", "host");
  RecordingWebLink& full = link_->opened.empty() ? *other : *link_;
  RecordingWebLink& next = link_->opened.empty() ? *link_ : *other;
  ASSERT_EQ(full.opened.size(), 1U);
  const std::string id = full.opened.back();
  sessions_.OnEnded(full, id, WebEndReason::kFailed, WebOpenOutcome::kFull, "busy");
  EXPECT_FALSE(answer->has_value());
  ASSERT_THAT(next.opened, ElementsAre(id));
  EXPECT_THAT(next.queries, ElementsAre("rw=" + id.substr(0, 8) + "&host"));
  (void)sessions_.Round();
  EXPECT_THAT(full.kept.sessions, IsEmpty());
  EXPECT_THAT(next.kept.sessions, ElementsAre(id));
  sessions_.OnOpened(next, id, "answer");
  EXPECT_EQ((*answer)->outcome, WebOpenOutcome::kOpened);
  (void)Begin(WebDirection::kPlay, "host", "guest");
  EXPECT_EQ(next.opened.size(), 2U) << "it has the stream now";
  sessions_.OnEnded(next, next.opened.back(), WebEndReason::kFailed, WebOpenOutcome::kFull, "busy");
  EXPECT_EQ(full.opened.size(), 1U) << "a stream is at one worker";
  EXPECT_THAT(LinesOf(tallies_.offers), Contains("play full 1"));
}

TEST_F(WebSessionsTest, AskNoFullWorkerForAWhileUnlessItHasTheStream) {
  const auto refused = Begin(WebDirection::kPublish, "host", "host");
  const auto refuse = [this] {
    sessions_.OnEnded(*link_, link_->opened.back(), WebEndReason::kFailed, WebOpenOutcome::kFull);
  };
  refuse();
  EXPECT_EQ((*refused)->outcome, WebOpenOutcome::kFull);
  EXPECT_EQ(Refused(WebDirection::kPlay, "host", "guest"), WebOpenOutcome::kFull);
  EXPECT_EQ(link_->opened.size(), 1U);
  clock_.Advance(5s);
  Publish("host");
  (void)Begin(WebDirection::kPlay, "guest", "guest");
  refuse();
  Publish("host");
  EXPECT_EQ(sessions_.Count().publishing, 1U) << "a newer publisher is taken by a busy worker";
}

TEST_F(WebSessionsTest, AskNoWorkerForAWhileThatDoesNotAnswer) {
  const auto answer = Begin(WebDirection::kPublish, "host", "host");
  clock_.Advance(3s);
  (void)sessions_.Round();
  EXPECT_EQ((*answer)->outcome, WebOpenOutcome::kNoWorker);
  EXPECT_EQ(Refused(WebDirection::kPublish, "host", "host"), WebOpenOutcome::kFull);
  EXPECT_EQ(link_->opened.size(), 1U);
  clock_.Advance(5s);
  Publish("host");
}

TEST_F(WebSessionsTest, BlameNoWorkerForASlowStore) {
  Apply(Watching(Key(), "amy"));
  failing_.after_viewers = [this] {
    failing_.after_viewers = [this] {  // in the second check
      clock_.Advance(3s);
      (void)sessions_.Round();
    };
  };
  EXPECT_EQ(Refused(WebDirection::kPlay, "host", "amy"), WebOpenOutcome::kNoWorker);
  EXPECT_THAT(link_->opened, IsEmpty());
  Play("guest", "host");
}

TEST_F(WebSessionsTest, TakeUpWhatAWorkerServes) {
  const std::string id(40, 'a');
  const std::string former(40, 'b');
  const WebStreamName name{.stream = "guest", .app = "live"};
  const std::vector<WebSession> running = {
      {.id = id, .direction = WebDirection::kPublish, .name = name, .rtmp_query = "guest"},
      {.id = former, .direction = WebDirection::kPlay, .name = name, .rtmp_query = "gone"}};
  const auto returned = std::make_shared<RecordingWebLink>();
  sessions_.Attach(returned, 64, running);
  (void)sessions_.CheckRestored();
  (void)sessions_.Round();
  EXPECT_THAT(returned->closed, ElementsAre(Pair(former, "kicked")));
  EXPECT_THAT(returned->kept.sessions, ElementsAre(id));
  Apply(Deleting(Key(), "guest"));
  EXPECT_EQ(returned->closed.back().first, id);
}

TEST_F(WebSessionsTest, GoOnUntilTheStoreCanBeAskedAboutThem) {
  const WebSession running{.id = std::string(40, 'a'),
                           .direction = WebDirection::kPlay,
                           .name = {.stream = "host", .app = "live"},
                           .rtmp_query = "gone"};
  failing_.busy = true;
  for (int calls = 0; calls < 3; ++calls) {
    sessions_.Detach(*link_);
    sessions_.Attach(link_, 64, {running});
    (void)sessions_.CheckRestored();
    EXPECT_TRUE(sessions_.Has(running.id));
  }
  failing_.busy = false;
  (void)sessions_.Round();
  EXPECT_EQ(failing_.loads, 3) << "a slow store must delay no offer";
  (void)sessions_.CheckRestored();
  EXPECT_EQ(failing_.loads, 4);
  EXPECT_THAT(link_->closed.back(), Pair(running.id, "kicked"));
}

TEST_F(WebSessionsTest, CountForTheirAddressAfterARestart) {
  for (int i = 0; i < 3; ++i) Play("guest", "host");
  for (int i = 0; i < 2; ++i) Play("host", "guest");
  std::vector<WebSession> running;
  for (const std::string& id : link_->opened) {
    running.push_back({.id = id,
                       .direction = WebDirection::kPlay,
                       .name = {.stream = "host", .app = "live"},
                       .rtmp_query = "guest"});
  }
  sessions_.Detach(*link_);
  sessions_.Attach(link_, 64, running);
  EXPECT_EQ(Refused(WebDirection::kPlay, "guest", "host"), WebOpenOutcome::kFull);
  EXPECT_TRUE(sessions_.Delete(link_->opened.front()));
  Play("host", "guest");
}

TEST_F(WebSessionsTest, MoveToTheNewCallOfTheirWorker) {
  const std::string played = Play("guest", "host");
  const auto waiting = Begin(WebDirection::kPublish, "guest", "guest");
  const std::string unanswered = link_->opened.back();
  const std::vector<WebSession> running = {{.id = played,
                                            .direction = WebDirection::kPlay,
                                            .name = {.stream = "host", .app = "live"},
                                            .rtmp_query = "guest"},
                                           {.id = unanswered,
                                            .direction = WebDirection::kPublish,
                                            .name = {.stream = "guest", .app = "live"},
                                            .rtmp_query = "guest"}};
  clock_.Advance(200ms);
  const auto again = std::make_shared<RecordingWebLink>();
  sessions_.Attach(again, 64, running);
  EXPECT_EQ((*waiting)->outcome, WebOpenOutcome::kNoWorker) << "its answer is lost";
  EXPECT_THAT(again->closed, ElementsAre(Pair(unanswered, "worker")));
  sessions_.Detach(*link_);
  EXPECT_TRUE(sessions_.Has(played));
  EXPECT_THAT(owners_, IsEmpty());
  sessions_.OnFigures(*again, played, {.is_connected = true});
  EXPECT_EQ(connected_, 200ms) << "since the offer";
}

TEST_F(WebSessionsTest, CountKeyRequestsOnceOverARestart) {
  const WebSession running{.id = std::string(40, 'a'),
                           .direction = WebDirection::kPublish,
                           .name = {.stream = "guest", .app = "live"},
                           .rtmp_query = "guest",
                           .figures = {.is_connected = true}};
  sessions_.Attach(link_, 64, {running});
  for (const std::uint32_t requests : {7U, 9U}) {
    sessions_.OnFigures(*link_, running.id, {.is_connected = true, .key_requests = requests});
  }
  EXPECT_EQ(TotalOf(tallies_.key_requests), 2U);
}

TEST_F(WebSessionsTest, PullStreamsOnAirOfRoomsWithSessions) {
  sessions_.OnAir("guest", true);
  (void)sessions_.Round();
  EXPECT_THAT(link_->Pulled(), IsEmpty()) << "nobody has a session there";
  const std::string id = Publish("host");
  sessions_.OnAir("host", true);
  (void)sessions_.Round();
  EXPECT_THAT(link_->Pulled(), ElementsAre("guest")) << "that of the host comes from its browser";
  EXPECT_EQ(link_->kept.streams.front().rtmp_query, "pull guest");
  Apply(Adding(Key(), "third"));
  sessions_.OnAir("third", true);
  sessions_.OnAir("guest", false);
  (void)sessions_.Round();
  EXPECT_THAT(link_->Pulled(), ElementsAre("third"));
  EXPECT_TRUE(sessions_.Delete(id));
  (void)sessions_.Round();
  EXPECT_THAT(link_->Pulled(), IsEmpty());
}

TEST_F(WebSessionsTest, AddUpWhatTheirWorkersUse) {
  const auto other = std::make_shared<RecordingWebLink>();
  sessions_.Attach(other, 64, {});
  sessions_.OnUsage(*link_, {.descriptors = 20, .memory_bytes = 1000});
  sessions_.OnUsage(*link_, {.descriptors = 10, .memory_bytes = 2000});
  sessions_.OnUsage(*other, {.descriptors = 7, .memory_bytes = 500});
  EXPECT_EQ(sessions_.Count().usage.descriptors, 17U);
  EXPECT_EQ(sessions_.Count().usage.memory_bytes, 2500U);
  sessions_.Detach(*link_);
  EXPECT_EQ(sessions_.Count().usage.descriptors, 7U);
}

TEST_F(WebSessionsTest, FailWithTheStore) {
  EXPECT_EQ(Refused(WebDirection::kPlay, "host", "viewer"), WebOpenOutcome::kNotAllowed);
  failing_.busy = true;
  EXPECT_EQ(Refused(WebDirection::kPlay, "host", "viewer"), WebOpenOutcome::kFailed);
  EXPECT_EQ(sessions_.Count().playing, 0U);
}

TEST_F(WebSessionsTest, TellTheFiguresOfAPublisher) {
  const std::string id = Publish("host");
  clock_.Advance(200ms);
  sessions_.OnFigures(*link_, id, {.is_connected = true, .kbps = 700, .key_requests = 3});
  EXPECT_EQ(connected_, 200ms);
  EXPECT_EQ(TotalOf(tallies_.key_requests), 3U);
  EXPECT_EQ(sessions_.FiguresOf(Key(), {"host"})->kbps, 700U);
  EXPECT_FALSE(sessions_.FiguresOf(Key(), {"guest"}));
}

TEST_F(WebSessionsTest, OutliveTheirAddressWhichIsThenGoodForNoOther) {
  const std::string published = Publish("host");
  const std::string played = Play("host", "guest");
  clock_.Advance(1h);
  EXPECT_EQ(Refused(WebDirection::kPublish, "guest", "guest"), WebOpenOutcome::kOpened);
  clock_.Advance(1s);
  EXPECT_EQ(Refused(WebDirection::kPublish, "guest", "guest"), WebOpenOutcome::kNotAllowed);
  EXPECT_EQ(Refused(WebDirection::kPlay, "host", "guest"), WebOpenOutcome::kNotAllowed);
  (void)sessions_.Round();
  EXPECT_TRUE(sessions_.Has(published));
  EXPECT_TRUE(sessions_.Has(played));
}

TEST_F(WebSessionsTest, CountEachTimeThatASessionLosesItsPictures) {
  const std::string id = Play("host", "guest");
  for (const bool is_without : {true, true, false, true}) {
    sessions_.OnFigures(*link_, id, {.is_connected = true, .is_without_pictures = is_without});
  }
  EXPECT_EQ(TotalOf(tallies_.without_pictures), 2U);
}

}  // namespace
}  // namespace rtcroom
