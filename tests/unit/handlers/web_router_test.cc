#include "handlers/web/web_router.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/auth/signed_stream_urls.h"
#include "tests/support/counting_random.h"
#include "tests/support/fake_admission.h"
#include "tests/support/fake_boot_clock.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_streams.h"
#include "tests/support/matchers.h"
#include "tests/support/recorded_reply.h"
#include "tests/support/recording_web_link.h"
#include "tests/support/rooms.h"
#include "tests/support/tally_lines.h"
#include "tests/support/temp_store.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

/// A room "r1" whose pushers are "host" and "guest", and a worker.
class WebRouterTest : public testing::Test {
 protected:
  void SetUp() override {
    node_.RenewForGood();
    ASSERT_OK(Apply(store_, Creating(MakeRoom(RoomKind::kMulti, "r1", "host"))));
    ASSERT_OK(Apply(store_, Adding(key_, "guest")));
    sessions_.Attach(link_, 64, {});
  }

  std::string WhipUrl() {
    const SignedStreamUrls urls(
        {.push_key = Secret("push"), .push_host = "h", .bind_push_urls = true});
    const PushBinding binding{.room = key_, .user_id = {"host"}};
    return *addresses_.WhipUrl(*urls.BoundPushUrl("host", binding, kNoon));
  }
  std::string WhepUrl() {
    return *addresses_.WhepUrl(addresses_.NameOf("host"), {.room = key_, .user_id = {"guest"}},
                               kNoon);
  }
  std::shared_ptr<RecordedReply> Begin(const std::string& method, const std::string& url,
                                       std::string body = {}) {
    const std::size_t mark = std::min(url.find('?'), url.size());
    const auto sink = std::make_shared<RecordedReply>();  // shared with the router
    Handle(router_,
           {.method = method,
            .path = url.substr(0, mark),
            .query = url.substr(std::min(mark + 1, url.size())),
            .content_type = "application/sdp",
            .body = std::move(body),
            .peer_address = "192.0.2.1"},
           sink);
    return sink;
  }
  HttpReply Send(const std::string& method, const std::string& url, std::string body = {}) {
    return Begin(method, url, std::move(body))->reply().value();
  }
  static std::vector<std::string> Values(const HttpReply& reply, const std::string& name) {
    std::vector<std::string> values;
    for (const auto& [key, value] : reply.headers) {
      if (key == name) values.push_back(value);
    }
    return values;
  }

  const RoomKey key_ = MakeKey(RoomKind::kMulti, "r1");
  FakeClock clock_;
  CountingRandom random_;
  FakeStreams streams_;
  FakeAdmission admission_;
  WebTallies tallies_;
  Logger logger_{LogFormat::kJson, LogLevel::kError};
  StreamClaims claims_{streams_};
  BanList bans_{clock_, streams_};
  RevocationList revocations_;
  TempStore store_{{}, "00000000000000aa", claims_};
  const WebAddresses addresses_{{.prefix = "/weapp",
                                 .push_key = Secret("push"),
                                 .turn_urls = {"turn:turn.example.com", "stun:turn.example.com"},
                                 .turn_secret = Secret("north")}};
  WebSessions sessions_{{.rights = {.rooms = store_.rooms(),
                                    .bans = bans_,
                                    .revocations = revocations_,
                                    .claims = claims_},
                         .signatures = addresses_,
                         .tallies = tallies_,
                         .clock = clock_,
                         .random = random_,
                         .logger = logger_},
                        {.per_user = 1}};
  const std::shared_ptr<RecordingWebLink> link_ = std::make_shared<RecordingWebLink>();
  RequestIds ids_{"t"};
  LastRequest recorded_;
  RequestRecorder recorder_{ids_, recorded_, clock_, logger_};
  const Cors cors_{{}};
  const FakeBootClock boot_;
  NodeLease node_{boot_};
  WebRouter router_{
      {.sessions = sessions_, .addresses = addresses_, .admission = admission_, .clock = clock_},
      {&recorder_, &cors_, &node_}};
};

TEST_F(WebRouterTest, PassesOnNoQueryThatIsNotPlain) {
  const std::string url = WhipUrl();
  const std::string padding = "&x=";
  const std::size_t longest = 512 - (url.size() - url.find('?') - 1) - padding.size();
  for (const std::string& more :
       {padding + '\xff', padding + '\x7f', padding + std::string(longest + 1, 'x')}) {
    EXPECT_EQ(Send("POST", url + more, "offer").status, 403);
  }
  EXPECT_EQ(Send("POST", WhepUrl() + padding + '\xff', "offer").status, 403);
  EXPECT_THAT(link_->opened, IsEmpty());
  (void)Begin("POST", url + padding + std::string(longest, 'x'), "offer");
  EXPECT_EQ(link_->opened.size(), 1U);
}

TEST_F(WebRouterTest, TakesUpAPublisherWithTheLongestQuery) {
  std::string url = WhipUrl() + "&x=";
  url.append(512 - (url.size() - url.find('?') - 1), 'x');
  (void)Begin("POST", url, "offer");
  ASSERT_EQ(link_->opened.size(), 1U);
  const std::string session = link_->opened.back();
  sessions_.OnOpened(*link_, session, "answer");
  sessions_.Detach(*link_);
  const WebSession running{.id = session,
                           .direction = WebDirection::kPublish,
                           .name = addresses_.NameOf("host"),
                           .rtmp_query = link_->queries.back()};
  const auto again = std::make_shared<RecordingWebLink>();
  sessions_.Attach(again, 64, {running});
  EXPECT_THAT(again->closed, IsEmpty());
  EXPECT_EQ(Send("DELETE", "/weapp/web/" + session).status, 200);
}

TEST_F(WebRouterTest, TellsTheRelaysOnlyWithAnAnswer) {
  const std::string url = WhipUrl();
  const HttpReply preflight = Send("OPTIONS", url);
  EXPECT_EQ(preflight.status, 204);
  EXPECT_THAT(Values(preflight, "Link"), IsEmpty());
  const auto offer = Begin("POST", url, "offer");
  sessions_.OnOpened(*link_, link_->opened.back(), "answer");
  EXPECT_EQ(offer->reply()->status, 201);
  const std::string credential = addresses_.IceServersFor({"host"}, kNoon).credential;
  EXPECT_THAT(Values(*offer->reply(), "Link"),
              ElementsAre("<turn:turn.example.com>; rel=\"ice-server\"; "
                          "username=\"1700003600:host\"; credential=\"" +
                              credential + "\"; credential-type=\"password\"",
                          "<stun:turn.example.com>; rel=\"ice-server\""));
}

TEST_F(WebRouterTest, CountsForgedAndExpiredAddresses) {
  const std::string url = WhipUrl();
  EXPECT_EQ(Send("POST", "/weapp/whip/guest" + url.substr(url.find('?')), "offer").status, 403);
  EXPECT_EQ(Send("POST", "/weapp/whep/..", "offer").status, 403);
  clock_.Advance(24h * 8);
  EXPECT_EQ(Send("POST", url, "offer").status, 403);
  EXPECT_THAT(LinesOf(tallies_.offers),
              ElementsAre("play refused_signature 1", "publish refused_signature 2"));
}

TEST_F(WebRouterTest, AdmitsPlayersUntilTheirAddressExpires) {
  const std::string url = WhepUrl();
  clock_.Advance(1h);
  (void)Begin("POST", url, "offer");
  ASSERT_EQ(link_->opened.size(), 1U);
  EXPECT_EQ(Send("DELETE", "/weapp/web/" + link_->opened.back()).status, 200);
  clock_.Advance(1s);
  EXPECT_EQ(Send("POST", url, "offer").status, 403);
  EXPECT_EQ(link_->opened.size(), 1U);
}

TEST_F(WebRouterTest, RefusesOffersOfAnAddressThatAsksTooOftenAndNothingElse) {
  (void)Begin("POST", WhepUrl(), "offer");
  admission_.refused_addresses = {"192.0.2.1"};
  for (const std::string& url : {WhipUrl(), WhepUrl()}) {
    const HttpReply refused = Send("POST", url, "offer");
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.body, "too many requests\n");
    EXPECT_THAT(Values(refused, "Retry-After"), ElementsAre("5"));
    EXPECT_EQ(Send("OPTIONS", url).status, 204);
  }
  EXPECT_EQ(link_->opened.size(), 1U);
  EXPECT_EQ(Send("DELETE", "/weapp/web/" + link_->opened.back()).status, 200);
}

TEST_F(WebRouterTest, SaysWhenToOfferAgain) {
  const std::string url = WhepUrl();
  (void)Begin("POST", url, "offer");
  EXPECT_THAT(Values(Send("POST", url, "offer"), "Retry-After"), ElementsAre("5"))
      << "one session more than the user may have";
  EXPECT_THAT(Values(Send("POST", url, "offer"), "Retry-After"), ElementsAre("1"))
      << "more than two offers at once";
  EXPECT_THAT(LinesOf(tallies_.offers), Contains("play full 1"));
}

TEST_F(WebRouterTest, OffersAreForAnotherServerWhileThisOneIsCutOffAndSessionsEndAllTheSame) {
  (void)Begin("POST", WhepUrl(), "offer");
  node_.End();
  const HttpReply refused = Send("POST", WhipUrl(), "offer");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.body, "cut off from the store\n");
  EXPECT_THAT(Values(refused, "Retry-After"), ElementsAre("1"));
  EXPECT_EQ(Send("POST", WhipUrl()).status, 400) << "that needs no store";
  EXPECT_EQ(Send("DELETE", "/weapp/web/" + link_->opened.back()).status, 200);
}

TEST_F(WebRouterTest, AnswersPatchesByTheirSession) {
  EXPECT_EQ(Send("PATCH", "/weapp/web/" + std::string(32, '0'), "a=candidate").status, 404);
  (void)Begin("POST", WhepUrl(), "offer");
  const std::string session = "/weapp/web/" + link_->opened.back();
  EXPECT_EQ(Send("PATCH", session, std::string(8192, 'x')).status, 204);
  EXPECT_EQ(Send("PATCH", session, std::string(8193, 'x')).status, 413);
}

}  // namespace
}  // namespace rtcroom
