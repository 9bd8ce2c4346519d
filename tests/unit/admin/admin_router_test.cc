#include "daemon/admin/admin_router.h"

#include <memory>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/admin/admin_request.h"

namespace rtcroom {
namespace {

using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

class AdminRouterTest : public testing::Test {
 protected:
  AdminRouterTest() {
    router_.Add({.method = "POST", .path = "/act", .handler = Says("acted")});
    router_.Add({.path = "/look", .handler = Says("looked")});
    router_.Add({.path = "/open", .guard = AdminRoute::Guard::kOpen, .handler = Says("open")});
    router_.Add({.path = "/page", .guard = AdminRoute::Guard::kConsole, .handler = Says("page")});
  }

  static AdminHandler Says(const std::string& text) {
    return [text](const HttpRequest&, AdminResponder& responder) {
      responder.Send({.http = {.body = text}});
    };
  }

  /// @param id  of the request; empty: it is not logged.
  HttpReply Ask(const std::string& method, const std::string& path,
                const std::string& token = "the token", const std::string& id = {}) {
    HttpRequest request{.method = method, .path = path, .peer_address = "192.0.2.1"};
    if (!token.empty()) request.authorization = Secret("Bearer " + token);
    const auto sink = std::make_shared<RecordedReply>();
    AdminResponder responder = ResponderTo(sink, clock_, logger_, id);
    router_.Answer(request, responder);
    return sink->reply().value();
  }

  AdminAccess access_{Secret("the token"), Secret("the key")};
  FakeClock clock_;
  CapturedLog log_;
  Logger logger_{LogFormat::kText, LogLevel::kDebug, log_.file()};
  RequestIds ids_{"test"};
  AdminRouter router_{access_, ids_, clock_, logger_};
};

TEST_F(AdminRouterTest, AnswersByMethodAndPath) {
  EXPECT_EQ(Ask("POST", "/act").body, "acted");
  EXPECT_EQ(Ask("GET", "/look").body, "looked");
  EXPECT_EQ(Ask("HEAD", "/look").body, "looked");
  EXPECT_EQ(Ask("POST", "/act", "the key").body, "acted");
}

TEST_F(AdminRouterTest, RejectsRequestsWithoutTheToken) {
  for (const char* shown : {"", "guessed"}) {
    const HttpReply reply = Ask("POST", "/act", shown);
    EXPECT_EQ(reply.status, 401) << shown;
    EXPECT_THAT(reply.body, HasSubstr(R"("code":7)"));
    EXPECT_THAT(reply.headers, Contains(Pair("WWW-Authenticate", "Bearer")));
  }
}

TEST_F(AdminRouterTest, LogsRejectedRequestsAtALimitedRate) {
  Ask("POST", "/act");
  EXPECT_EQ(log_.Text(), "");
  for (int i = 0; i < 1'000; ++i) Ask("POST", "/act", "guessed");
  EXPECT_THAT(log_.Text(), EndsWith(" warn admin_refused peer=192.0.2.1 times=1\n"));
  const std::size_t logged = log_.Text().size();
  clock_.Advance(LogRation::kPeriod);
  Ask("GET", "/look", "");
  EXPECT_THAT(log_.Text().substr(logged),
              EndsWith(" warn admin_refused peer=192.0.2.1 times=1000\n"));
  EXPECT_THAT(log_.Text(), Not(HasSubstr("guessed")));
}

TEST_F(AdminRouterTest, LogsTheRouteOfEachRequest) {
  Ask("POST", "/act", "the token", "id-1");
  EXPECT_THAT(log_.Text(), HasSubstr("request_id=id-1 kind=none endpoint=/act code=0 "));
  Ask("POST", "/nothing", "the token", "id-2");
  EXPECT_THAT(log_.Text(), HasSubstr("request_id=id-2 kind=none endpoint=unknown code=1 "));
  Ask("POST", "/act", "guessed", "id-3");
  EXPECT_THAT(log_.Text(), HasSubstr("request_id=id-3 kind=none endpoint=/act code=7 "));
  EXPECT_THAT(log_.Text(), HasSubstr("failure=unauthorized"));
}

TEST_F(AdminRouterTest, DistinguishesUnknownPathsFromWrongMethods) {
  EXPECT_EQ(Ask("GET", "/nothing").status, 404);
  EXPECT_EQ(Ask("GET", "/nothing").body,
            R"({"code":1,"detail":"path: unknown","message":"bad_request"})");
  const HttpReply reply = Ask("GET", "/act");
  EXPECT_EQ(reply.status, 405);
  EXPECT_THAT(reply.headers, Contains(Pair("Allow", "POST")));
}

TEST_F(AdminRouterTest, ServesOpenPagesToAll) {
  access_.SetToken(Secret());
  EXPECT_EQ(Ask("GET", "/open", "").body, "open");
}

TEST_F(AdminRouterTest, ServesTheConsolePageOnlyIfATokenIsConfigured) {
  EXPECT_EQ(Ask("GET", "/page", "").body, "page");
  access_.SetToken(Secret());
  const HttpReply off = Ask("GET", "/page", "");
  EXPECT_EQ(off.status, 404);
  EXPECT_EQ(off.body, R"({"code":1,"detail":"console: off; set admin.token to switch it on",)"
                      R"("message":"bad_request"})");
  EXPECT_EQ(Ask("GET", "/page", "the key").status, 404);
}

TEST(AdminReply, IsAGatewayTimeoutOnlyWhereTheOutcomeIsUnknown) {
  for (std::size_t i = 0; i < kErrcCount; ++i) {
    const auto failure = static_cast<Errc>(i);
    EXPECT_EQ(AdminFailure({failure, {}}).http.status == 504, failure == Errc::kOutcomeUnknown)
        << failure;
  }
}

}  // namespace
}  // namespace rtcroom
