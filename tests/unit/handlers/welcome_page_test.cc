// The page at `/` of the clients' address.
#include "handlers/welcome_page.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "handlers/front.h"
#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

class WelcomePageTest : public testing::Test {
 protected:
  LabelledReply Send(WelcomeFacts facts, const HttpRequest& request) {
    WelcomePage page(facts);
    Front front({.rooms = server_.router, .others = {&page}});
    return AnswerOf(front, server_.recorded, request);
  }
  LabelledReply Open(WelcomeFacts facts) {
    return Send(std::move(facts), {.method = "GET", .path = "/", .accepts_html = true});
  }

  RouterFixture server_;
};

TEST_F(WelcomePageTest, TellsABrowserInTwoLanguagesWhatIsServed) {
  const LabelledReply reply =
      Open({.prefix = "/weapp", .demo = true, .admin_origin = "http://127.0.0.1:5758"});
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.headers, AllOf(Contains(Pair("Content-Type", "text/html; charset=utf-8")),
                                   Contains(Pair("Vary", "Accept"))));
  EXPECT_THAT(
      reply.body,
      AllOf(HasSubstr("A room server for mini-programs"), HasSubstr("小程序的房间服务器"),
            HasSubstr("<code>/weapp/&lt;kind&gt;/&lt;endpoint&gt;</code>"),
            HasSubstr("href=\"/demo/\""), HasSubstr("href=\"http://127.0.0.1:5758/api/\"")));
}

TEST_F(WelcomePageTest, LinksOnlyWhatIsServed) {
  EXPECT_THAT(Open({.prefix = "/weapp"}).body,
              AllOf(Not(HasSubstr("<a ")), HasSubstr("The port of the operator")));
}

TEST_F(WelcomePageTest, HasTheLookOfTheOtherPagesWithoutAnotherRequest) {
  EXPECT_THAT(Open({.prefix = "/weapp"}).body,
              AllOf(HasSubstr("<link rel=\"icon\" href=\"data:image/svg+xml,%3Csvg"),
                    HasSubstr("--accent: light-dark("), HasSubstr(".start section {"),
                    Not(HasSubstr("rel=\"stylesheet\""))));
}

TEST_F(WelcomePageTest, LeavesAllOtherRequestsToTheRoomApi) {
  for (const HttpRequest& request :
       {HttpRequest{.method = "GET", .path = "/"},
        HttpRequest{.method = "POST", .path = "/", .accepts_html = true},
        HttpRequest{.method = "GET", .path = "/weapp", .accepts_html = true}}) {
    const LabelledReply reply = Send({.prefix = "/weapp"}, request);
    EXPECT_EQ(reply.body, server_.Send(request).body);
    EXPECT_EQ(reply.headers, server_.Send(request).headers);
  }
}

}  // namespace
}  // namespace rtcroom
