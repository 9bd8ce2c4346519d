#include "handlers/web/web_addresses.h"

#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/auth/signed_stream_urls.h"
#include "handlers/shared/stream_arguments.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::StartsWith;

const PushBinding kAlice{.room = {.kind = RoomKind::kMulti, .id = {"r1"}}, .user_id = {"alice"}};

class WebAddressesTest : public testing::Test {
 protected:
  static WebAddressOptions Options() {
    return {.prefix = "/weapp",
            .mix_app = "mix",
            .push_key = Secret("push"),
            .url_ttl = 1h,
            .turn_urls = {"turn:turn.example.com:3478", "stun:turn.example.com"},
            .turn_secret = Secret("north")};
  }
  static std::string QueryOf(const std::string& url) { return url.substr(url.find('?') + 1); }
  std::string WhepUrl(const WebStreamName& name) const {
    const Result<std::string> url = addresses_.WhepUrl(name, kAlice, kNoon);
    EXPECT_OK(url);
    return url ? *url : "";
  }
  static std::string PushUrl(const UserId& user) {
    const SignedStreamUrls urls(
        {.push_key = Secret("push"), .push_host = "h", .bind_push_urls = true});
    PushBinding binding = kAlice;
    binding.user_id = user;
    return *urls.BoundPushUrl("alice", binding, kNoon);
  }

  const WebAddresses addresses_{Options()};
};

TEST_F(WebAddressesTest, PublishWithTheQueryOfThePushUrl) {
  const std::string push_url = PushUrl({"alice"});
  const Result<std::string> url = addresses_.WhipUrl(push_url);
  ASSERT_OK(url);
  EXPECT_EQ(*url, "/weapp/whip/alice?" + QueryOf(push_url));
  const auto grant =
      addresses_.Read(WebDirection::kPublish, addresses_.NameOf("alice"), QueryOf(*url));
  ASSERT_TRUE(grant);
  EXPECT_EQ(grant->binding, kAlice);
  EXPECT_EQ(grant->signed_until, kNoon + 7 * 24h);
  EXPECT_ERROR(kUnavailable, addresses_.WhipUrl("rtmp://h/live/alice?txSecret=1&txTime=2"));
  EXPECT_ERROR(kUnavailable, addresses_.WhipUrl(PushUrl({std::string(64, '%')})))
      << "a binding that would be too long is left out";
}

TEST_F(WebAddressesTest, PlayForOneUserAndOneRoom) {
  const WebStreamName name = addresses_.NameOf("bob");
  const std::string url = WhepUrl(name);
  // printf pushwhep/bob6553FF10 | md5sum
  // printf 'rtcroomd-push\nwhep/bob\n6553FF10\nm\nalice\nr1' | openssl dgst -sha256 -hmac push
  EXPECT_EQ(url,
            "/weapp/whep/bob?txSecret=6e276287be2b59cbff97efa9dfde4897&txTime=6553FF10"
            "&rk=m&ru=alice&rr=r1&rs=998556b76b1e4271043eb60c1771d64a");
  PushBinding long_binding = kAlice;
  long_binding.user_id = {std::string(64, '%')};
  EXPECT_ERROR(kUnavailable, addresses_.WhepUrl(name, long_binding, kNoon))
      << "nobody could take it back";
  const auto grant = addresses_.Read(WebDirection::kPlay, name, QueryOf(url));
  ASSERT_TRUE(grant);
  EXPECT_EQ(grant->binding, kAlice);
  EXPECT_EQ(grant->signed_until, kNoon + 1h);
  EXPECT_FALSE(addresses_.Read(WebDirection::kPublish, name, QueryOf(url)));
  EXPECT_FALSE(addresses_.Read(WebDirection::kPlay, addresses_.NameOf("eve"), QueryOf(url)));
  EXPECT_FALSE(addresses_.Read(WebDirection::kPlay, addresses_.MixOf("bob"), QueryOf(url)));
}

TEST_F(WebAddressesTest, PermitNoPushWithTheSameKey) {
  const std::string query = QueryOf(WhepUrl(addresses_.NameOf("bob")));
  const FormPairs pairs = ParseForm(query);
  const StreamSignatureVerifier pushers(Secret("push"));
  EXPECT_EQ(pushers.Check("bob", StreamArgumentsOf(pairs), kNoon).state,
            StreamSignatureState::kWrong);
}

TEST_F(WebAddressesTest, NameStreamsAndMixesInPaths) {
  EXPECT_THAT(WhepUrl(addresses_.MixOf("bob")), StartsWith("/weapp/whep/mix/bob?"));
  EXPECT_EQ(addresses_.NameInPath(WebDirection::kPlay, "mix/bob"), addresses_.MixOf("bob"));
  EXPECT_EQ(addresses_.NameInPath(WebDirection::kPlay, "bob"), addresses_.NameOf("bob"));
  const std::string query = QueryOf(PushUrl({"alice"}));
  EXPECT_FALSE(addresses_.Read(WebDirection::kPublish,
                               addresses_.NameInPath(WebDirection::kPublish, "mix/alice"), query));
}

TEST_F(WebAddressesTest, LetWorkersPlayFromAServerThatAsks) {
  const WebStreamName name = addresses_.NameOf("bob");
  const std::string query = addresses_.PlayQuery(name, &kAlice, kNoon);
  const FormPairs pairs = ParseForm(query);
  const StreamSignatureVerifier players(Secret("push"));
  EXPECT_EQ(players.Check("bob", StreamArgumentsOf(pairs), kNoon).state,
            StreamSignatureState::kGood);
  EXPECT_EQ(addresses_.Read(WebDirection::kPlay, name, query)->binding, kAlice);
  EXPECT_FALSE(
      addresses_.Read(WebDirection::kPlay, name, addresses_.PlayQuery(name, nullptr, kNoon)));
}

TEST_F(WebAddressesTest, SignCredentialsOfRelays) {
  const IceServers servers = addresses_.IceServersFor({"alice"}, kNoon);
  EXPECT_EQ(servers.urls.size(), 2U);
  EXPECT_EQ(servers.username, "1700003600:alice");
  // printf 1700003600:alice | openssl dgst -sha1 -hmac north -binary | base64
  EXPECT_EQ(servers.credential, "wjwSXO2ch1B6VaLTLMy2Avn5O9o=");
  EXPECT_TRUE(WebAddresses({}).IceServersFor({"alice"}, kNoon).urls.empty());
}

TEST_F(WebAddressesTest, OfSrsAreItsOwn) {
  WebAddressOptions options = Options();
  options.srs_base_url = "https://media.example.com";
  const std::string push_url = PushUrl({"alice"});
  EXPECT_EQ(*WebAddresses(options).WhipUrl(push_url),
            "https://media.example.com/rtc/v1/whip/?app=live&stream=alice&" + QueryOf(push_url));
  const WebStreamName name = addresses_.NameOf("bob");
  const std::string url = *WebAddresses(options).WhepUrl(name, kAlice, kNoon);
  EXPECT_EQ(url,
            "https://media.example.com/rtc/v1/whep/?app=live&stream=bob&" + QueryOf(WhepUrl(name)));
  const auto grant = addresses_.Read(WebDirection::kPlay, name, QueryOf(url));
  ASSERT_TRUE(grant) << "SRS repeats the whole query";
  EXPECT_EQ(grant->binding, kAlice);
}

}  // namespace
}  // namespace rtcroom
