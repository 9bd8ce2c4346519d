// The property of request_fuzz.cc, on a fixed number of mutated requests.
#include <cstdint>
#include <filesystem>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "handlers/routes.h"
#include "tests/fuzz/corpus.h"
#include "tests/fuzz/fuzz_seed.h"
#include "tests/fuzz/request_bytes.h"
#include "tests/fuzz/request_property.h"

namespace rtcroom {
namespace {

std::vector<std::string> ReadRequests() {
  return ReadCorpus(std::filesystem::path(RTCROOM_CORPUS) / "request");
}

TEST(RequestFuzz, ParsesRequestFieldsFromLines) {
  const auto requests = RequestsFromBytes("POST\n/p\nq=1\ntext/plain\nhttps://o\n{\n}\x1EGET\n/r");
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].path, "/p");
  EXPECT_EQ(requests[0].query, "q=1");
  EXPECT_EQ(requests[0].content_type, "text/plain");
  EXPECT_EQ(requests[0].origin, "https://o");
  EXPECT_EQ(requests[0].body, "{\n}");
  EXPECT_EQ(requests[1].method, "GET");
  EXPECT_EQ(requests[1].path, "/r");
  EXPECT_EQ(requests[1].body, "");
}

TEST(RequestFuzz, DetectsInvalidReplies) {
  const auto body = [](std::string text) { return LabelledReply{.body = std::move(text)}; };
  EXPECT_EQ(FaultOf(body(R"({"code":0,"message":"ok"})")), std::nullopt);
  EXPECT_NE(FaultOf(body("")), std::nullopt);
  EXPECT_NE(FaultOf(body("<html>")), std::nullopt);
  EXPECT_NE(FaultOf(body(R"({"message":"ok"})")), std::nullopt);
  EXPECT_NE(FaultOf(body(R"({"code":"0","message":"ok"})")), std::nullopt);
  EXPECT_NE(FaultOf(body(R"({"code":0})")), std::nullopt);
  EXPECT_NE(FaultOf(body("{\"code\":0,\"message\":\"\xFF\"}")), std::nullopt);
  EXPECT_NE(FaultOf({.status = 404, .body = R"({"code":0,"message":"ok"})"}), std::nullopt);
  EXPECT_NE(FaultOf({.status = 204, .body = "{}"}), std::nullopt);
  EXPECT_NE(FaultOf({.status = 204, .headers = {{"A", "b\r\nC: d"}}}), std::nullopt);
}

TEST(RequestFuzz, EveryCorpusSeedHasASuccessfulRequest) {
  const std::vector<std::string> corpus = ReadRequests();
  ASSERT_FALSE(corpus.empty());
  for (const std::string& seed : corpus) {
    const RequestFuzzServer server;
    bool succeeded = false;
    for (const HttpRequest& request : RequestsFromBytes(seed)) {
      const LabelledReply reply = server.Handle(request);
      EXPECT_EQ(FaultOf(reply), std::nullopt);
      succeeded = succeeded || reply.label.code == 0;
    }
    EXPECT_TRUE(succeeded) << seed;
  }
}

TEST(RequestFuzz, DetectsGen2SuccessWithoutAValidToken) {
  LabelledReply reply{.body = R"({"code":0,"message":"ok"})"};
  reply.label.endpoint = "get_pushers";
  reply.label.protocol = Protocol::kGen2;
  EXPECT_EQ(FaultOf(reply, {.query = "userID=u1&token=token-of-u1"}), std::nullopt);
  for (const char* query :
       {"", "userID=u1", "token=token-of-u1", "userID=&token=token-of-",
        "userID=u1&token=token-of-u2", "userID=u2&userID=u1&token=token-of-u1"}) {
    EXPECT_NE(FaultOf(reply, {.query = query}), std::nullopt) << query;
  }
  reply.label.protocol = Protocol::kGen1;
  EXPECT_EQ(FaultOf(reply, {}), std::nullopt);
}

/// `gen2 get_pushers`
std::string Name(Protocol protocol, std::string_view endpoint) {
  constexpr std::string_view kNames[] = {"gen1 ", "gen2 ", "webrtc "};
  return std::string(kNames[static_cast<std::size_t>(protocol)]).append(endpoint);
}

TEST(RequestFuzz, CorpusCoversSuccessOfEveryEndpoint) {
  std::set<std::string> succeeded;
  for (const std::string& seed : ReadRequests()) {
    const RequestFuzzServer server;
    for (const HttpRequest& request : RequestsFromBytes(seed)) {
      const RequestLabel label = server.Handle(request).label;
      if (label.code == 0) succeeded.insert(Name(label.protocol, label.endpoint));
    }
  }
  // Nothing is mixed without a mixing service; the log endpoints return pages instead of JSON and
  // are refused here.
  const std::set<std::string_view> never = {"merge_stream", "logfilelist", "getlogfile"};
  for (const Route& route : AllRoutes()) {
    if (never.contains(route.endpoint)) continue;
    for (const Protocol protocol : kAllProtocols) {
      const bool alike = route.protocol == RouteProtocol::kAlike;
      if (alike ? protocol != Protocol::kGen1 : !Serves(route, protocol)) continue;
      EXPECT_TRUE(succeeded.contains(Name(protocol, route.endpoint)))
          << Name(protocol, route.endpoint);
    }
  }
}

TEST(RequestFuzz, AnswersMutatedRequestsWithACodeAndAMessage) {
  std::mt19937_64 random(FuzzSeed(3));
  const std::vector<std::string> corpus = ReadRequests();
  ASSERT_FALSE(corpus.empty());
  for (int round = 0; round < 4000 && !HasFailure(); ++round) {
    std::string bytes = corpus[random() % corpus.size()];
    const std::string& other = corpus[random() % corpus.size()];
    for (std::uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
      bytes = MutateRequestBytes(std::move(bytes), other, random);
    }
    EXPECT_EQ(FaultOfRequests(bytes), std::nullopt) << "round " << round << ":\n" << bytes;
  }
}

}  // namespace
}  // namespace rtcroom
