#include "daemon/admin/admin_router.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Pair;

class AdminRouterTest : public testing::Test {
 protected:
  AdminRouterTest() {
    router_.Add({.method = "POST", .path = "/act", .handler = Says("acted")});
    router_.Add({.path = "/look", .handler = Says("looked")});
    router_.Add({.path = "/page", .guard = AdminRoute::Guard::kConsole, .handler = Says("page")});
  }

  static AdminHandler Says(const std::string& text) {
    return [text](const HttpRequest&, const DeferReply&) {
      HttpReply reply;
      reply.body = text;
      return reply;
    };
  }

  HttpReply Ask(const std::string& method, const std::string& path,
                const std::string& token = "the token") {
    HttpRequest request;
    request.method = method;
    request.path = path;
    if (!token.empty()) request.authorization = Secret("Bearer " + token);
    return router_.Handle(request, {}).value();
  }

  AdminAccess access_{Secret("the token"), Secret("the key")};
  AdminRouter router_{access_};
};

TEST_F(AdminRouterTest, AnswersByMethodAndPath) {
  EXPECT_EQ(Ask("POST", "/act").body, "acted");
  EXPECT_EQ(Ask("GET", "/look").body, "looked");
  EXPECT_EQ(Ask("HEAD", "/look").body, "looked");
  EXPECT_EQ(Ask("POST", "/act", "the key").body, "acted");
}

TEST_F(AdminRouterTest, RefusesWhoDoesNotShowTheToken) {
  for (const char* shown : {"", "guessed"}) {
    const HttpReply reply = Ask("POST", "/act", shown);
    EXPECT_EQ(reply.status, 401) << shown;
    EXPECT_THAT(reply.body, HasSubstr(R"("code":7)"));
    EXPECT_THAT(reply.headers, Contains(Pair("WWW-Authenticate", "Bearer")));
  }
}

TEST_F(AdminRouterTest, TellsUnknownPathsFromWrongMethods) {
  EXPECT_EQ(Ask("GET", "/nothing").status, 404);
  const HttpReply reply = Ask("GET", "/act");
  EXPECT_EQ(reply.status, 405);
  EXPECT_THAT(reply.headers, Contains(Pair("Allow", "POST")));
}

TEST_F(AdminRouterTest, ShowsTheConsoleToEverybodyOnceThereIsAToken) {
  EXPECT_EQ(Ask("GET", "/page", "").body, "page");
  access_.SetToken(Secret());
  EXPECT_EQ(Ask("GET", "/page", "").status, 404);
  EXPECT_EQ(Ask("GET", "/page", "the key").status, 404);
}

}  // namespace
}  // namespace rtcroom
