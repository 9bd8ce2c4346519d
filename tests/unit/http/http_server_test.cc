// Parsing of requests and encoding of replies.
#include <stdexcept>
#include <string>

#include "tests/unit/http/edge_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

class HttpServerRequests : public EdgeTest {
 protected:
  void SetUp() override { Serve(Describe); }

  /// Sends one request on a separate connection.
  RawReply Ask(std::string_view request, std::string_view method = "POST") {
    RawClient client(address());
    client.Send(request);
    return client.Receive(method);
  }
};

TEST_F(HttpServerRequests, AnswersWithTheBodyOfTheReplyAsJson) {
  const RawReply reply = Ask(RawPost("/weapp/live_room/x?a=1", "{}"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header("Content-Type"), kJsonType);
  EXPECT_EQ(reply.Header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(reply.body, "POST /weapp/live_room/x [a=1] from 127.0.0.1 as : {}");
}

TEST_F(HttpServerRequests, EndsTheConnectionWhenTheClientAsksForIt) {
  RawClient client(address());
  client.Send(RawPost("/x", "", "Connection: close\r\n"));
  EXPECT_THAT(client.ReceiveAll(), HasSubstr("\r\nConnection: close\r\n"));
}

TEST_F(HttpServerRequests, DecodesThePathOnceAndLeavesTheQueryRaw) {
  EXPECT_THAT(Ask(RawPost("/a%2541%2Fb?q=%41+b&&c", "")).body,
              HasSubstr("POST /a%41/b [q=%41+b&&c] "));
}

TEST_F(HttpServerRequests, KeepsAFormOutOfTheQuery) {
  const std::string form(20'000, 'f');  // above the form limit of cpp-httplib
  const RawReply reply = Ask(RawPost("/x?token=t", "token=stolen&f=" + form,
                                     "Content-Type: application/x-www-form-urlencoded\r\n"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr("[token=t] from 127.0.0.1 as "
                                    "application/x-www-form-urlencoded: token=stolen&f=ff"));
}

TEST_F(HttpServerRequests, TakesThePeerAddressFromTheSocketOnly) {
  EXPECT_THAT(Ask(RawPost("/x", "", "REMOTE_ADDR: 6.6.6.6\r\nRemote-Addr: 6.6.6.6\r\n")).body,
              HasSubstr("from 127.0.0.1 "));
}

TEST_F(HttpServerRequests, IgnoresRangeAndAcceptEncoding) {
  for (const char* range : {"bytes=0-3", "bytes=0-1,3-4", "nonsense"}) {
    const RawReply reply =
        Ask(RawPost("/x", std::string(5000, 'a'),
                    std::string("Range: ") + range + "\r\nAccept-Encoding: gzip, br, deflate\r\n"));
    EXPECT_EQ(reply.status, 200);
    EXPECT_GT(reply.body.size(), 5000U);
    EXPECT_EQ(reply.Header("Content-Encoding"), "");
    EXPECT_EQ(reply.Header("Content-Range"), "");
  }
}

TEST_F(HttpServerRequests, DoesNotDecodeHeaderValues) {
  // A decoded line end could inject headers into a reply that echoes the value.
  EXPECT_THAT(Ask(RawPost("/x", "", "Content-Type: a%0d%0aX-Evil: 1\r\n")).body,
              HasSubstr("as a%0d%0aX-Evil: 1: "));
}

TEST_F(HttpServerRequests, AnswersAPostWithoutALengthAtOnce) {
  EXPECT_EQ(Ask("POST /x HTTP/1.1\r\nHost: h\r\n\r\n").status, 200);
}

TEST_F(HttpServerRequests, HandsEveryMethodToTheRouter) {
  for (const std::string method : {"GET", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    EXPECT_THAT(Ask(method + " /x HTTP/1.1\r\n\r\n").body, HasSubstr(method + " /x"));
  }
}

TEST_F(HttpServerRequests, AnswersHeadWithoutABody) {
  RawClient client(address());
  client.Send("HEAD /x HTTP/1.1\r\n\r\n" + RawPost("/next", ""));
  const RawReply head = client.Receive("HEAD");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Header("Content-Type"), kJsonType);
  EXPECT_EQ(head.Header("Accept-Ranges"), "");
  EXPECT_THAT(client.Receive().body, HasSubstr("/next"));
}

TEST_F(HttpServerRequests, UsesTheHandlerToWriteRefusals) {
  Ask(RawPost("/x", ""));
  Ask("nonsense\r\n\r\n");
  EXPECT_EQ(handler_->handled(), 1);
  EXPECT_THAT(handler_->refused(), ElementsAre(Pair(400, "framing")));
}

class HttpServerReplies : public EdgeTest {
 protected:
  RawReply Ask() {
    RawClient client(address());
    client.Send(RawPost("/secret-path?token=secret-token", "secret-body"));
    return client.Receive();
  }
};

TEST_F(HttpServerReplies, TurnAnExceptionIntoCode6WithoutItsText) {
  Serve([](const HttpRequest&) -> HttpReply { throw std::runtime_error("secret-thought"); });
  const RawReply reply = Ask();
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(reply.Header("Content-Type"), kJsonType);
  EXPECT_THAT(reply.body, HasSubstr(R"("code":6)"));
  EXPECT_THAT(reply.head + reply.body + Log(), Not(HasSubstr("secret")));
  EXPECT_THAT(handler_->refused(), ElementsAre(Pair(500, HasSubstr("runtime_error"))));
}

TEST_F(HttpServerReplies, TurnAThrownNonExceptionIntoCode6) {
  Serve([](const HttpRequest&) -> HttpReply { throw 7; });
  const RawReply reply = Ask();
  EXPECT_EQ(reply.status, 500);
  EXPECT_THAT(reply.body, HasSubstr(R"("code":6)"));
}

TEST_F(HttpServerReplies, ArriveWholeAtLargeSizes) {
  const std::string large(4'000'000, 'x');
  Serve([&](const HttpRequest&) { return HttpReply{.body = large}; });
  EXPECT_EQ(Ask().body, large);
}

}  // namespace
}  // namespace rtcroom
