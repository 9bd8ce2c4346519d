// The clients of media servers and services over real sockets.
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/system_clock.h"
#include "daemon/http_client/outgoing_http.h"
#include "daemon/media/live_api_v3.h"
#include "daemon/media/nginx_rtmp_api.h"
#include "daemon/media/srs_api.h"
#include "daemon/media/tc3_signature.h"
#include "tests/support/answering_service.h"
#include "tests/support/eventually.h"
#include "tests/support/matchers.h"
#include "tests/support/stand_in_service.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

/// For waits that are expected to time out.
constexpr std::chrono::milliseconds kShort{200};

std::string HeaderIn(const std::string& request, const std::string& name) {
  const std::string before = "\r\n" + name + ": ";
  const std::size_t at = request.find(before);
  if (at == std::string::npos) return "(none)";
  const std::size_t begin = at + before.size();
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

class MediaWire : public testing::Test {
 protected:
  AnsweringService service_;
  const SystemClock clock_;
  HttplibOutgoing http_{clock_};
};

TEST_F(MediaWire, ACloudCallCarriesWhatItSigned) {
  const Secret key("TestSecretKeyTestSecretKey012345");
  LiveApiV3 api({.account = {.base_url = service_.Url(), .secret_id = "AKID", .secret_key = key},
                 .push_host = "push.test"},
                http_, clock_);
  service_.Answer(HttpAnswer("200 OK", R"({"Response":{"StreamState":"active","RequestId":"r"}})"));
  EXPECT_EQ(api.AskState("s", kWaitTimeout).state, StreamState::kLive);
  const std::string request = service_.requests().at(0);
  EXPECT_THAT(request, StartsWith("POST / HTTP/1.1\r\n"));
  const std::string type = HeaderIn(request, "Content-Type");
  const std::string host = HeaderIn(request, "Host");
  const std::array headers = {Tc3Header{"content-type", type}, Tc3Header{"host", host},
                              Tc3Header{"x-tc-action", "describelivestreamstate"}};
  const TimePoint sent{std::chrono::seconds(std::stoll(HeaderIn(request, "X-TC-Timestamp")))};
  const std::string body = request.substr(request.find("\r\n\r\n") + 4);
  EXPECT_EQ(HeaderIn(request, "Authorization"),
            SignTc3({.secret_id = "AKID", .secret_key = key}, "live", headers, body, sent)
                .authorization.Reveal());
}

TEST_F(MediaWire, CloudCallsShareAConnection) {
  LiveApiV3 api({.account = {.base_url = service_.Url()}}, http_, clock_);
  service_.Answer(HttpAnswer("200 OK", R"({"Response":{"StreamState":"active","RequestId":"r"}})"));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(api.AskState("s", kWaitTimeout).state, StreamState::kLive);
  }
  EXPECT_EQ(service_.service().connections(), 1u);
}

TEST_F(MediaWire, AListMayBeLongerThanOtherReplies) {
  SrsServer server({.base_url = service_.Url()}, http_);
  std::string streams;
  for (int i = 0; i < 2000; ++i) {
    if (i > 0) streams += ',';
    streams +=
        R"({"name":"s","app":"live","recv_bytes":1,"publish":{"active":true,"cid":"a69j0j6g"}})";
  }
  ASSERT_GT(streams.size(), kMaxOutgoingReplyBytes);
  service_.Answer(HttpAnswer("200 OK", R"({"code":0,"service":"x","streams":[)" + streams + "]}"));
  const auto list = server.List(kWaitTimeout);
  ASSERT_OK(list);
  EXPECT_EQ(list->streams.size(), 2000u);
  EXPECT_OK(server.List(kWaitTimeout));
}

TEST_F(MediaWire, DropsAreSentToTheirPaths) {
  SrsServer srs({.base_url = service_.Url(), .control_key = Secret("a:b")}, http_);
  service_.Answer(HttpAnswer("200 OK", R"({"code":0})"));
  EXPECT_OK(srs.Drop("s", "a69j0j6g", kWaitTimeout));
  NginxRtmpServer nginx({.base_url = service_.Url(), .control_key = Secret("key")}, http_);
  service_.Answer(HttpAnswer("200 OK", "1"));
  EXPECT_OK(nginx.Drop("s", "7", kWaitTimeout));
  const std::vector<std::string> requests = service_.requests();
  EXPECT_THAT(requests,
              ElementsAre(StartsWith("DELETE /api/v1/clients/a69j0j6g HTTP/1.1\r\n"),
                          StartsWith("GET /control/drop/publisher?app=live&name=s&clientid=7 ")));
  EXPECT_EQ(HeaderIn(requests.at(0), "Authorization"), "Basic YTpi");
  EXPECT_EQ(HeaderIn(requests.at(1), "Authorization"), "Bearer key");
}

TEST_F(MediaWire, ASilentServerIsNotWaitedFor) {
  NginxRtmpServer server({.base_url = service_.Url()}, http_);
  EXPECT_FALSE(server.List(kShort).ok());
  EXPECT_FALSE(server.Drop("s", "7", kShort).ok());
  LiveApiV3 api({.account = {.base_url = service_.Url()}}, http_, clock_);
  EXPECT_EQ(api.AskState("s", kShort).state, StreamState::kUnknown);
}

TEST_F(MediaWire, AnAbsentServerIsUnreachable) {
  NginxRtmpServer server({.base_url = service_.Url()}, http_);
  service_.service().GoDown();
  EXPECT_ERROR(kUnreachable, server.List(kWaitTimeout));
}

}  // namespace
}  // namespace rtcroom
