// Browsers publish and play through a worker: HTTP on one side, gRPC on the other.
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/utils_calls.h"
#include "tests/e2e/web_sessions_fixture.h"
#include "tests/e2e/web_socket_client.h"
#include "tests/support/server_process.h"
#include "tests/support/web_worker_stand_in.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::AnyOf;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

constexpr const char* kNotValid = "this address is not valid now\n";

TEST_F(WebSessionsTest, OpenWithTheAnswerOfAWorker) {
  const auto worker = Worker();
  Join("alice");
  const std::string url = WhipUrl("alice");
  ASSERT_THAT(url, MatchesRegex("/weapp/whip/alice\\?txSecret=.*&rs=[0-9a-f]{32}"));
  const ApiReply reply = Offer(url);
  ASSERT_EQ(reply.status, 201) << reply;
  EXPECT_EQ(reply.text, "v=0 answer to v=0 offer");
  EXPECT_EQ(reply.headers.at("content-type"), "application/sdp");
  EXPECT_EQ(reply.headers.at("access-control-expose-headers"), "Location, Link, Retry-After");
  EXPECT_THAT(reply.headers.at("location"), MatchesRegex("/weapp/web/[0-9a-f]{40}"));
  const v1::WebOpen open = worker->opens().front();
  EXPECT_EQ(open.direction(), v1::WEB_DIRECTION_PUBLISH);
  EXPECT_EQ(open.stream(), "alice");
  EXPECT_EQ(open.app(), "live");
  EXPECT_EQ(open.rtmp_query(),
            "rw=" + open.session().substr(0, 8) + "&" + url.substr(url.find('?') + 1));
  EXPECT_EQ(open.offer(), "v=0 offer");

  Join("bob");
  const std::string played = Open(WhepUrl("bob", "alice"));
  EXPECT_TRUE(worker->IsKeeping({open.session(), played}));
  EXPECT_EQ(worker->opens().back().direction(), v1::WEB_DIRECTION_PLAY);
  EXPECT_EQ(worker->opens().back().stream(), "alice");
  EXPECT_EQ(MetricOf(server_, R"(rtcroomd_web_sessions{direction="play"})"), 1);

  EXPECT_EQ(Delete(played).status, 200);
  EXPECT_EQ(Delete(played).status, 404);
  EXPECT_TRUE(worker->IsKeeping({open.session()}));
  const std::string log = server_.StopAndReadLog();
  EXPECT_THAT(log, HasSubstr("web_opened"));
  EXPECT_THAT(log, Not(HasSubstr(played))) << "it is the right to end the session";
  EXPECT_THAT(log, Not(HasSubstr("offer")));
  EXPECT_THAT(log, Not(HasSubstr(url.substr(url.find('?')))));
}

TEST_F(WebSessionsTest, EndWithAKickInBothDirections) {
  const auto worker = Worker();
  Join("alice");
  Join("bob");
  const std::string whip = WhipUrl("bob");
  const std::string whep = WhepUrl("bob", "alice");
  const std::string published = Open(whip);
  const std::string played = Open(whep);
  const std::string other = Open(WhepUrl("alice", "bob"));
  ASSERT_EQ(Kick({{"userID", "bob"}}).code(), kOk);
  EXPECT_TRUE(
      Eventually([&] { return worker->closes() == Sessions("kicked", {published, played}); }));
  EXPECT_TRUE(worker->IsKeeping({other}));
  for (const std::string& url : {whip, whep}) {
    const ApiReply reply = Offer(url);
    EXPECT_EQ(reply.status, 403) << reply;
    EXPECT_EQ(reply.text, kNotValid);
  }
  Join("bob");
  EXPECT_EQ(Offer(whip).status, 403) << "the kick has revoked it";
  EXPECT_EQ(Offer(whep).status, 201) << "a member again";
}

TEST_F(WebSessionsTest, EndWithABanAndTheirRoom) {
  const auto worker = Worker();
  Join("alice");
  Join("bob");
  const std::string whep = WhepUrl("bob", "alice");
  const std::string played = Open(whep);
  ASSERT_EQ(Kick({{"userID", "bob"}, {"banSeconds", 3600}}).code(), kOk);
  EXPECT_TRUE(Eventually([&] { return worker->closes() == Sessions("kicked", {played}); }));
  EXPECT_EQ(Offer(whep).text, kNotValid);

  const std::string published = Open(WhipUrl("alice"));
  ApiClient client = server_.Https();
  ASSERT_EQ(client.Call(kMulti, "destroy_room", MemberBody("room", "alice")).code(), kOk);
  EXPECT_TRUE(Eventually([&] { return worker->closes().contains(published); }));
}

TEST_F(WebSessionsTest, AreRefusedWithAForgedOrForeignAddress) {
  const auto worker = Worker();
  Join("alice");
  Join("bob");
  const auto forged = [](std::string url, const std::string& part) {
    char& digit = url[url.find(part) + part.size()];
    digit = digit == '0' ? '1' : '0';
    return url;
  };
  const std::string whip = WhipUrl("alice");
  const std::string whep = WhepUrl("bob", "alice");
  std::string foreign = whep;
  foreign.replace(foreign.find("/alice?"), 7, "/bob?");
  std::string published = whep;
  published.replace(published.find("/whep/"), 6, "/whip/");
  for (const std::string& url :
       {forged(whip, "rs="), forged(whip, "txSecret="), forged(whip, "txTime="),
        forged(whep, "rs="), forged(whep, "txSecret="), foreign, published,
        std::string("/weapp/whip/alice"), std::string("/weapp/whep/%2e%2e")}) {
    const ApiReply reply = Offer(url);
    EXPECT_EQ(reply.status, 403) << url;
    EXPECT_EQ(reply.text, kNotValid) << url;
  }
  EXPECT_TRUE(worker->opens().empty());
}

TEST_F(WebSessionsTest, AnswerOtherRequestsWithTheirStatus) {
  const auto worker = Worker([](const v1::WebOpen& open, v1::WebReport& report) {
    report.mutable_refused()->set_session(open.session());
    report.mutable_refused()->set_code(open.offer() == "no codec" ? v1::WebRefused::CODE_NO_CODEC
                                       : open.offer() == "full"   ? v1::WebRefused::CODE_FULL
                                                                  : v1::WebRefused::CODE_MALFORMED);
    report.mutable_refused()->set_text("line 3");
    return true;
  });
  Join("alice");
  Join("bob");
  const std::string url = WhipUrl("alice");
  const std::vector<std::string> urls = {url, WhepUrl("bob", "alice")};
  for (const std::string& each : urls) {
    EXPECT_EQ(Offer(each, "v=0", "application/json").status, 415);
    EXPECT_EQ(Offer(each, std::string(32769, 'x')).status, 413);
    EXPECT_EQ(Offer(each, "").status, 400);
    EXPECT_EQ(server_.Https().Get(each).status, 405);
  }
  EXPECT_TRUE(worker->opens().empty());
  for (const std::string& each : urls) {
    const ApiReply malformed = Offer(each, "bad");
    EXPECT_EQ(malformed.status, 400);
    EXPECT_EQ(malformed.text, "line 3\n");
    EXPECT_EQ(Offer(each, "no codec").status, 406);
  }
  const ApiReply full = Offer(url, "full");
  EXPECT_EQ(full.status, 503);
  EXPECT_EQ(full.headers.at("retry-after"), "5");
  EXPECT_EQ(MetricOf(server_, R"(rtcroomd_web_sessions{direction="publish"})"), 0);
  EXPECT_EQ(MetricOf(server_, R"(rtcroomd_web_sessions{direction="play"})"), 0);
  EXPECT_TRUE(worker->IsKeeping({})) << "no session is left";
  const ApiReply preflight = server_.Https().Send({.method = "OPTIONS", .target = url});
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.headers.at("access-control-allow-methods"), "POST, DELETE, PATCH");
}

TEST_F(WebSessionsTest, AcceptNoCandidatesAndNoRestart) {
  const auto worker = Worker();
  Join("alice");
  const std::string target = "/weapp/web/" + Open(WhipUrl("alice"));
  const auto patch = [&](std::map<std::string, std::string> headers) {
    return server_.Https().Send({.method = "PATCH",
                                 .target = target,
                                 .content_type = "application/trickle-ice-sdpfrag",
                                 .body = "a=candidate",
                                 .headers = std::move(headers)});
  };
  EXPECT_EQ(patch({}).status, 204);
  EXPECT_EQ(patch({{"If-Match", "*"}}).status, 405);
}

TEST_F(WebSessionsTest, WaitForAWorkerNoLongerThanThreeSeconds) {
  Join("alice");
  const std::string url = WhipUrl("alice");
  const ApiReply none = Offer(url);
  EXPECT_EQ(none.status, 503) << none;
  EXPECT_EQ(none.headers.at("retry-after"), "1");
  const auto worker = Worker(WebWorkerStandIn::AnswerNone);
  const ApiReply late = Offer(url);
  EXPECT_EQ(late.status, 503) << late;
  ASSERT_EQ(worker->opens().size(), 1U);
  EXPECT_TRUE(Eventually([&] { return worker->closes().contains(worker->opens()[0].session()); }));
}

TEST_F(WebSessionsTest, GoOnOverARestartOfTheServer) {
  auto worker = Worker();
  Join("alice");
  Join("bob");
  const std::string published = Open(WhipUrl("alice"));
  const std::string played = Open(WhepUrl("bob", "alice"));
  v1::WebHello hello = WebWorkerStandIn::Hello();
  for (const v1::WebOpen& open : worker->opens()) {
    v1::WebSession& session = *hello.add_sessions();
    session.set_session(open.session());
    session.set_direction(open.direction());
    session.set_stream(open.stream());
    session.set_app(open.app());
    session.set_rtmp_query(open.rtmp_query());
    session.set_is_connected(true);
  }
  server_.Kill9();
  server_.Start();
  ApiClient client = server_.Https();
  ASSERT_EQ(client.Call(kMulti, "delete_pusher", MemberBody("room", "bob")).code(), kOk);
  worker = Worker(WebWorkerStandIn::AnswerAll, hello);
  EXPECT_TRUE(worker->IsKeeping({published}));
  EXPECT_EQ(worker->closes(), Sessions("kicked", {played})) << "its user has left meanwhile";
  EXPECT_EQ(Delete(published).status, 200);
}

TEST_F(WebSessionsTest, EndWithTheirWorkerAndWithANewerPublisher) {
  auto worker = Worker();
  Join("alice");
  const std::string url = WhipUrl("alice");
  const std::string first = Open(url);
  const std::string second = Open(url);
  EXPECT_TRUE(Eventually([&] { return worker->closes() == Sessions("taken_over", {first}); }));
  worker->Leave();
  EXPECT_TRUE(Eventually([&] { return Delete(second).status == 404; }));
  EXPECT_EQ(Offer(url).status, 503);
  worker = Worker();
  EXPECT_EQ(Offer(url).status, 201);
}

TEST_F(WebSessionsTest, OfOneUserAreBounded) {
  const auto worker = Worker();
  Join("alice");
  Join("bob");
  const std::string url = WhepUrl("bob", "alice");
  int refused = 0;
  for (int i = 0; i < 40; ++i) {
    const ApiReply reply = Offer(url);
    if (reply.status == 201) continue;
    EXPECT_EQ(reply.status, 503);
    EXPECT_THAT(reply.headers.at("retry-after"), AnyOf("5", "1"))
        << "too many sessions, and then too many offers";
    ++refused;
  }
  EXPECT_GE(refused, 40 - 16);
  EXPECT_LE(worker->opens().size(), 16U);
}

TEST_F(WebSessionsTest, AreCounted) {
  const auto worker = Worker();
  EXPECT_EQ(MetricOf(server_, "rtcroomd_web_workers"), 1);
  Join("alice");
  const std::string session = Open(WhipUrl("alice"));
  EXPECT_EQ(MetricOf(server_, R"(rtcroomd_web_sessions{direction="publish"})"), 1);
  EXPECT_EQ(MetricOf(server_, R"(rtcroomd_web_opened_total{direction="publish",result="opened"})"),
            1);
  v1::WebReport report;
  v1::WebSessionStats& stats = *report.mutable_stats()->add_sessions();
  stats.set_session(session);
  stats.set_is_connected(true);
  stats.set_key_requests(2);
  stats.set_is_without_pictures(true);
  report.mutable_stats()->set_descriptors(30);
  report.mutable_stats()->set_memory_bytes(70'000'000);
  worker->Send(report);
  EXPECT_TRUE(
      Eventually([&] { return MetricOf(server_, "rtcroomd_web_key_requests_total") == 2; }));
  EXPECT_EQ(MetricOf(server_, "rtcroomd_web_open_fds"), 30);
  EXPECT_EQ(MetricOf(server_, "rtcroomd_web_resident_memory_bytes"), 70'000'000);
  EXPECT_EQ(MetricOf(server_, "rtcroomd_web_connect_seconds_count"), 1);
  EXPECT_EQ(MetricOf(server_, "rtcroomd_web_loss_ratio_count"), 1);
  EXPECT_EQ(MetricOf(server_, "rtcroomd_web_without_pictures_total"), 1);
  const ApiReply room =
      server_.Admin().Send({.method = "GET",
                            .target = "/console/api/room?kind=multi&roomID=room",
                            .headers = {{"Authorization", std::string("Bearer ") + kAdminToken}}});
  EXPECT_EQ(room.json["room"]["pushers"][0]["web"]["keyRequests"], 2) << room;
  const auto operators = v1::RoomAdmin::NewStub(
      grpc::CreateChannel(server_.AddressOf("grpc"), grpc::InsecureChannelCredentials()));
  const auto alice = [&] {
    grpc::ClientContext context;
    v1::GetRoomRequest request;
    request.mutable_room()->set_kind(v1::ROOM_KIND_MULTI);
    request.mutable_room()->set_room_id("room");
    v1::GetRoomResponse response;
    EXPECT_TRUE(operators->GetRoom(&context, request, &response).ok());
    return response.room().pushers(0);
  };
  EXPECT_EQ(alice().via(), v1::PUSHER_VIA_WEB);
  EXPECT_EQ(alice().web().key_requests(), 2U);
  worker->SendEnded(session, v1::WebEnded::REASON_SILENT);
  EXPECT_TRUE(Eventually(
      [&] { return MetricOf(server_, R"(rtcroomd_web_ended_total{reason="silent"})") == 1; }));
  EXPECT_EQ(alice().via(), v1::PUSHER_VIA_RTMP) << "a phone may go on";
}

class ExpiredAddresses : public WebSessionsTest {
 protected:
  ExpiredAddresses() : WebSessionsTest({{"live.url_ttl", "1s"}}) {}
};

TEST_F(ExpiredAddresses, AreRefused) {
  const auto worker = Worker();
  Join("alice");
  const std::string url = WhipUrl("alice");
  EXPECT_TRUE(Eventually([&] { return Offer(url).text == kNotValid; }));
}

class ViewersInBrowsers : public WebSessionsTest {
 protected:
  ViewersInBrowsers()
      : WebSessionsTest(WithLogins({{"channel.enabled", true},
                                    {"room.heartbeat_timeout", "1h"},
                                    {"room.sweep_period", "500ms"},
                                    {"room.audience_timeout", "3s"}})) {}
};

TEST_F(ViewersInBrowsers, StayForAsLongAsTheyPlay) {
  const auto worker = Worker();
  Gen2Client host = LoggedIn(server_, "host", "live_room");
  json seat = PusherBody("r1", "host");
  seat["pushURL"] = host.Call("get_whip_url", MemberBody("r1", "host")).Text("pushURL");
  ASSERT_EQ(host.Call("add_pusher", seat).code(), kOk);
  Gen2Client amy = LoggedIn(server_, "amy", "live_room");
  Gen2Client bob = LoggedIn(server_, "bob", "live_room");
  ASSERT_EQ(amy.Call("add_audience", AudienceBody("r1", "amy")).code(), kOk);
  const ApiReply address =
      amy.Call("get_whep_url", {{"userID", "amy"}, {"roomID", "r1"}, {"of", "host"}});
  const std::string session = Open(address.Text("whepURL"));
  ASSERT_EQ(bob.Call("add_audience", AudienceBody("r1", "bob")).code(), kOk);
  EXPECT_TRUE(Eventually([&] { return AudiencesOf(host, "r1").size() == 1; }));
  EXPECT_EQ(AudiencesOf(host, "r1"), std::vector<std::string>{"amy"}) << "bob came after her";
  worker->SendEnded(session, v1::WebEnded::REASON_SILENT);
  EXPECT_TRUE(Eventually([&] { return AudiencesOf(host, "r1").empty(); }));
}

class PushesOfBrowsers : public WebSessionsTest {
 protected:
  PushesOfBrowsers() : WebSessionsTest({{"channel.enabled", true}, {"auth.interop", "shared"}}) {}

  void Report(const std::string& call, const std::string& stream, const std::string& more) {
    const ApiReply reply = server_.Https().Send(
        {.target = "/callback/rtmp",
         .content_type = "application/x-www-form-urlencoded",
         .body = "call=" + call + "&app=live&name=" + stream + "&clientid=" + more,
         .headers = {{"Authorization", "Bearer secret of the callbacks"}}});
    EXPECT_EQ(reply.status, 200) << call << reply;
  }
  static json Ended(const std::string& session, const std::string& reason) {
    return {{"kind", "multi"}, {"roomID", "room"}, {"session", session}, {"reason", reason}};
  }
};

TEST_F(PushesOfBrowsers, TellOfStreamsAndEnds) {
  const auto worker = Worker();
  ApiClient api = server_.Https();
  const ApiReply info = Get(api, "get_login_info");
  const std::string user = info.Text("userID");
  Join(user);
  WebSocketClient socket(server_);
  socket.Ask("connect", {{"userID", user},
                         {"sdkAppID", info.json.value("sdkAppID", 0)},
                         {"userSig", info.Text("userSig")},
                         {"streams", true}});
  EXPECT_TRUE(socket.Ask("subscribe", {{"kind", "multi"}, {"roomID", "room"}}).contains("room"));
  const std::string url = WhipUrl(user);
  const std::string session = Open(url);
  const std::string stream = worker->opens().back().stream();
  json expected = {{"kind", "multi"}, {"roomID", "room"}, {"userID", user}, {"on", true}};
  Report("publish", stream, "7&" + worker->opens().back().rtmp_query());
  EXPECT_EQ(socket.NextPush()["stream"], expected);
  Report("publish", stream, "8&" + url.substr(url.find('?') + 1));
  EXPECT_EQ(socket.NextPush()["web_ended"], Ended(session, "taken_over")) << "by a phone";
  for (const char* client : {"7", "8"}) Report("publish_done", stream, client);
  expected["on"] = false;
  EXPECT_EQ(socket.NextPush()["stream"], expected);
  const std::string next = Open(url);
  worker->SendEnded(next, v1::WebEnded::REASON_SILENT);
  EXPECT_EQ(socket.NextPush()["web_ended"], Ended(next, "silent"));
}

class ViewersOfBrowsers : public WebSessionsTest {
 protected:
  ViewersOfBrowsers()
      : WebSessionsTest(WithLogins({{"channel.enabled", true},
                                    {"room.sweep_period", "500ms"},
                                    {"room.audience_timeout", "5s"}})) {}
};

TEST_F(ViewersOfBrowsers, StayWhileTheyPlay) {
  const auto worker = Worker();
  Gen2Client host = LoggedIn(server_, "host", "live_room");
  Gen2Client amy = LoggedIn(server_, "amy", "live_room");
  Gen2Client bob = LoggedIn(server_, "bob", "live_room");
  ASSERT_EQ(host.Call("add_pusher", PusherBody("r1", "host")).code(), kOk);
  for (Gen2Client* const viewer : {&amy, &bob}) {
    ASSERT_EQ(viewer->Call("add_audience", AudienceBody("r1", viewer->user_id())).code(), kOk);
  }
  json of_host = MemberBody("r1", "amy");
  of_host["of"] = "host";
  const std::string played = Open(amy.Call("get_whep_url", of_host).Text("whepURL"));
  const auto remain = [&host](std::vector<std::string> viewers) {
    return Eventually([&] { return AudiencesOf(host, "r1") == viewers; }, kWaitTimeout, kSeldom);
  };
  EXPECT_TRUE(remain({"amy"})) << "who came before bob, and gave no other sign";
  EXPECT_EQ(Delete(played).status, 200);
  EXPECT_TRUE(remain({}));
}

class WithoutBrowsers : public WebSessionsTest {
 protected:
  WithoutBrowsers() : WebSessionsTest({{"web.max_sessions", 0}}) {}
};

TEST_F(WithoutBrowsers, PathsAreUnknown) {
  Join("alice");
  EXPECT_EQ(Offer("/weapp/whip/alice").status, 404);
  const ApiReply reply = server_.Https().Call(kMulti, "get_whip_url", {{"userID", "alice"}});
  EXPECT_EQ(reply.code(), kInternalFailure) << reply;
}

}  // namespace
}  // namespace rtcroom
