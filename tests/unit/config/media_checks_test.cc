// What the keys of media servers, clouds, recordings and mixes need.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/config_check_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// With the live service of the cloud and its account.
Config ConfigWithApiV3() {
  Config config = CompleteConfig();
  config.live.api = LiveApi::kV3;
  config.live.secret_id = "id";
  config.live.secret_key = Secret("key");
  return config;
}

TEST(ConfigConflicts, RecordingsNeedAMediaServer) {
  Config config = CompleteConfig();
  config.recording.root = "/not/there";
  EXPECT_THAT(Conflicts(config), ElementsAre("recording.root"));
  config.live.callback_allow = {"127.0.0.1"};
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.live.callback_allow.clear();
  config.live.rtmp_callback_secret = Secret("secret");
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

TEST(ConfigConflicts, RecordingsAreNotOfTheLiveService) {
  Config config = ConfigWithApiV3();
  config.recording.root = "/not/there";
  EXPECT_THAT(Conflicts(config), ElementsAre("recording.root"));
}

TEST(ConfigConflicts, ApiV1NeedsItsAccount) {
  Config config = CompleteConfig();
  config.live.api = LiveApi::kV1;
  EXPECT_THAT(Conflicts(config), ElementsAre("live.app_id", "live.api_key"));
  config.live.app_id = "1251234567";
  config.live.api_key = Secret("key");
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

TEST(ConfigConflicts, ApiV3NeedsItsAccountAndTheDomainOfStreams) {
  Config config = CompleteConfig();
  config.live.api = LiveApi::kV3;
  EXPECT_THAT(Conflicts(config), ElementsAre("live.secret_id", "live.secret_key"));
  config.live.secret_id = "id";
  config.live.secret_key = Secret("key");
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.live.bizid = "";
  EXPECT_THAT(Conflicts(config), ElementsAre("live.push_host"));
  config.live.push_host = "push.example.com";
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

TEST(ConfigConflicts, ApiV3HasNoPath) {
  Config config = ConfigWithApiV3();
  config.live.api_base_url = "https://live.ap-guangzhou.tencentcloudapi.com";
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.live.api_base_url += "/";
  EXPECT_THAT(Conflicts(config), ElementsAre("live.api_base_url"));
}

TEST(ConfigConflicts, PolicyStreamNeedsStreamsThatCanBeSeen) {
  Config config = CompleteConfig();
  config.liveness.policy = LivenessPolicy::kStream;
  EXPECT_THAT(Conflicts(config), ElementsAre("liveness.policy"));
  config.live.api = LiveApi::kV1;
  config.live.app_id = "1251234567";
  config.live.api_key = Secret("key");
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

TEST(ConfigConflicts, StreamsAreOnACloudOrOnAServerOfOnesOwn) {
  Config config = CompleteConfig();
  config.live.callback_key = Secret("key");
  config.live.callback_allow = {"192.0.2.0/24"};  // of the live service
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.live.check_play = true;
  EXPECT_THAT(Conflicts(config), ElementsAre("live.check_play"));
  config.live.check_play = false;
  config.live.rtmp_callback_secret = Secret("secret");
  EXPECT_THAT(Conflicts(config), ElementsAre("live.callback_key"));
}

// After a restart no stream would be known: its callbacks are not repeated.
TEST(ConfigConflicts, CallbacksOfTheLiveServiceAloneDoNotDecide) {
  Config config = CompleteConfig();
  config.live.callback_key = Secret("key");
  config.liveness.policy = LivenessPolicy::kStream;
  EXPECT_THAT(Conflicts(config), ElementsAre("liveness.policy"));
}

TEST(ConfigConflicts, TrtcNeedsAnApplicationAndAKey) {
  Config config = CompleteConfig();
  config.trtc.enabled = true;
  EXPECT_THAT(Conflicts(config), ElementsAre("trtc.region", "trtc.secret_id", "trtc.secret_key"));
  config.trtc.region = "ap-guangzhou";
  config.trtc.secret_id = "id";
  config.trtc.secret_key = Secret("key");
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.im.sdk_app_id = 0;
  EXPECT_THAT(Conflicts(config), testing::Contains("im.sdk_app_id"));
}

TEST(ConfigConflicts, ToRemoveRecordingsNeedsTheFolder) {
  Config config = CompleteConfig();
  config.recording.retention = std::chrono::hours(1);
  config.recording.min_free_bytes = 1;
  EXPECT_THAT(Conflicts(config), ElementsAre("recording.retention", "recording.min_free_bytes"));
}

TEST(ConfigConflicts, MixingNeedsNginxRtmpAndGrpc) {
  Config config = CompleteConfig();
  config.grpc.listen.clear();
  config.mix.max = 1;
  EXPECT_THAT(Conflicts(config), ElementsAre("mix.max", "mix.max"));
  config.grpc.listen = "unix:/run/grpc.sock";
  EXPECT_THAT(Conflicts(config), ElementsAre("mix.max"));
  config.live.api = LiveApi::kSrs;
  config.live.api_base_url = "http://127.0.0.1:1985";
  EXPECT_THAT(Conflicts(config), ElementsAre("mix.max"));
  config.live.api = LiveApi::kNginxRtmp;
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.live.rtmp_callback_secret = Secret("a secret of the callbacks");
  config.live.check_play = true;
  EXPECT_THAT(Conflicts(config), ElementsAre("mix.max"));
}

TEST(ConfigConflicts, BrowsersNeedNginxRtmpGrpcAndAPortForEachSession) {
  Config config = CompleteConfig();
  config.grpc.listen.clear();
  config.web.max_sessions = 201;
  EXPECT_THAT(Conflicts(config), ElementsAre("web.max_sessions", "web.max_sessions", "web.ports"));
  config.grpc.listen = "unix:/run/grpc.sock";
  config.web.ports = "50000-50200";
  config.live.api = LiveApi::kSrs;
  config.live.api_base_url = "http://127.0.0.1:1985";
  EXPECT_THAT(Conflicts(config), ElementsAre("web.max_sessions"));
  config.live.api = LiveApi::kNginxRtmp;
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

TEST(ConfigConflicts, RelaysOfBrowsersNeedTheirSecret) {
  Config config = CompleteConfig();
  config.web.turn_urls = {"stun:stun.example.com"};
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.web.turn_urls.emplace_back("turns:turn.example.com");
  EXPECT_THAT(Conflicts(config), ElementsAre("web.turn_secret"));
  config.web.turn_secret = Secret("a secret");
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

TEST(ConfigConflicts, SrsServesBrowsersWhereItIsTheMediaServer) {
  Config config = CompleteConfig();
  config.web.srs_base_url = "https://srs.example.com";
  EXPECT_THAT(Conflicts(config), ElementsAre("web.srs_base_url"));
  config.live.api = LiveApi::kSrs;
  config.live.api_base_url = "http://127.0.0.1:1985";
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

}  // namespace
}  // namespace rtcroom
