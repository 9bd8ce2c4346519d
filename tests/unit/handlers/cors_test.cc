#include "handlers/shared/cors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

Headers HeadersFor(std::vector<std::string> allowed, std::string_view origin) {
  Headers headers;
  Cors(std::move(allowed)).AddOrigin(origin, headers);
  return headers;
}

TEST(Cors, AllowsAllOriginsWithAStar) {
  const auto star = ElementsAre(Pair("Access-Control-Allow-Origin", "*"));
  EXPECT_THAT(HeadersFor({"*"}, "https://a.example"), star);
  EXPECT_THAT(HeadersFor({"https://b.example", "*"}, "https://a.example"), star);
  EXPECT_THAT(HeadersFor({"*"}, ""), star);
}

TEST(Cors, EchoesAnAllowedOrigin) {
  EXPECT_THAT(HeadersFor({"https://a.example", "https://b.example"}, "https://b.example"),
              ElementsAre(Pair("Access-Control-Allow-Origin", "https://b.example"),
                          Pair("Vary", "Origin")));
}

TEST(Cors, SendsNoHeadersToOtherOrigins) {
  EXPECT_THAT(HeadersFor({"https://a.example"}, "https://a.example.evil"), IsEmpty());
  EXPECT_THAT(HeadersFor({"https://a.example"}, ""), IsEmpty());
  EXPECT_THAT(HeadersFor({}, "https://a.example"), IsEmpty());
  EXPECT_THAT(HeadersFor({""}, ""), IsEmpty());
}

TEST(Cors, AllowsSocketsOfThePagesOfItsOwnHost) {
  const Cors cors({"https://a.example", "null", "weapp://game"});
  for (const auto& [origin, host] : {std::pair{"https://a.example", ""},
                                     {"null", ""},
                                     {"weapp://game", "b.example"},
                                     {"https://b.example", "b.example"},
                                     {"http://B.example", "b.EXAMPLE"},
                                     {"https://b.example", "b.example:443"},
                                     {"http://b.example:80", "b.example"},
                                     {"http://b.example:8080", "b.example:8080"},
                                     {"https://[::1]:8443", "[::1]:8443"}}) {
    EXPECT_TRUE(cors.AllowsSocket(origin, host)) << origin << " " << host;
  }
  for (const auto& [origin, host] : {std::pair{"https://b.example", ""},
                                     {"https://b.example", "c.example"},
                                     {"https://b.example:8443", "b.example"},
                                     {"https://b.example", "b.example:80"},
                                     {"ftp://b.example", "b.example"},
                                     {"weapp://b.example", "b.example"},
                                     {"file://", ""},
                                     {"https://", ""}}) {
    EXPECT_FALSE(cors.AllowsSocket(origin, host)) << origin << " " << host;
  }
}

TEST(Cors, AnswersAPreflightWithHeadersOfGen1AndOfTracing) {
  EXPECT_EQ(Cors::Preflight().status, 204);
  EXPECT_THAT(Cors::Preflight().headers,
              ElementsAre(Pair("Access-Control-Allow-Methods", "OPTIONS, GET, PUT, POST, DELETE"),
                          Pair("Access-Control-Allow-Headers",
                               "x-requested-with, accept, origin, content-type, authorization, "
                               "baggage, sentry-trace, traceparent, tracestate"),
                          Pair("Access-Control-Max-Age", "300")));
}

}  // namespace
}  // namespace rtcroom
