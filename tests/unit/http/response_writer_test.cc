#include "daemon/http/response_writer.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

constexpr ResponseFormat kKept = {.keep_alive = true};

std::string Encoded(const ResponseFormat& format, HttpReply reply, bool draining = false) {
  return EncodeResponse(format, std::move(reply), draining, 75s).bytes;
}

TEST(EncodeResponse, WritesStatusHeadersInAlphabeticalOrderAndBody) {
  EXPECT_EQ(Encoded(kKept,
                    {.headers = {{"Vary", "Origin"}, {"Cache-Control", "no-store"}}, .body = "{}"}),
            "HTTP/1.1 200 OK\r\n"
            "Cache-Control: no-store\r\n"
            "Content-Length: 2\r\n"
            "Content-Type: application/json; charset=utf-8\r\n"
            "Keep-Alive: timeout=75\r\n"
            "Vary: Origin\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "\r\n"
            "{}");
}

TEST(EncodeResponse, KeepsHeadersOfTheReply) {
  const std::string bytes =
      Encoded(kKept, {.headers = {{"content-type", "text/plain"}, {"X-Content-Type-Options", "x"}},
                      .body = "text"});
  EXPECT_EQ(bytes,
            "HTTP/1.1 200 OK\r\n"
            "Content-Length: 4\r\n"
            "content-type: text/plain\r\n"
            "Keep-Alive: timeout=75\r\n"
            "X-Content-Type-Options: x\r\n"
            "\r\n"
            "text");
}

TEST(EncodeResponse, WritesTheLengthButNotTheBodyInAnswerToHead) {
  const std::string bytes = Encoded({.without_body = true, .keep_alive = true}, {.body = "{}"});
  EXPECT_THAT(bytes, testing::HasSubstr("\r\nContent-Length: 2\r\n"));
  EXPECT_THAT(bytes, testing::EndsWith("\r\n\r\n"));
}

TEST(EncodeResponse, WritesNeitherLengthNorTypeAt204And304) {
  for (const int status : {204, 304}) {
    const std::string bytes = Encoded(kKept, {.status = status});
    for (const char* header : {"Content-Length", "Content-Type: "}) {
      EXPECT_THAT(bytes, testing::Not(testing::HasSubstr(header))) << status;
    }
    EXPECT_THAT(bytes, testing::EndsWith("\r\n\r\n")) << status;
  }
}

TEST(EncodeResponse, WritesConnectionUnlessImpliedByTheVersion) {
  struct Row {
    ResponseFormat format;
    bool draining;
    const char* connection;
    bool keep_alive;
  };
  const Row cases[] = {
      {.format = kKept, .draining = false, .connection = "", .keep_alive = true},
      {.format = {}, .draining = false, .connection = "close", .keep_alive = false},
      {.format = kKept, .draining = true, .connection = "close", .keep_alive = false},
      {.format = {.keep_alive = true, .more_follows = true},
       .draining = true,
       .connection = "",
       .keep_alive = true},
      {.format = {.version = HttpVersion::k10, .keep_alive = true},
       .draining = false,
       .connection = "keep-alive",
       .keep_alive = true},
  };
  for (const Row& row : cases) {
    const EncodedResponse response = EncodeResponse(row.format, {.body = "{}"}, row.draining, 75s);
    EXPECT_EQ(response.keep_alive, row.keep_alive);
    const std::string line = std::string("\r\nConnection: ") + row.connection + "\r\n";
    EXPECT_EQ(response.bytes.find("Connection:") != std::string::npos, *row.connection != '\0');
    if (*row.connection != '\0') {
      EXPECT_THAT(response.bytes, testing::HasSubstr(line));
    }
  }
}

TEST(EncodeResponse, TellsHowLongAConnectionStays) {
  const auto tells = [](const ResponseFormat& format, std::chrono::milliseconds idle_timeout) {
    return EncodeResponse(format, {}, /*draining=*/false, idle_timeout).bytes.find("Keep-Alive") !=
           std::string::npos;
  };
  EXPECT_TRUE(tells(kKept, 1s));
  EXPECT_FALSE(tells(kKept, 999ms));
  EXPECT_FALSE(tells({}, 75s)) << "it closes";
}

TEST(EncodeResponse, OmitsHeadersWithLineBreaks) {
  EXPECT_THAT(Encoded(kKept, {.headers = {{"X-A", "1\r\nX-Injected: 2"}, {"X-B\n", "3"}}}),
              testing::Not(testing::AnyOf(testing::HasSubstr("X-A"), testing::HasSubstr("X-B"))));
}

TEST(EncodeStreamHead, EndsWithTheConnection) {
  EXPECT_EQ(EncodeStreamHead({.headers = {{"Content-Type", "text/event-stream"}}}),
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
}

TEST(EncodeUpgradeHead, HasTheStatusAndConnectionOfAnUpgrade) {
  EXPECT_EQ(
      EncodeUpgradeHead({.headers = {{"Upgrade", "websocket"}}}),
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
}

}  // namespace
}  // namespace rtcroom
