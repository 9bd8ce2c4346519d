#include "daemon/config/config_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/config_check_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::Not;

TEST(ConfigConflicts, TheChannelNeedsAnImApplicationOrNoImKeyAtAll) {
  Config config = ServableConfig();
  config.channel.enabled = true;
  EXPECT_THAT(Conflicts(config), IsEmpty());
  EXPECT_TRUE(NeedsMadeApplication(config));
  config.im.secret_key = Secret("k");
  EXPECT_THAT(Conflicts(config), ElementsAre("im.sdk_app_id"));
  config.im.sdk_app_id = 1'400'000'001;
  EXPECT_THAT(Conflicts(config), IsEmpty());
  EXPECT_FALSE(NeedsMadeApplication(config));
  config.im.secret_key = Secret();
  config.im.public_key_file = "key.pem";  // verifies, but cannot sign the channel's own tokens
  EXPECT_THAT(Conflicts(config), ElementsAre("im.secret_key"));
  config.im.private_key_file = "key.pem";
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.im.private_key_file = "";
  config.im.sig_version = 1;
  EXPECT_THAT(Conflicts(config), ElementsAre("im.private_key_file"));
  config.im.sdk_app_id = 0;
  EXPECT_THAT(Conflicts(config), ElementsAre("im.sdk_app_id"));
}

TEST(ConfigConflicts, TodaysSdksNeedTheChannel) {
  Config config = ServableConfig();
  config.channel.sdks = true;
  EXPECT_THAT(Conflicts(config), ElementsAre("channel.enabled"));
  EXPECT_THAT(FindConflicts(config, RunMode::kDev), IsEmpty());
  config.channel.enabled = true;
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

TEST(ConfigConflicts, CreatedGroupsNeedTheSdksAndNoImService) {
  Config config = ServableConfig();
  config.channel.enabled = true;
  config.channel.create_groups = true;
  EXPECT_THAT(Conflicts(config), ElementsAre("channel.create_groups"));
  EXPECT_THAT(FindConflicts(config, RunMode::kDev), IsEmpty());
  config.channel.sdks = true;
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.im = {.enabled = true, .sdk_app_id = 1'400'000'001, .secret_key = Secret("k")};
  EXPECT_THAT(Conflicts(config), ElementsAre("channel.create_groups"));
}

TEST(ConfigConflicts, NodesNeedTheSameApplication) {
  Config config = ServableConfig();
  config.store.url = StoreUrl("postgresql://db/rooms");
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.channel.enabled = true;
  EXPECT_THAT(Conflicts(config), ElementsAre("im.secret_key"));
  EXPECT_THAT(FindConflicts(config, RunMode::kDev), IsEmpty());
  config.im.sdk_app_id = 1'400'000'001;
  config.im.secret_key = Secret("k");
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

TEST(ConfigConflicts, PathsOfTheChannelAreNotThoseOfRooms) {
  Config config = CompleteConfig();
  config.channel.enabled = true;
  for (const char* const prefix : {"/v4", "/V1/weapp"}) {
    config.server.prefix = prefix;
    EXPECT_THAT(Conflicts(config), ElementsAre("channel.prefix")) << prefix;
  }
  config.server.prefix = "/v44";
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.channel.prefix = "/webrtc";
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.server.prefix = "/v4";
  EXPECT_THAT(Conflicts(config), ElementsAre("channel.prefix"));
  config.channel.enabled = false;
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

TEST(ConfigConflicts, AreEmptyForAValidConfiguration) {
  EXPECT_THAT(Conflicts(ServableConfig()), IsEmpty());
  EXPECT_THAT(Conflicts(CompleteConfig()), IsEmpty());
}

TEST(ConfigConflicts, HttpsNeedsACertificateExceptInDevMode) {
  Config config;
  EXPECT_THAT(Conflicts(config), ElementsAre("server.tls_cert"));
  EXPECT_THAT(FindConflicts(config, RunMode::kDev), IsEmpty());
  config.server.https_listen = "";
  config.server.http_listen = "127.0.0.1:5757";
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

TEST(ConfigConflicts, ACertificateAndItsKeyNeedEachOther) {
  Config config = ServableConfig();
  config.server.tls_key = "";
  EXPECT_THAT(Conflicts(config), ElementsAre("server.tls_key"));
  EXPECT_THAT(FindConflicts(config, RunMode::kDev), Not(IsEmpty()));
  config = ServableConfig();
  config.server.tls_cert = "";
  EXPECT_THAT(Conflicts(config), ElementsAre("server.tls_cert"));
}

TEST(ConfigConflicts, AtLeastOneListenerIsRequired) {
  Config config = ServableConfig();
  config.server.https_listen = "";
  EXPECT_THAT(Conflicts(config), ElementsAre("server.https_listen"));
}

TEST(ConfigConflicts, ListenersDoNotShareAnAddress) {
  Config config = ServableConfig();
  config.server.http_listen = "127.0.0.1:5757";
  EXPECT_THAT(Conflicts(config), ElementsAre("server.https_listen"));
  config.server.http_listen = "localhost:5758";
  EXPECT_THAT(Conflicts(config), ElementsAre("admin.listen"));
  config.server.http_listen = "127.0.0.1:0";
  config.server.https_listen = "127.0.0.1:0";
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.server.http_listen = "127.0.0.1:1,127.0.0.1:1";
  EXPECT_THAT(Conflicts(config), ElementsAre("server.http_listen")) << "nor with itself";
}

TEST(ConfigConflicts, GrpcDoesNotShareAnAddressEither) {
  Config config = ServableConfig();
  config.grpc.token = Secret("a token for tests");
  config.grpc.listen = config.admin.listen;
  EXPECT_THAT(Conflicts(config), ElementsAre("grpc.listen"));
  config.grpc.listen = "unix:/run/rtcroomd/grpc";
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.grpc.listen = "";
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

TEST(ConfigConflicts, GrpcForOtherMachinesNeedsCertificatesOfBothSides) {
  Config config = ServableConfig();
  for (const char* address :
       {"0.0.0.0:5759", "[::]:5759", "192.0.2.1:5759", "127.0.0.1:5759,192.0.2.1:5759"}) {
    config.grpc.listen = address;
    EXPECT_THAT(Conflicts(config), ElementsAre("grpc.tls_cert", "grpc.tls_key", "grpc.client_ca"));
  }
  config.grpc.tls_cert = "c";
  config.grpc.tls_key = "k";
  EXPECT_THAT(Conflicts(config), ElementsAre("grpc.client_ca"));
  config.grpc.client_ca = "a";
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

TEST(ConfigConflicts, GrpcOnLoopbackTcpNeedsATokenOrCertificatesOfBothSides) {
  Config config = ServableConfig();
  for (const char* address : {"127.0.0.1:5759", "[::1]:5759", "localhost:5759", "127.9.9.9:0"}) {
    config.grpc.listen = address;
    EXPECT_THAT(Conflicts(config), ElementsAre("grpc.token")) << address;
    EXPECT_THAT(FindConflicts(config, RunMode::kDev), IsEmpty()) << address;
  }
  config.grpc.tls_cert = "c";
  config.grpc.tls_key = "k";
  EXPECT_THAT(Conflicts(config), ElementsAre("grpc.token")) << "clients have no certificate";
  config.grpc.client_ca = "a";
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.grpc = {.listen = "127.0.0.1:5759", .token = Secret("a token for tests")};
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

TEST(ConfigConflicts, GrpcOfWorkersOnAPortNeedsCertificatesAndATokenOfOperators) {
  Config config = ServableConfig();
  config.grpc.worker_listen = "unix:/run/workers";
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.grpc.worker_listen = "127.0.0.1:5760";
  EXPECT_THAT(Conflicts(config), ElementsAre("grpc.tls_cert", "grpc.tls_key", "grpc.client_ca"));
  config.grpc.tls_cert = "c";
  config.grpc.tls_key = "k";
  config.grpc.client_ca = "a";
  EXPECT_THAT(Conflicts(config), IsEmpty()) << "the file of grpc.listen decides about operators";
  config.grpc.listen = "192.0.2.1:5759";
  EXPECT_THAT(Conflicts(config), ElementsAre("grpc.token"));
  config.grpc.token = Secret("a token for tests");
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.grpc.listen = config.grpc.worker_listen;
  EXPECT_THAT(Conflicts(config), ElementsAre("grpc.worker_listen")) << "the address is taken";
}

TEST(ConfigConflicts, GrpcTokenMustFitAHeader) {
  Config config = ServableConfig();
  for (const char* token : {"s\xc3\xa9same", " sesame", "sesame "}) {
    config.grpc.token = Secret(token);
    EXPECT_THAT(Conflicts(config), ElementsAre("grpc.token")) << token;
  }
  config.grpc.token = Secret("open sesame!");
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

TEST(ConfigConflicts, TlsOfGrpcNeedsACertificateAndItsKey) {
  Config config = ServableConfig();
  config.grpc.tls_cert = "c";
  EXPECT_THAT(Conflicts(config), ElementsAre("grpc.tls_key"));
  config.grpc.tls_key = "k";
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.grpc.tls_cert = "";
  EXPECT_THAT(Conflicts(config), ElementsAre("grpc.tls_cert"));
  config.grpc.tls_key = "";
  config.grpc.client_ca = "a";
  EXPECT_THAT(Conflicts(config), ElementsAre("grpc.tls_cert", "grpc.tls_key"));
  config.grpc.listen = "";
  EXPECT_THAT(Conflicts(config), IsEmpty()) << "a disabled feature needs no settings";
}

TEST(ConfigConflicts, PrefixesAreDifferentInAnyLetterCase) {
  Config config = ServableConfig();
  config.server.gen1_prefix = "/WeApp";
  EXPECT_THAT(Conflicts(config), ElementsAre("server.gen1_prefix"));
  config.server.gen1_prefix = "/one";
  config.server.gen2_prefix = "/one";
  EXPECT_THAT(Conflicts(config), ElementsAre("server.gen2_prefix"));
  config.server.gen2_prefix = "/weapp";
  EXPECT_THAT(Conflicts(config), ElementsAre("server.gen2_prefix"));
  config.server.gen2_prefix = "/two";
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

TEST(ConfigConflicts, SweepsAreAtLeastAsOftenAsTheTimeout) {
  Config config = ServableConfig();
  config.room.heartbeat_timeout = config.room.sweep_period;
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.room.sweep_period += std::chrono::milliseconds(1);
  EXPECT_THAT(Conflicts(config), ElementsAre("room.sweep_period"));
}

TEST(ConfigConflicts, SigVersion1NeedsItsPrivateKey) {
  Config config = CompleteConfig();
  config.im.sig_version = 1;
  EXPECT_THAT(Conflicts(config), ElementsAre("im.private_key_file"));
  config.im.private_key_file = "key.pem";
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.im.private_key_file = "";
  config.im.sdk_app_id = 0;
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

TEST(ConfigConflicts, ImNeedsAnApplicationWithASigningKey) {
  Config config = CompleteConfig();
  config.im.enabled = true;
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.im.sdk_app_id = 0;
  EXPECT_THAT(Conflicts(config), ElementsAre("im.sdk_app_id"));
  config.im.secret_key = Secret();
  EXPECT_THAT(Conflicts(config), ElementsAre("im.sdk_app_id", "im.secret_key"));
  config.im.sig_version = 1;
  EXPECT_THAT(Conflicts(config), ElementsAre("im.sdk_app_id", "im.private_key_file"));
  config.im.enabled = false;
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

// Any user could make a group with the ID of a room, and end it.
TEST(ConfigConflicts, CallbacksOfImAreForGroupsOfThisServer) {
  Config config = CompleteConfig();
  config.im.callback_token = Secret("token");
  EXPECT_THAT(Conflicts(config), ElementsAre("im.callback_token"));
  config.im.enabled = true;
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

TEST(ConfigConflicts, ImAcceptsTheKeyOfDevMode) {
  Config config = CompleteConfig();
  config.im.enabled = true;
  config.im.secret_key = Secret();
  EXPECT_THAT(Conflicts(config), ElementsAre("im.secret_key"));
  EXPECT_THAT(FindConflicts(config, RunMode::kDev), IsEmpty());
}

TEST(ConfigConflicts, WechatNeedsAppIdAndSecret) {
  Config config = CompleteConfig();
  config.wechat.secret = Secret();
  EXPECT_THAT(Conflicts(config), ElementsAre("wechat.secret"));
  config.wechat.app_id = "";
  EXPECT_THAT(Conflicts(config), IsEmpty());
  config.wechat.strict = true;
  EXPECT_THAT(Conflicts(config), ElementsAre("wechat.app_id"));
}

TEST(ConfigWarnings, AreEmptyForACompleteConfiguration) {
  EXPECT_THAT(Warnings(CompleteConfig()), IsEmpty());
}

TEST(ConfigWarnings, TheLiveServiceShowsNoStreamsOfMembersThatBeat) {
  Config config = CompleteConfig();
  config.live.api = LiveApi::kV1;
  config.liveness.evict_on_media_off = true;
  EXPECT_THAT(Warnings(config), ElementsAre("liveness.evict_on_media_off"));
  config.live.callback_allow = {"127.0.0.1"};
  EXPECT_THAT(Warnings(config), IsEmpty());
}

TEST(ConfigWarnings, CoverATimeoutOfViewersThatServersCannotKeepTo) {
  Config config = CompleteConfig();
  config.channel.enabled = true;
  config.room.audience_timeout = std::chrono::seconds(13);
  EXPECT_THAT(Warnings(config), IsEmpty());
  config.store.url = StoreUrl("postgresql://db/rooms");
  EXPECT_THAT(Warnings(config), ElementsAre("room.audience_timeout"));
  config.room.audience_timeout = std::chrono::seconds(14);
  EXPECT_THAT(Warnings(config), IsEmpty());
}

TEST(ConfigWarnings, NameEachMissingSetting) {
  EXPECT_THAT(
      FindWarnings(Config()),
      ElementsAre(
          ConfigProblem{"im.sdk_app_id",
                        "missing: get_im_login_info, get_login_info and login answer code 6"},
          ConfigProblem{"live.push_host",
                        "missing, and so is live.bizid: get_push_url answers code 6"},
          Field(&ConfigProblem::key, "live.play_host"),
          Field(&ConfigProblem::key, "wechat.app_id")));
}

TEST(ConfigWarnings, LeaveOutInDevModeWhatOnlyConcernsAServerOfUsers) {
  Config config = DevDefaults("192.0.2.7");
  EXPECT_THAT(FindWarnings(config, RunMode::kDev), IsEmpty()) << "as check-config finds it";
  config.im.secret_key = Secret("made at the start");
  config.live.push_key = Secret("made at the start");
  EXPECT_THAT(FindWarnings(config, RunMode::kDev), IsEmpty()) << "as a start does";
  config.admin.listen = "0.0.0.0:5758";
  EXPECT_THAT(FindWarnings(config, RunMode::kDev),
              ElementsAre(Field(&ConfigProblem::key, "admin.listen")));
}

TEST(ConfigWarnings, NameTheKeyOfTheSigVersion) {
  Config config = CompleteConfig();
  config.im.secret_key = Secret();
  EXPECT_THAT(Warnings(config), ElementsAre("im.secret_key"));
  config.im.sig_version = 1;
  EXPECT_THAT(Warnings(config), ElementsAre("im.private_key_file"));
}

TEST(ConfigWarnings, OmitKeysThatTheChannelMakes) {
  Config config = CompleteConfig();
  config.im = {};
  EXPECT_THAT(Warnings(config), ElementsAre("im.sdk_app_id"));
  config.channel.enabled = true;
  EXPECT_THAT(Warnings(config), IsEmpty());
}

TEST(ConfigWarnings, CoverUnsignedPushUrls) {
  Config config = CompleteConfig();
  config.live.push_key = Secret();
  EXPECT_THAT(Warnings(config), ElementsAre("live.push_key"));
}

TEST(ConfigWarnings, CoverPlayUrlsSignedWithThePushKey) {
  Config config = CompleteConfig();
  config.live.play_key = Secret();
  EXPECT_THAT(Warnings(config), ElementsAre("live.play_key"));
  config.live.play_key = config.live.push_key;
  EXPECT_THAT(Warnings(config), ElementsAre("live.play_key"));
  config.live.push_key = Secret();
  EXPECT_THAT(Warnings(config), ElementsAre("live.push_key")) << "no push URL is signed";
}

TEST(ConfigWarnings, CoverStreamNamesWithoutBizid) {
  Config config = CompleteConfig();
  config.live.bizid = "";
  config.live.push_host = "push.example.com";
  config.live.play_host = "play.example.com";
  EXPECT_THAT(Warnings(config), ElementsAre("live.bizid"));
}

TEST(ConfigConflicts, ConsoleTokenMustBeLongAndFitAHeader) {
  Config config = CompleteConfig();
  for (const char* token :
       {"fifteen letters", " with a space before it", "breaks\nthe line at once"}) {
    config.admin.token = Secret(token);
    EXPECT_THAT(Conflicts(config), ElementsAre("admin.token")) << token;
  }
  config.admin.token = Secret("sixteen letters.");
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

TEST(ConfigConflicts, UtilsAdminTokenMustFitAHeader) {
  Config config = CompleteConfig();
  for (const char* token : {" a", "a ", "a\nb", "\xE4\xBA\xBA"}) {
    config.utils.admin_token = Secret(token);
    EXPECT_THAT(Conflicts(config), ElementsAre("utils.admin_token")) << token;
  }
  config.utils.admin_token = Secret("a b");
  EXPECT_THAT(Conflicts(config), IsEmpty());
}

TEST(ConfigWarnings, CoverAGen1LoginRefusedByTheMode) {
  Config config = CompleteConfig();
  config.auth.gen1_login = true;
  EXPECT_THAT(Warnings(config), IsEmpty());
  config.auth.mode = AuthMode::kToken;
  EXPECT_THAT(Warnings(config), ElementsAre("auth.gen1_login"));
}

TEST(ConfigWarnings, CoverMissingUtilsSettings) {
  Config config = CompleteConfig();
  config.utils.log_dir = "/var/log";
  EXPECT_THAT(Warnings(config), IsEmpty());
  config.utils.enabled = true;
  EXPECT_THAT(Warnings(config), ElementsAre("live.api_key", "utils.admin_token"));
  config.live.api_key = Secret("k");
  config.utils.admin_token = Secret("t");
  EXPECT_THAT(Warnings(config), IsEmpty());
}

TEST(ConfigWarnings, CoverProxyProtocolWithoutTrustedProxies) {
  Config config = CompleteConfig();
  config.server.proxy_protocol = true;
  EXPECT_THAT(Warnings(config), ElementsAre("server.proxy_protocol"));
  config.server.trusted_proxies = {"10.0.0.0/8"};
  EXPECT_THAT(Warnings(config), IsEmpty());
}

TEST(ConfigWarnings, CoverUnencryptedPublicListeners) {
  Config config = CompleteConfig();
  config.server.http_listen = "0.0.0.0:80";
  config.admin.listen = "[::]:5758";
  EXPECT_THAT(Warnings(config), ElementsAre("server.http_listen", "admin.listen"));
}

TEST(ConfigWarnings, CoverAWorldReadableFileWithSecrets) {
  Config config = CompleteConfig();
  config.exposed_file = "/etc/rtcroomd/rtcroomd.toml";
  EXPECT_THAT(Warnings(config), ElementsAre("configuration"));
}

TEST(ConfigWarnings, CoverAnUnencryptedTokenOnce) {
  Config config = CompleteConfig();
  config.admin.token = Secret("a token for the console");
  EXPECT_THAT(Warnings(config), IsEmpty());
  config.admin.listen = "0.0.0.0:5758";
  const std::vector<ConfigProblem> warnings = FindWarnings(config);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings.front().key, "admin.listen");
  EXPECT_THAT(warnings.front().sentence, testing::HasSubstr("admin.token travels unencrypted"));
}

}  // namespace
}  // namespace rtcroom
