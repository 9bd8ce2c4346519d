// What media servers are answered, and what their callbacks change.
#include "handlers/callbacks/callback_router.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/mutex.h"
#include "tests/support/counting_random.h"
#include "tests/support/eventually.h"
#include "tests/support/matchers.h"
#include "tests/support/plain_signatures.h"
#include "tests/support/recording_web_link.h"
#include "tests/support/rooms.h"
#include "tests/support/tally_lines.h"
#include "tests/support/temp_store.h"
#include "tests/support/unexpected_http.h"
#include "tests/unit/handlers/callback_router_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(CallbackRouterTest, ServesThePathsOfMediaServers) {
  EXPECT_TRUE(router_.Serves({.path = "/callback/rtmp"}));
  EXPECT_TRUE(router_.Serves({.path = "/callback/srs/secret"}));
  EXPECT_FALSE(router_.Serves({.path = "/callback/rtmps"}));
  EXPECT_FALSE(router_.Serves({.path = "/callback/"}));
  EXPECT_FALSE(router_.Serves({.path = "/weapp/multi_room/create_room"}));
}

TEST_F(CallbackRouterTest, AStreamWithASignedUrlIsOnUntilItsEnd) {
  EXPECT_EQ(Nginx("publish", "alice", PushArguments("alice")), 200);
  EXPECT_TRUE(IsOn("alice"));
  EXPECT_EQ(Nginx("update_publish", "alice", "time=5&timestamp=5000"), 200);
  EXPECT_EQ(Nginx("publish_done", "alice", ""), 200);
  EXPECT_FALSE(IsOn("alice"));
  EXPECT_THAT(LinesOf(counted_),
              ElementsAre("publish accepted 1", "publish_end accepted 1", "update accepted 1"));
}

TEST_F(CallbackRouterTest, StreamsWithOtherUrlsAreRefused) {
  const std::string good = PushArguments("alice");
  EXPECT_EQ(Nginx("publish", "alice", ""), 403);
  EXPECT_EQ(Nginx("publish", "bob", good), 403);
  EXPECT_EQ(Nginx("publish", "alice", PlayArguments("alice")), 403);
  clock_.Advance(1h + 1s);
  EXPECT_EQ(Nginx("publish", "alice", good), 403);
  EXPECT_FALSE(IsOn("alice"));
  EXPECT_FALSE(IsOn("bob"));
  for (const char* text : {"stream_refused", "192.0.2.7", "missing", "wrong", "expired"}) {
    EXPECT_THAT(log_.Text(), HasSubstr(text));
  }
  EXPECT_THAT(log_.Text(), Not(HasSubstr("txSecret")));
}

TEST_F(CallbackRouterTest, APhoneIsWhoPublishesWithoutTheMarkOfBrowsers) {
  const std::string arguments = PushArguments("alice");
  EXPECT_EQ(Nginx("publish", "alice", arguments + "&rw=1"), 200);
  EXPECT_EQ(Nginx("publish", "alice", "", "2"), 403);
  EXPECT_THAT(phones_.heard, IsEmpty());
  EXPECT_EQ(Nginx("publish", "alice", arguments, "3"), 200);
  EXPECT_THAT(phones_.heard, ElementsAre("alice"));
}

TEST_F(CallbackRouterTest, ABrowsersPushThatWasClosedComesBackUnlessAPhoneHasTheStream) {
  const std::string arguments = PushArguments("alice");
  EXPECT_EQ(Nginx("publish", "alice", arguments + "&rw=1"), 200);
  EXPECT_EQ(Nginx("publish_done", "alice", ""), 200);
  EXPECT_EQ(Nginx("publish", "alice", arguments + "&rw=1&ra=1", "2"), 200);
  EXPECT_EQ(Nginx("publish_done", "alice", "", "2"), 200);
  EXPECT_EQ(Nginx("publish", "alice", arguments, "3"), 200);
  EXPECT_EQ(Nginx("publish", "alice", arguments + "&rw=1&ra=1", "4"), 403);
  EXPECT_THAT(log_.Text(), HasSubstr("taken_over"));
  EXPECT_TRUE(IsOn("alice"));
}

TEST_F(CallbackRouterTest, ARevokedStreamIsCutAtItsNextUpdate) {
  const std::string arguments = PushArguments("alice");
  ASSERT_EQ(Nginx("publish", "alice", arguments), 200);
  revocations_.Put({.stream = "alice", .until = clock_.Now() + 1h});
  EXPECT_EQ(Nginx("update_publish", "alice", "time=5&" + arguments), 403);
  EXPECT_EQ(Nginx("publish", "alice", arguments, "2"), 403);
  clock_.Advance(2s);
  EXPECT_EQ(Nginx("publish", "alice", PushArguments("alice"), "3"), 200) << "signed since";
}

TEST_F(CallbackRouterTest, ABannedUserIsRefusedWithTheUrlsOfTheRoom) {
  Ban({"alice"}, MultiRoom("r1"));
  const std::string stream = "alice_0011aabb";
  EXPECT_EQ(Nginx("publish", stream, BoundArguments(stream, {"alice"}, "r1")), 403);
  EXPECT_EQ(Nginx("publish", stream, BoundArguments(stream, {"alice"}, "")), 403) << "any room";
  EXPECT_EQ(Nginx("publish", stream, PushArguments(stream)), 403) << "without a binding";
  EXPECT_EQ(Nginx("publish", "alice", PushArguments("alice")), 403) << "in gen-1";
  EXPECT_THAT(log_.Text(), HasSubstr("banned"));
  EXPECT_EQ(Nginx("publish", stream, BoundArguments(stream, {"alice"}, "r2")), 200);
  EXPECT_EQ(Nginx("publish", "bob", BoundArguments("bob", {"bob"}, "")), 200);
}

TEST_F(CallbackRouterTest, ABanFromOneKindOfRoomsLeavesTheOthers) {
  Ban({"alice"}, {.kind = RoomKind::kLive, .id = {"r1"}});
  EXPECT_EQ(Nginx("publish", "alice", BoundArguments("alice", {"alice"}, "")), 200);
  EXPECT_EQ(Nginx("publish", "alice", PushArguments("alice"), "2"), 403) << "of unknown kind";
}

TEST_F(CallbackRouterTest, ABannedUserIsCutAtItsNextUpdateUnlessItIsInAnotherRoom) {
  const std::string arguments = BoundArguments("alice", {"alice"}, "");
  ASSERT_EQ(Nginx("publish", "alice", arguments), 200);
  Ban({"alice"}, MultiRoom("r1"));
  TempStore store({}, "00000000000000aa", claims_);
  ASSERT_OK(Apply(store, Creating(MakeRoom(RoomKind::kMulti, "r2", "alice"))));
  EXPECT_EQ(Nginx("update_publish", "alice", "time=5&" + arguments), 200);
  ASSERT_OK(Apply(store, Destroying(MultiRoom("r2"), "alice")));
  EXPECT_EQ(Nginx("update_publish", "alice", "time=10&" + arguments), 403);
}

TEST_F(CallbackRouterTest, AViewerWhoLeavesChangesNothing) {
  ASSERT_EQ(Nginx("publish", "alice", PushArguments("alice")), 200);
  EXPECT_EQ(Nginx("play", "alice", PlayArguments("alice"), "9"), 200);
  EXPECT_EQ(Nginx("play_done", "alice", "", "9"), 200);
  EXPECT_EQ(Nginx("done", "alice", "", "9"), 200);
  EXPECT_TRUE(IsOn("alice"));
}

TEST_F(CallbackRouterTest, PlayersNeedAPlayUrlIfAskedFor) {
  EXPECT_EQ(Nginx("play", "alice", PlayArguments("alice")), 200);
  EXPECT_EQ(Nginx("play", "alice", ""), 403);
  EXPECT_EQ(Nginx("play", "bob", PlayArguments("alice")), 403);
  CallbackRouter open = RouterWith({.senders = {.secret = Secret("secret")}});
  EXPECT_EQ(Send("/callback/rtmp/secret", "app=live&clientid=1&call=play&name=alice", open).status,
            200);
}

TEST_F(CallbackRouterTest, StrangersAreNotHeard) {
  const std::string body =
      fmt::format("app=live&addr=192.0.2.7&clientid=1&call=publish&name=a&{}", PushArguments("a"));
  EXPECT_EQ(Send("/callback/rtmp", body, router_).status, 401);
  EXPECT_EQ(Send("/callback/rtmp/secre", body, router_).status, 401);
  EXPECT_FALSE(IsOn("a"));
  CallbackRouter off = RouterWith({});
  EXPECT_EQ(Send("/callback/rtmp/secret", body, off).status, 404);
}

TEST_F(CallbackRouterTest, StrangersAreLoggedOnceInTenSeconds) {
  for (int i = 0; i < 5; ++i) Send("/callback/rtmp", "call=publish", router_);
  const auto lines = [this] {
    const std::string text = log_.Text();
    return std::ranges::count(text, '\n');
  };
  EXPECT_EQ(lines(), 1);
  clock_.Advance(LogRation::kPeriod);
  Send("/callback/srs", "{}", router_);
  EXPECT_EQ(lines(), 2);
  EXPECT_THAT(log_.Text(), HasSubstr(R"("times":5})"));
  EXPECT_THAT(LinesOf(counted_), ElementsAre("other denied 6"));
}

// Any client of a genuine media server may send what it likes.
TEST_F(CallbackRouterTest, RefusedClientsOfTheMediaServerAreNotStrangers) {
  EXPECT_EQ(Nginx("publish", "a%20b", PushArguments("a")), 403);
  EXPECT_EQ(Send("/callback/srs/secret", "{}", router_).body, R"({"code":1})");
  EXPECT_THAT(LinesOf(counted_), ElementsAre("other refused 2"));
}

TEST_F(CallbackRouterTest, AFaultRefusesNewClientsAndLeavesStreamsOnAir) {
  ASSERT_EQ(Nginx("publish", "alice", PushArguments("alice")), 200);
  reading_.is_broken = true;
  EXPECT_EQ(Nginx("update_publish", "alice", "time=5"), 200);
  EXPECT_EQ(Nginx("publish", "bob", PushArguments("bob"), "2"), 403);
  EXPECT_EQ(Nginx("play", "alice", PlayArguments("alice"), "3"), 403);
  EXPECT_EQ(Nginx("publish_done", "alice", ""), 200);
  EXPECT_EQ(Send("/callback/rtmp", "call=update_publish", router_).status, 401);
  EXPECT_THAT(log_.Text(), HasSubstr("callback_fault"));
}

TEST_F(CallbackRouterTest, SrsIsAnsweredInItsTerms) {
  EXPECT_EQ(Srs("on_publish", "alice", PushArguments("alice")), R"({"code":0})");
  EXPECT_TRUE(IsOn("alice"));
  EXPECT_EQ(Srs("on_publish", "bob", PushArguments("alice")), R"({"code":1})");
  EXPECT_EQ(Srs("on_unpublish", "alice", ""), R"({"code":0})");
  EXPECT_FALSE(IsOn("alice"));
}

/// A media server that knows every client.
class ObedientServer : public StreamServer {
 public:
  Result<StreamList> List(std::chrono::milliseconds /*timeout*/) override { return StreamList(); }
  Result<DropOutcome> Drop(const std::string& stream, const std::string& client,
                           std::chrono::milliseconds /*timeout*/) override {
    const MutexLock lock(mutex_);
    dropped_.push_back(fmt::format("'{}' {}", stream, client));
    return DropOutcome::kDropped;
  }
  [[nodiscard]] std::vector<std::string> dropped() const {
    const MutexLock lock(mutex_);
    return dropped_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> dropped_ GUARDED_BY(mutex_);
};

TEST_F(CallbackRouterTest, SrsIsToldToDisconnectThePublishersThatAreRefusedBeforeTheAnswer) {
  ObedientServer server;
  MediaPoller poller({}, {.monitor = monitor_,
                          .server = &server,
                          .removals = claims_.removals(),
                          .drops = drops_,
                          .clock = clock_,
                          .logger = logger_});
  CallbackRouter router({.senders = {.secret = Secret("secret")}, .check_play = true},
                        {.monitor = monitor_,
                         .poller = poller,
                         .counted = counted_,
                         .clock = clock_,
                         .logger = logger_});
  const auto srs = [&](const std::string& action, const std::string& app, const std::string& client,
                       const std::string& param) {
    const auto sink = std::make_shared<RecordedReply>();
    Handle(router,
           {.method = "POST",
            .path = "/callback/srs/secret",
            .body = fmt::format(R"({{"action":"{}","client_id":"{}","ip":"192.0.2.7","app":"{}",)"
                                R"("stream":"alice","param":"app=live&stream=alice&{}"}})",
                                action, client, app, param)},
           sink);
    EXPECT_TRUE(Eventually([&] { return sink->reply().has_value(); }));
    return sink->reply().value_or(HttpReply()).body;
  };
  EXPECT_EQ(srs("on_publish", "live", "c1", PushArguments("bob")), R"({"code":1})");
  EXPECT_THAT(server.dropped(), ElementsAre("'alice' c1"));
  EXPECT_EQ(srs("on_publish", "other", "c2", PushArguments("alice")), R"({"code":1})");
  EXPECT_EQ(srs("on_publish", "live", "c3", PushArguments("alice")), R"({"code":0})");
  EXPECT_EQ(srs("on_play", "live", "c4", PushArguments("alice")), R"({"code":1})");
  EXPECT_EQ(srs("on_play", "other", "c5", PlayArguments("alice")), R"({"code":1})");
  EXPECT_THAT(server.dropped(), ElementsAre("'alice' c1", "'' c2"));
  EXPECT_THAT(LinesOf(drops_), ElementsAre("refused dropped 2"));
  // nginx-rtmp disconnects them itself.
  EXPECT_EQ(
      Send("/callback/rtmp/secret", "app=live&clientid=6&call=publish&name=alice", router).status,
      403);
  EXPECT_EQ(server.dropped().size(), 2U);
}

/// With a live room "r1", which has the pusher "guest".
class BrowsersAtSrs : public CallbackRouterTest {
 protected:
  void SetUp() override {
    sessions_.Attach(at_srs_, SrsPlayers::kMaxPlayers, {});
    ASSERT_OK(Apply(store_, Creating(MakeRoom(RoomKind::kLive, "r1", "guest"))));
  }
  /// The body of the reply to on_play, whose arguments are that text.
  std::string Play(const std::string& stream, const std::string& param,
                   const std::shared_ptr<RecordedReply>& sink = std::make_shared<RecordedReply>()) {
    Handle(with_browsers_,
           {.method = "POST",
            .path = "/callback/srs/secret",
            .body = fmt::format(R"({{"action":"on_play","client_id":"c1","ip":"192.0.2.7",)"
                                R"("app":"live","stream":"{}","param":"{}"}})",
                                stream, param)},
           sink);
    return sink->reply().value_or(HttpReply()).body;
  }

  TempStore store_{{}, "00000000000000aa", claims_};
  PlainSignatures signatures_;
  WebTallies tallies_;
  CountingRandom random_;
  WebSessions sessions_{{.rights = {.rooms = store_.rooms(),
                                    .bans = bans_,
                                    .revocations = revocations_,
                                    .claims = claims_},
                         .signatures = signatures_,
                         .tallies = tallies_,
                         .clock = clock_,
                         .random = random_,
                         .logger = logger_},
                        {}};
  UnexpectedHttp http_;
  const std::shared_ptr<SrsPlayers> at_srs_ = std::make_shared<SrsPlayers>(
      StreamServerOptions(),
      SrsPlayers::Deps{
          .sessions = sessions_, .http = http_, .removals = claims_.removals(), .clock = clock_});
  CallbackRouter with_browsers_{{.senders = {.secret = Secret("secret")}, .check_play = true},
                                {.monitor = monitor_,
                                 .poller = poller_,
                                 .players = at_srs_.get(),
                                 .counted = counted_,
                                 .clock = clock_,
                                 .logger = logger_}};
  const std::string own_ = urls_.StreamName({"guest"});
};

TEST_F(BrowsersAtSrs, PlayAsSessionsOfMembers) {
  EXPECT_EQ(Play(own_, "rs=guest"), R"({"code":0})");
  EXPECT_EQ(sessions_.Count().playing, 1U);
  EXPECT_EQ(Play(own_, "rs=stranger"), R"({"code":1})");
  EXPECT_THAT(log_.Text(), HasSubstr("refused_signature"));
  EXPECT_THAT(LinesOf(counted_), ElementsAre("play accepted 1", "play refused 1"));
}

TEST_F(BrowsersAtSrs, AreNoSessionsWithTheSignatureOfTheStream) {
  EXPECT_EQ(Play(own_, PlayArguments(own_)), R"({"code":0})");
  EXPECT_EQ(sessions_.Count().playing, 0U);
  EXPECT_EQ(Play(own_, "a=b"), R"({"code":1})");
  EXPECT_THAT(log_.Text(), HasSubstr("missing"));
  EXPECT_THAT(LinesOf(tallies_.offers), IsEmpty());
}

// The store may have to be asked about a viewer.
TEST_F(BrowsersAtSrs, AreDecidedAboutOnAWorker) {
  const auto sink = std::make_shared<RecordedReply>();
  EXPECT_EQ(Play(own_, "rs=guest", sink), R"({"code":0})");
  EXPECT_EQ(sink->tasks_run, 1);
  const auto busy = std::make_shared<RecordedReply>();
  busy->has_workers = false;
  EXPECT_EQ(Play(own_, "rs=guest", busy), R"({"code":1})");
}

TEST_F(CallbackRouterTest, ACompleteFileIsReportedWithTheStreamOfItsClient) {
  std::vector<std::string> recorded;
  CallbackContext context{.monitor = monitor_,
                          .poller = poller_,
                          .counted = counted_,
                          .clock = clock_,
                          .logger = logger_};
  context.recorded = [&](const std::string& file, const std::string& stream) {
    recorded.push_back(stream + " " + file);
  };
  CallbackRouter recording({.senders = {.secret = Secret("secret")}}, context);
  const auto record_done = [&](const std::string& path) {
    const std::string body = fmt::format(
        "app=live&addr=192.0.2.7&clientid=1&call=record_done&name=victim&path={}", path);
    EXPECT_EQ(Send("/callback/rtmp/secret", body, recording).status, 200);
  };
  record_done("/srv/unknown-1.flv");
  ASSERT_EQ(Nginx("publish", "alice", PushArguments("alice")), 200);
  record_done("/srv/alice-1.flv");
  ASSERT_EQ(Nginx("publish_done", "alice", ""), 200);
  record_done("/srv/alice-2.flv");
  record_done("relative.flv");
  EXPECT_THAT(recorded, ElementsAre(" /srv/unknown-1.flv", "alice /srv/alice-1.flv",
                                    "alice /srv/alice-2.flv"));
  EXPECT_EQ(Nginx("record_done", "alice", "path=/srv/a.flv"), 200) << "recordings are off";
}

}  // namespace
}  // namespace rtcroom
