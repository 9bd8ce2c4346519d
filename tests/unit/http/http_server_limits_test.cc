// Refused requests: always answered with JSON and a code, then the connection closes.
#include <chrono>
#include <string>

#include "tests/unit/http/edge_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class HttpServerLimits : public EdgeTest {
 protected:
  void SetUp() override { Serve(Describe, {.connections = {.max_body_bytes = 1000}}); }

  /// The status of a refusal, which must have the form of protocol 0.2; 0 without a reply.
  int Refusal(std::string_view request) {
    RawClient client(address());
    client.Send(request);
    const RawReply reply = client.Receive();
    EXPECT_EQ(reply.Header("Content-Type"), kJsonType);
    EXPECT_EQ(reply.Header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(reply.Header("Connection"), "close");
    EXPECT_THAT(reply.body, HasSubstr(R"("code":1)"));
    EXPECT_EQ(client.ReceiveAll(), "") << "bytes after a refusal are not parsed as a request";
    return reply.status;
  }
};

TEST_F(HttpServerLimits, AcceptABodyOfTheMaximumSize) {
  RawClient client(address());
  client.Send(RawPost("/x", std::string(1000, 'b')));
  EXPECT_EQ(client.Receive().status, 200);
}

TEST_F(HttpServerLimits, RefuseALargerBodyWith413) {
  EXPECT_EQ(Refusal(RawPost("/x", std::string(1001, 'b'))), 413);
  // Much more than the system buffers: unread bytes must not discard the refusal.
  EXPECT_EQ(Refusal(RawPost("/x", std::string(700'000, 'b'))), 413);
}

TEST_F(HttpServerLimits, RefuseAnOverflowingLengthWith413) {
  EXPECT_EQ(Refusal("POST /x HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n"), 413);
}

TEST_F(HttpServerLimits, RefuseAMalformedRequestLineWith400) {
  EXPECT_EQ(Refusal("nonsense\r\n\r\n"), 400);
  EXPECT_EQ(Refusal("POST /x HTTP/3.0\r\n\r\n"), 400);
  EXPECT_EQ(Refusal("POST /a b HTTP/1.1\r\n\r\n"), 400);
}

TEST_F(HttpServerLimits, RefuseChunkedBodiesWith411) {
  EXPECT_EQ(Refusal("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"),
            411);
}

TEST_F(HttpServerLimits, RefuseCompressedBodiesWith415) {
  EXPECT_EQ(Refusal(RawPost("/x", "zip", "Content-Encoding: gzip\r\n")), 415);
}

TEST_F(HttpServerLimits, RefuseAnEndlessHeadWith431) {
  EXPECT_EQ(Refusal("GET /x HTTP/1.1\r\nX: " + std::string(100'000, 'h')), 431);
}

TEST_F(HttpServerLimits, RefuseAnEndlessRequestLineWith414) {
  EXPECT_EQ(Refusal("GET /" + std::string(100'000, 'p')), 414);
}

TEST_F(HttpServerLimits, RefuseARequestThatTakesTooLongWith408) {
  RawClient client(address());
  client.Send("POST /x HTTP/1.1\r\nContent-Length: 10\r\n\r\n12345");
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(100ms);
    return client.IsReadable();
  }));
  const RawReply reply = client.Receive();
  EXPECT_EQ(reply.status, 408);
  EXPECT_THAT(Refusals(), ElementsAre(RefusalCause::kRequestTimeout));
  EXPECT_THAT(reply.body, HasSubstr(R"("code":1)"));
}

TEST_F(HttpServerLimits, CloseAnIdleConnectionWithoutAReply) {
  RawClient client(address());
  client.Send(RawPost("/x", ""));
  ASSERT_EQ(client.Receive().status, 200);
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(10s);
    return client.IsReadable();
  }));
  EXPECT_EQ(client.ReceiveAll(), "");
  EXPECT_TRUE(Refusals().empty()) << "an idle connection is not refused";
}

TEST_F(HttpServerLimits, SendContinueToAClientThatExpectsIt) {
  RawClient client(address());
  client.Send("POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.Receive().status, 100);
  client.Send("body");
  EXPECT_THAT(client.Receive().body, HasSubstr(": body"));
}

TEST_F(HttpServerLimits, RefuseABodyBeforeSendingContinue) {
  EXPECT_EQ(Refusal("POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2000\r\n\r\n"),
            413);
}

}  // namespace
}  // namespace rtcroom
