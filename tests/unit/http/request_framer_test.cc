#include "daemon/http/request_framer.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using Progress = RequestFramer::Progress;

constexpr std::size_t kMaxBody = 100;

Progress Feed(RequestFramer& framer, std::string_view bytes, MonotonicTime now = {}) {
  return framer.Feed(bytes, now);
}

class RequestFramerTest : public testing::Test {
 protected:
  /// The status of the refusal of a stream; 0 when it is not refused.
  static int Refusal(const std::string& bytes) {
    RequestFramer framer(kMaxBody);
    return Feed(framer, bytes) == Progress::kRefused ? framer.refusal() : 0;
  }
  static int RefusalOfHeader(const std::string& line) {
    return Refusal("POST /x HTTP/1.1\r\n" + line + "\r\n\r\n");
  }
  /// The offer of a whole request.
  static std::optional<UpgradeOffer> OfferOf(const std::string& bytes) {
    RequestFramer framer(kMaxBody);
    EXPECT_EQ(Feed(framer, bytes), Progress::kComplete) << bytes;
    return framer.Take().upgrade;
  }

  RequestFramer framer_{kMaxBody};
};

TEST_F(RequestFramerTest, ParsesLineHeadersAndBody) {
  ASSERT_EQ(Feed(framer_,
                 "POST /a?b=c HTTP/1.1\r\nContent-Type: text/plain \r\norigin:https://o\r\n"
                 "If-None-Match: \"tag\"\r\nAccept: text/html, */*;q=0.8\r\n"
                 "CONTENT-LENGTH: 4\r\n\r\nbody"),
            Progress::kComplete);
  const FramedRequest request = framer_.Take();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/a");
  EXPECT_EQ(request.query, "b=c");
  EXPECT_EQ(request.version, HttpVersion::k11);
  EXPECT_EQ(request.content_type, "text/plain");
  EXPECT_EQ(request.origin, "https://o");
  EXPECT_EQ(request.if_none_match, "\"tag\"");
  EXPECT_TRUE(request.accepts_html);
  EXPECT_EQ(request.body, "body");
  EXPECT_TRUE(request.keep_alive);
}

TEST_F(RequestFramerTest, ParsesAuthorizationPerRequest) {
  ASSERT_EQ(Feed(framer_,
                 "GET /1 HTTP/1.1\r\nauthorization: Bearer t \r\n\r\n"
                 "GET /2 HTTP/1.1\r\n\r\n"),
            Progress::kComplete);
  EXPECT_EQ(framer_.Take().authorization.Reveal(), "Bearer t");
  ASSERT_EQ(Feed(framer_, {}), Progress::kComplete);
  EXPECT_TRUE(framer_.Take().authorization.empty());
}

TEST_F(RequestFramerTest, KeepsTheHeadersThatItWasToldToKeep) {
  constexpr std::array<std::string_view, 2> kKept = {"Sign", "SdkAppId"};
  RequestFramer framer(kMaxBody, kKept);
  ASSERT_EQ(Feed(framer,
                 "POST /1 HTTP/1.1\r\nSign: a+/=\r\nsdkappid: 14\r\nOther: x\r\n\r\n"
                 "POST /2 HTTP/1.1\r\nSign: a\r\nSign: b\r\n\r\n"),
            Progress::kComplete);
  const FramedRequest request = framer.Take();
  EXPECT_EQ(request.kept, (Headers{{"Sign", "a+/="}, {"SdkAppId", "14"}}));
  ASSERT_EQ(Feed(framer, {}), Progress::kComplete);
  const FramedRequest repeated = framer.Take();
  EXPECT_EQ(repeated.kept, (Headers{{"Sign", "a,b"}}));
}

TEST_F(RequestFramerTest, JoinsRepeatedAuthorizationHeaders) {
  ASSERT_EQ(
      Feed(framer_, "GET / HTTP/1.1\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n"),
      Progress::kComplete);
  EXPECT_EQ(framer_.Take().authorization.Reveal(), "Bearer a,Bearer b");
}

TEST_F(RequestFramerTest, ParsesARequestByteByByte) {
  const std::string bytes = "POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody";
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    ASSERT_EQ(Feed(framer_, bytes.substr(i, 1)), Progress::kNeedMore) << i;
  }
  ASSERT_EQ(Feed(framer_, bytes.substr(bytes.size() - 1)), Progress::kComplete);
  EXPECT_EQ(framer_.Take().body, "body");
  EXPECT_FALSE(framer_.has_bytes());
}

TEST_F(RequestFramerTest, KeepsFollowingBytesForTheNextRequest) {
  ASSERT_EQ(Feed(framer_,
                 "POST /1 HTTP/1.1\r\nContent-Length: 1\r\nOrigin: o\r\n\r\n1"
                 "POST /2 HTTP/1.1\r\n\r\nPOS"),
            Progress::kComplete);
  EXPECT_EQ(framer_.Take().body, "1");
  ASSERT_EQ(Feed(framer_, {}), Progress::kComplete);
  const FramedRequest second = framer_.Take();
  EXPECT_EQ(second.path, "/2");
  EXPECT_EQ(second.origin, "") << "requests share no state";
  EXPECT_EQ(second.body, "");
  EXPECT_EQ(Feed(framer_, {}), Progress::kNeedMore);
  EXPECT_TRUE(framer_.has_bytes());
}

TEST_F(RequestFramerTest, ClosesOnConnectionCloseOrHttp10) {
  for (const char* head :
       {"GET / HTTP/1.1\r\nConnection: Close\r\n\r\n",
        "GET / HTTP/1.1\r\nConnection: x, close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
    RequestFramer framer(kMaxBody);
    ASSERT_EQ(Feed(framer, head), Progress::kComplete);
    EXPECT_FALSE(framer.Take().keep_alive) << head;
  }
}

TEST_F(RequestFramerTest, KeepsAnHttp10ConnectionOnRequest) {
  const auto keeps = [](const std::string& headers) {
    RequestFramer framer(kMaxBody);
    EXPECT_EQ(Feed(framer, "GET / HTTP/1.0\r\n" + headers + "\r\n"), Progress::kComplete);
    return framer.Take().keep_alive;
  };
  EXPECT_TRUE(keeps("Connection: Keep-Alive\r\n"));
  EXPECT_TRUE(keeps("connection: x , KEEP-ALIVE\r\n"));
  EXPECT_FALSE(keeps("Connection: keep-alive, close\r\n"));
  EXPECT_FALSE(keeps("Connection: close\r\nConnection: keep-alive\r\n"));
}

TEST_F(RequestFramerTest, ParsesATargetInAbsoluteForm) {
  const auto framed = [](const std::string& target) {
    RequestFramer framer(kMaxBody);
    EXPECT_EQ(Feed(framer, "GET " + target + " HTTP/1.1\r\n\r\n"), Progress::kComplete);
    const FramedRequest request = framer.Take();
    return request.path + " " + request.query;
  };
  EXPECT_EQ(framed("http://host:1/a/b?c=d?e"), "/a/b c=d?e");
  EXPECT_EQ(framed("HTTPS://host/a"), "/a ");
  EXPECT_EQ(framed("http://host?c"), "/ c");
  EXPECT_EQ(framed("http://host"), "/ ");
  EXPECT_EQ(framed("/a?b?c"), "/a b?c");
}

TEST_F(RequestFramerTest, AcceptsAFewEmptyLinesBeforeARequest) {
  EXPECT_EQ(Feed(framer_, "\r\n\r\nGET / HTTP/1.1\r\n\r\n"), Progress::kComplete);
  EXPECT_EQ(Refusal("\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(Refusal("\nGET / HTTP/1.1\r\n\r\n"), 400);
}

TEST_F(RequestFramerTest, TreatsAnEmptyLineAsIdle) {
  const MonotonicTime later{std::chrono::seconds(9)};
  ASSERT_EQ(Feed(framer_, "GET /1 HTTP/1.1\r\n\r\n\r\n"), Progress::kComplete);
  framer_.Take();
  EXPECT_EQ(Feed(framer_, {}), Progress::kNeedMore);
  EXPECT_FALSE(framer_.has_bytes()) << "the client is idle";
  EXPECT_EQ(Feed(framer_, "GET /2", later), Progress::kNeedMore);
  EXPECT_EQ(framer_.begun_at(), later);
}

TEST_F(RequestFramerTest, IgnoresExpectOfAnHttp10Client) {
  EXPECT_EQ(Feed(framer_, "PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
            Progress::kNeedMore);
}

TEST_F(RequestFramerTest, RefusesASecondHost) {
  EXPECT_EQ(RefusalOfHeader("Host: a\r\nhost: a"), 400);
  EXPECT_EQ(RefusalOfHeader("Host: a"), 0);
}

TEST_F(RequestFramerTest, JoinsRepeatedForwardedForHeaders) {
  ASSERT_EQ(Feed(framer_, "GET / HTTP/1.1\r\nX-Forwarded-For: a, b\r\nx-forwarded-for: c\r\n\r\n"),
            Progress::kComplete);
  EXPECT_EQ(framer_.Take().forwarded_for, "a, b,c");
}

TEST_F(RequestFramerTest, ReportsTheStartOfAnUnfinishedRequest) {
  const MonotonicTime first{std::chrono::seconds(1)};
  const MonotonicTime later{std::chrono::seconds(2)};
  EXPECT_EQ(Feed(framer_, "GET / HT", first), Progress::kNeedMore);
  EXPECT_EQ(Feed(framer_, "TP/1.1\r\n", later), Progress::kNeedMore);
  EXPECT_EQ(framer_.begun_at(), first);
  EXPECT_EQ(Feed(framer_, "\r\nGET", later), Progress::kComplete);
  framer_.Take();
  EXPECT_EQ(Feed(framer_, {}, later), Progress::kNeedMore);
  EXPECT_EQ(framer_.begun_at(), later) << "a request's time begins when the previous one is taken";
}

TEST_F(RequestFramerTest, RequestsContinueOnce) {
  ASSERT_EQ(Feed(framer_, "PUT / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n"),
            Progress::kContinue);
  EXPECT_EQ(Feed(framer_, "a"), Progress::kNeedMore);
  EXPECT_EQ(Feed(framer_, "b"), Progress::kComplete);
}

TEST_F(RequestFramerTest, NeedsNoContinueOnceTheBodyArrives) {
  EXPECT_EQ(Feed(framer_, "PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\na"),
            Progress::kNeedMore);
  EXPECT_EQ(Refusal("PUT / HTTP/1.1\r\nExpect: magic\r\n\r\n"), 417);
}

TEST_F(RequestFramerTest, TakesTheHeadersOfAnUpgrade) {
  EXPECT_EQ(OfferOf("GET / HTTP/1.1\r\nupgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
                    "Sec-WebSocket-Key: key\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Extensions: x\r\n"
                    "Sec-WebSocket-Protocol: b, c\r\n\r\n"),
            (UpgradeOffer{.protocols = "websocket",
                          .web_socket_key = "key",
                          .web_socket_version = "13",
                          .web_socket_protocols = "a,b, c"}));
  EXPECT_EQ(OfferOf("\r\nGET / HTTP/1.1\r\nConnection: upgrade\r\nHost:  a.example:1 \r\n"
                    "Upgrade: h2c\r\nContent-Length: 0\r\n\r\n"),
            (UpgradeOffer{.protocols = "h2c", .host = "a.example:1"}));
}

TEST_F(RequestFramerTest, TakesNoUpgradeThatTheConnectionCannotMake) {
  const std::string upgrade = "Upgrade: websocket\r\n";
  for (const std::string& head : {
           "GET / HTTP/1.0\r\nConnection: keep-alive, upgrade\r\n" + upgrade,
           "GET / HTTP/1.1\r\n" + upgrade,
           "GET / HTTP/1.1\r\nConnection: keep-alive\r\n" + upgrade,
           "GET / HTTP/1.1\r\nConnection: xupgrade\r\n" + upgrade,
           "GET / HTTP/1.1\r\nConnection: upgrade, close\r\n" + upgrade,
           "GET / HTTP/1.1\r\nConnection: upgrade\r\nConnection: close\r\n" + upgrade,
           "POST / HTTP/1.1\r\nConnection: upgrade\r\nContent-Length: 1\r\n" + upgrade,
           std::string("GET / HTTP/1.1\r\nConnection: upgrade\r\n"),
           std::string("GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade:\r\n"),
           std::string("GET / HTTP/1.1\r\nConnection: upgrade\r\nSec-WebSocket-Key: key\r\n"),
       }) {
    EXPECT_EQ(OfferOf(head + "\r\nb"), std::nullopt) << head;
  }
}

TEST_F(RequestFramerTest, TakesNoUpgradeWithALongHeader) {
  const std::string upgrade = "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n";
  const std::string most(kMaxUpgradeHeaderBytes, 'v');
  for (const char* name :
       {"Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol"}) {
    const std::string header = std::string(name) + ": " + most;
    EXPECT_TRUE(OfferOf(upgrade + header + "\r\n\r\n")) << name;
    EXPECT_FALSE(OfferOf(upgrade + header + "v\r\n\r\n")) << name;
  }
  EXPECT_FALSE(OfferOf(upgrade + "Upgrade: " + most + "\r\n\r\n"));
}

TEST_F(RequestFramerTest, TakesAnUpgradePerRequest) {
  ASSERT_EQ(Feed(framer_,
                 "GET /1 HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
                 "GET /2 HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"
                 "GET /3 HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
            Progress::kComplete);
  EXPECT_TRUE(framer_.Take().upgrade);
  ASSERT_EQ(Feed(framer_, {}), Progress::kComplete);
  EXPECT_FALSE(framer_.Take().upgrade);
  ASSERT_EQ(Feed(framer_, {}), Progress::kComplete);
  EXPECT_EQ(framer_.Take().upgrade, UpgradeOffer{.protocols = "websocket"});
}

TEST_F(RequestFramerTest, HandsOverTheBytesAfterARequest) {
  ASSERT_EQ(Feed(framer_, "GET / HTTP/1.1\r\n\r\nno request"), Progress::kComplete);
  framer_.Take();
  EXPECT_EQ(framer_.TakeRest(), "no request");
  EXPECT_EQ(framer_.TakeRest(), "");
  EXPECT_FALSE(framer_.has_bytes());
}

TEST_F(RequestFramerTest, RefusesMalformedRequestLines) {
  for (const std::string line :
       {" ", "GET", "GET /", "GET  HTTP/1.1", "GET / HTTP/1.1 ", "GET / x HTTP/1.1",
        "GET / HTTP/2.0", "GET / http/1.1", "G(T / HTTP/1.1", "GET /\x01 HTTP/1.1",
        "GET /\x7f HTTP/1.1", "GET\t/ HTTP/1.1", "GET a/b HTTP/1.1", "GET ?a HTTP/1.1",
        "GET /a#b HTTP/1.1", "GET http:///a HTTP/1.1", "GET ftp://h/a HTTP/1.1",
        "CONNECT h:1 HTTP/1.1"}) {
    EXPECT_EQ(Refusal(line + "\r\n"), 400) << testing::PrintToString(line);
  }
  EXPECT_EQ(Refusal(std::string("GET /\0 HTTP/1.1\r\n", 17)), 400);
}

TEST_F(RequestFramerTest, RefusesLinesThatDoNotEndInCrLf) {
  EXPECT_EQ(Refusal("GET / HTTP/1.1\n"), 400);
  EXPECT_EQ(Refusal("GET / HTTP/1.1\r\nA: b\n"), 400);
  EXPECT_EQ(RefusalOfHeader("A: b\rContent-Length: 5"), 400);
}

TEST_F(RequestFramerTest, RefusesMalformedHeaders) {
  for (const char* line : {"no colon", ": no name", "Content-Length : 5", " folded: line",
                           "\tfolded", "A: b\x01", "A: b\x7f", "N(me: v"}) {
    EXPECT_EQ(RefusalOfHeader(line), 400) << testing::PrintToString(line);
  }
}

TEST_F(RequestFramerTest, DropsHeadersWithUnderscores) {
  EXPECT_EQ(RefusalOfHeader("Content_Length: nonsense"), 0);
  EXPECT_EQ(RefusalOfHeader("REMOTE_ADDR: 6.6.6.6"), 0);
}

TEST_F(RequestFramerTest, RefusesAmbiguousLengths) {
  for (const char* line :
       {"Content-Length:", "Content-Length: -1", "Content-Length: +1", "Content-Length: 0x1",
        "Content-Length: 1, 1", "Content-Length: 1 1", "Content-Length: 1\r\nContent-Length: 1"}) {
    EXPECT_EQ(RefusalOfHeader(line), 400) << line;
  }
}

TEST_F(RequestFramerTest, RefusesTransferAndContentCodings) {
  EXPECT_EQ(RefusalOfHeader("Transfer-Encoding: chunked"), 411);
  EXPECT_EQ(RefusalOfHeader("Transfer-Encoding: identity"), 411);
  EXPECT_EQ(RefusalOfHeader("Content-Length: 1\r\nTransfer-Encoding: chunked"), 411);
  EXPECT_EQ(RefusalOfHeader("Content-Encoding: br"), 415);
  EXPECT_EQ(RefusalOfHeader("Content-Encoding: identity"), 0);
}

TEST_F(RequestFramerTest, AppliesItsLimitsExactly) {
  EXPECT_EQ(RefusalOfHeader("Content-Length: 100"), 0);
  EXPECT_EQ(RefusalOfHeader("Content-Length: 101"), 413);

  const std::string path(kMaxPathBytes - 1, 'p');
  EXPECT_EQ(Refusal("GET /" + path + "?" + path + " HTTP/1.1\r\n"), 0);
  EXPECT_EQ(Refusal("GET /p" + path + " HTTP/1.1\r\n"), 414);

  const std::string query(kMaxRequestLineBytes - std::string("GET /? HTTP/1.1\r\n").size(), 'q');
  EXPECT_EQ(Refusal("GET /?" + query + " HTTP/1.1\r\n"), 0);
  EXPECT_EQ(Refusal("GET /?q" + query + " HTTP/1.1\r\n"), 414);

  std::string headers;
  for (std::size_t i = 0; i < kMaxHeaders; ++i) headers += "A: b\r\n";
  EXPECT_EQ(Refusal("GET / HTTP/1.1\r\n" + headers), 0);
  EXPECT_EQ(Refusal("GET / HTTP/1.1\r\n" + headers + "A: b\r\n"), 431);

  const std::string start = "GET / HTTP/1.1\r\nA: ";
  const std::string value(kMaxHeadBytes - start.size() - 4, 'v');
  EXPECT_EQ(Refusal(start + value + "\r\n\r\n"), 0);
  EXPECT_EQ(Refusal(start + "v" + value + "\r\n\r\n"), 431);
}

TEST_F(RequestFramerTest, ReadsNothingAfterARefusal) {
  ASSERT_EQ(Feed(framer_, "nonsense\r\n"), Progress::kRefused);
  EXPECT_EQ(Feed(framer_, "GET / HTTP/1.1\r\n\r\n"), Progress::kRefused);
  EXPECT_EQ(framer_.refusal(), 400);
}

}  // namespace
}  // namespace rtcroom
