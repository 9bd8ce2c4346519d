// The example page: its files, beside the room API.
#include "handlers/demo_pages.h"

#include <array>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "handlers/front.h"
#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

using testing::Contains;
using testing::Pair;

constexpr std::array<EmbeddedFile, 2> kFiles = {{
    {.path = "/demo/app.js", .media_type = "text/javascript", .etag = "\"1\"", .bytes = "let a;"},
    {.path = "/demo/index.html", .media_type = "text/html", .etag = "\"2\"", .bytes = "<p>"},
}};

class DemoPagesTest : public testing::Test {
 protected:
  LabelledReply Get(const std::string& path, const std::string& if_none_match = {}) {
    return Send({.method = "GET", .path = path, .if_none_match = if_none_match});
  }
  LabelledReply Send(const HttpRequest& request) {
    return AnswerOf(front_, server_.recorded, request);
  }

  RouterFixture server_;
  DemoPages demo_{kFiles,
                  {.prefix = "/weapp", .playlist = "https://tv.example/{stream}.m3u8"},
                  "https://tv.example"};
  Front front_{{.rooms = server_.router, .others = {&demo_}}};
};

TEST_F(DemoPagesTest, AreServedWithHeadersThatAllowTheServerAndItsMediaOnly) {
  const LabelledReply reply = Get("/demo/app.js");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "let a;");
  EXPECT_THAT(reply.headers, Contains(Pair("Content-Type", "text/javascript")));
  EXPECT_THAT(reply.headers, Contains(Pair("X-Content-Type-Options", "nosniff")));
  EXPECT_THAT(
      reply.headers,
      Contains(Pair("Content-Security-Policy",
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src "
                    "'self' data:; connect-src 'self' ws: wss: https://tv.example; media-src "
                    "blob: https://tv.example; base-uri 'none'; form-action 'none'; "
                    "frame-ancestors 'none'")));
}

TEST_F(DemoPagesTest, AreServedForTheFolderPath) {
  EXPECT_EQ(Get("/demo/").body, "<p>");
  const LabelledReply redirected = Get("/demo");
  EXPECT_EQ(redirected.status, 308);
  EXPECT_THAT(redirected.headers, Contains(Pair("Location", "/demo/")));
}

TEST_F(DemoPagesTest, AreNotResentIfTheEtagMatches) {
  EXPECT_EQ(Get("/demo/", "\"2\"").status, 304);
  EXPECT_EQ(Get("/demo/", "\"1\"").status, 200);
}

TEST_F(DemoPagesTest, TellThePageItsSettings) {
  EXPECT_EQ(Get("/demo/settings.json").body,
            R"({"prefix":"/weapp","playlist":"https://tv.example/{stream}.m3u8"})");
}

TEST_F(DemoPagesTest, LeaveAllOtherRequestsToTheRoomApi) {
  for (const HttpRequest& request : {HttpRequest{.method = "GET", .path = "/demo/other.js"},
                                     HttpRequest{.method = "GET", .path = "/demolition"},
                                     HttpRequest{.method = "POST", .path = "/demo/app.js"}}) {
    const LabelledReply reply = Send(request);
    EXPECT_EQ(reply.status, 404) << request.path;
    EXPECT_EQ(reply.body, server_.Send(request).body);
  }
  EXPECT_EQ(Get("/weapp/utils/get_login_info").status, 200);
}

}  // namespace
}  // namespace rtcroom
