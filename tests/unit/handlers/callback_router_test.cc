// What media servers are answered, and what their callbacks change.
#include "handlers/callback_router.h"

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/auth/signed_stream_urls.h"
#include "storage/memory/memory_store.h"
#include "tests/support/captured_log.h"
#include "tests/support/fake_clock.h"
#include "tests/support/recorded_reply.h"
#include "tests/support/rooms.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class CountedCallbacks : public CallbackObserver {
 public:
  void OnCallback(std::string_view call, std::string_view result) override {
    counted.push_back(fmt::format("{} {}", call, result));
  }
  std::vector<std::string> counted{};
};

class IgnoredMedia : public MediaObserver {
 public:
  void OnPoll(bool /*is_up*/, std::chrono::nanoseconds /*took*/) override {}
  void OnDrop(StreamDropReason /*reason*/, bool /*is_dropped*/) override {}
};

class CallbackRouterTest : public testing::Test {
 protected:
  static inline const Secret kPushKey{"push key"};
  static inline const Secret kPlayKey{"play key"};

  /// The arguments of a push URL that is signed now.
  std::string PushArguments(const std::string& stream) {
    const std::string url = *urls_.PushUrl(stream, clock_.Now());
    return url.substr(url.find('?') + 1);
  }
  std::string PlayArguments(const std::string& stream) {
    const std::string url = urls_.AccelerateUrl(stream, clock_.Now());
    return url.substr(url.find('?') + 1);
  }
  HttpReply Send(const std::string& path, const std::string& body, CallbackRouter& router) {
    const auto sink = std::make_shared<RecordedReply>();
    Handle(router,
           {.method = "POST",
            .path = path,
            .content_type = "application/x-www-form-urlencoded",
            .body = body,
            .peer_address = "127.0.0.1"},
           sink);
    return sink->reply().value_or(HttpReply{.status = 0});
  }
  int Nginx(const std::string& call, const std::string& name, const std::string& arguments,
            const std::string& client = "1") {
    return Send("/callback/rtmp/secret",
                fmt::format("app=live&flashver=&swfurl=&tcurl=&pageurl=&addr=192.0.2.7&clientid={}&"
                            "call={}&name={}&{}",
                            client, call, name, arguments),
                router_)
        .status;
  }
  std::string Srs(const std::string& action, const std::string& stream, const std::string& param) {
    return Send("/callback/srs/secret",
                fmt::format(R"({{"action":"{}","client_id":"c1","ip":"192.0.2.7","app":"live",)"
                            R"("stream":"{}","param":"?{}"}})",
                            action, stream, param),
                router_)
        .body;
  }
  bool IsOn(const std::string& stream) {
    return monitor_.StateOf(stream).kind == MediaState::Kind::kOn;
  }
  CallbackRouter RouterWith(StreamCallbackRules rules) {
    return {std::move(rules),
            {.monitor = monitor_, .poller = poller_, .observer = counts_, .logger = logger_}};
  }

  FakeClock clock_;
  const SignedStreamUrls urls_{{.push_key = kPushKey,
                                .play_key = kPlayKey,
                                .push_host = "push",
                                .play_host = "play",
                                .url_ttl = 1h}};
  StreamClaims claims_{urls_};
  BanList bans_{clock_};
  RevocationList revocations_{clock_};
  const StreamSignatureVerifier pushers_{kPushKey};
  const StreamSignatureVerifier players_{kPlayKey};
  StreamMonitor monitor_{{.is_polled = false},
                         {.claims = claims_,
                          .bans = bans_,
                          .revocations = revocations_,
                          .pushers = pushers_,
                          .players = players_,
                          .clock = clock_}};
  IgnoredMedia media_;
  CapturedLog log_;
  Logger logger_{LogFormat::kJson, LogLevel::kInfo, log_.file()};
  CountedCallbacks counts_;
  MediaPoller poller_{{},
                      {.monitor = monitor_,
                       .removals = claims_.removals(),
                       .observer = media_,
                       .clock = clock_,
                       .logger = logger_}};
  CallbackRouter router_{RouterWith({.senders = {.secret = Secret("secret")}, .check_play = true})};
};

TEST_F(CallbackRouterTest, ServesThePathsOfMediaServers) {
  EXPECT_TRUE(router_.Serves("/callback/rtmp"));
  EXPECT_TRUE(router_.Serves("/callback/srs/secret"));
  EXPECT_FALSE(router_.Serves("/callback/rtmps"));
  EXPECT_FALSE(router_.Serves("/callback/"));
  EXPECT_FALSE(router_.Serves("/weapp/multi_room/create_room"));
}

TEST_F(CallbackRouterTest, AStreamWithASignedUrlIsOnUntilItsEnd) {
  EXPECT_EQ(Nginx("publish", "alice", PushArguments("alice")), 200);
  EXPECT_TRUE(IsOn("alice"));
  EXPECT_EQ(Nginx("update_publish", "alice", "time=5&timestamp=5000"), 200);
  EXPECT_EQ(Nginx("publish_done", "alice", ""), 200);
  EXPECT_FALSE(IsOn("alice"));
  EXPECT_THAT(counts_.counted,
              ElementsAre("publish accepted", "update accepted", "publish_end accepted"));
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

TEST_F(CallbackRouterTest, ARevokedStreamIsCutAtItsNextUpdate) {
  const std::string arguments = PushArguments("alice");
  ASSERT_EQ(Nginx("publish", "alice", arguments), 200);
  revocations_.Put({.stream = "alice", .until = clock_.Now() + 1h});
  EXPECT_EQ(Nginx("update_publish", "alice", "time=5&" + arguments), 403);
  EXPECT_EQ(Nginx("publish", "alice", arguments, "2"), 403);
  clock_.Advance(2s);
  EXPECT_EQ(Nginx("publish", "alice", PushArguments("alice"), "3"), 200) << "signed since";
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

TEST_F(CallbackRouterTest, SrsIsAnsweredInItsTerms) {
  EXPECT_EQ(Srs("on_publish", "alice", PushArguments("alice")), R"({"code":0})");
  EXPECT_TRUE(IsOn("alice"));
  EXPECT_EQ(Srs("on_publish", "bob", PushArguments("alice")), R"({"code":1})");
  EXPECT_EQ(Srs("on_unpublish", "alice", ""), R"({"code":0})");
  EXPECT_FALSE(IsOn("alice"));
}

TEST_F(CallbackRouterTest, ACompleteFileIsReportedWithTheStreamOfItsClient) {
  std::vector<std::string> recorded;
  CallbackContext context{
      .monitor = monitor_, .poller = poller_, .observer = counts_, .logger = logger_};
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

TEST_F(CallbackRouterTest, ATakeoverByTheSameUserIsAccepted) {
  ASSERT_EQ(Nginx("publish", "alice", PushArguments("alice"), "1"), 200);
  EXPECT_EQ(Nginx("publish", "alice", PushArguments("alice"), "2"), 200);
  EXPECT_EQ(Nginx("publish_done", "alice", "", "1"), 200);
  EXPECT_TRUE(IsOn("alice")) << "the second connection goes on";
}

}  // namespace
}  // namespace rtcroom
