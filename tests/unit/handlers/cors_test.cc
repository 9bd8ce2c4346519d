#include "handlers/cors.h"

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

TEST(Cors, AnswersAPreflightWithTheListsOfGen1) {
  Headers headers;
  Cors::AddPreflight(headers);
  EXPECT_THAT(headers,
              ElementsAre(Pair("Access-Control-Allow-Methods", "OPTIONS, GET, PUT, POST, DELETE"),
                          Pair("Access-Control-Allow-Headers",
                               "x-requested-with, accept, origin, content-type"),
                          Pair("Access-Control-Max-Age", "300")));
}

}  // namespace
}  // namespace rtcroom
