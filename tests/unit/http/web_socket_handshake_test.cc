#include "daemon/http/web_socket_handshake.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

// RFC 6455 1.3.
constexpr const char* kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr const char* kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

HttpRequest Request() {
  return {.method = "GET",
          .path = "/channel/ws",
          .upgrade = UpgradeOffer{
              .protocols = "websocket", .web_socket_key = kKey, .web_socket_version = "13"}};
}

HttpReply ReplyTo(const std::function<void(HttpRequest&)>& change) {
  HttpRequest request = Request();
  change(request);
  return WebSocketHandshake(request, "rtcroomd.v1");
}

TEST(WebSocketHandshake, AcceptsTheExampleOfTheRfc) {
  EXPECT_EQ(WebSocketAccept(kKey), kAccept);
  const HttpReply reply = WebSocketHandshake(Request(), "rtcroomd.v1");
  EXPECT_EQ(reply.status, 101);
  EXPECT_THAT(reply.headers,
              ElementsAre(Pair("Upgrade", "websocket"), Pair("Sec-WebSocket-Accept", kAccept)));
  EXPECT_EQ(reply.body, "");
}

TEST(WebSocketHandshake, ChoosesItsSubprotocolIfItIsOffered) {
  for (const char* offered :
       {"rtcroomd.v1", "chat, rtcroomd.v1", "rtcroomd.v1 ,chat", "a,,rtcroomd.v1"}) {
    const HttpReply reply =
        ReplyTo([&](HttpRequest& request) { request.upgrade->web_socket_protocols = offered; });
    EXPECT_EQ(reply.status, 101);
    ASSERT_EQ(reply.headers.size(), 3U) << offered;
    EXPECT_THAT(reply.headers[2], Pair("Sec-WebSocket-Protocol", "rtcroomd.v1"));
  }
  for (const char* offered : {"", "chat", "rtcroomd.v2", "RTCROOMD.V1", "rtcroomd.v1x"}) {
    const HttpReply reply =
        ReplyTo([&](HttpRequest& request) { request.upgrade->web_socket_protocols = offered; });
    EXPECT_EQ(reply.status, 101);
    EXPECT_EQ(reply.headers.size(), 2U) << offered;
  }
}

TEST(WebSocketHandshake, AcceptsItsProtocolInAnyLetterCaseAndPlace) {
  for (const char* protocols : {"WebSocket", "h2c, websocket", "websocket ,x"}) {
    EXPECT_EQ(ReplyTo([&](HttpRequest& request) { request.upgrade->protocols = protocols; }).status,
              101)
        << protocols;
  }
}

TEST(WebSocketHandshake, AnswersWithWhatItNeedsToAnyOtherRequest) {
  const std::vector<std::function<void(HttpRequest&)>> changes = {
      [](HttpRequest& request) { request.upgrade.reset(); },
      [](HttpRequest& request) { request.upgrade->protocols = "h2c"; },
      [](HttpRequest& request) { request.upgrade->protocols = "websocket/13"; },
      [](HttpRequest& request) { request.upgrade->web_socket_version = ""; },
      [](HttpRequest& request) { request.upgrade->web_socket_version = "8"; },
      [](HttpRequest& request) { request.upgrade->web_socket_version = "013"; },
      [](HttpRequest& request) { request.upgrade->web_socket_version = "13, 8"; },
      [](HttpRequest& request) { request.upgrade->web_socket_version = "13,13"; },
  };
  for (const auto& change : changes) {
    const HttpReply reply = ReplyTo(change);
    EXPECT_EQ(reply.status, 426);
    EXPECT_THAT(reply.headers,
                ElementsAre(Pair("Upgrade", "websocket"), Pair("Connection", "Upgrade"),
                            Pair("Sec-WebSocket-Version", "13")));
  }
}

TEST(WebSocketHandshake, RefusesOtherMethodsAndBadKeys) {
  EXPECT_EQ(ReplyTo([](HttpRequest& request) { request.method = "POST"; }).status, 400);
  for (const char* key :
       {"", "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZ!==", "dGhlIHNhbXBsZSBub25jZQ== ", "dGhlIHNhbXBsZSBub25j",
        "dGhlIHNhbXBsZSBub25jZSAhISE=", "dGhlIHNhbXBsZSBub25jZQ==,dGhlIHNhbXBsZSBub25jZQ=="}) {
    const HttpReply reply =
        ReplyTo([&](HttpRequest& request) { request.upgrade->web_socket_key = key; });
    EXPECT_EQ(reply.status, 400) << key;
    EXPECT_THAT(reply.headers, IsEmpty());
  }
}

}  // namespace
}  // namespace rtcroom
