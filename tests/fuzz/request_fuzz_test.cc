// The property of the fuzzer of requests, on a fixed number of mutated requests.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/fuzz/corpus.h"
#include "tests/fuzz/parser_properties.h"
#include "tests/fuzz/request_bytes.h"
#include "tests/fuzz/request_property.h"
#include "tests/support/cycles.h"
#include "tests/support/endpoint_fields.h"

namespace rtcroom {
namespace {

std::vector<std::string> ReadRequests() {
  return ReadCorpus(std::filesystem::path(RTCROOM_CORPUS) / "request");
}

/// A valid request, as `RequestsFromBytes` reads it; in gen-2, of the user of `kLogin`.
std::string BytesOf(const EndpointCall& call, const nlohmann::json& body) {
  const char* const query = call.needs_token ? "userID=u1&token=token-of-u1" : "";
  return fmt::format("{}\n/weapp/{}/{}\n{}\napplication/json\n\n{}", call.method, call.areas.back(),
                     call.endpoint, query, body.dump());
}

constexpr std::string_view kLogin =
    "POST\n/weapp/live_room/login\nsdkAppID=1400000001&accountType=0&userID=u1&userSig=s";

/// The calls with a body, each after the login and the calls that open its room.
std::vector<std::string> SeedsOfTheTable() {
  std::vector<std::string> seeds;
  for (const EndpointCall& call : CallsWithBody()) {
    std::string seed(kLogin);
    for (const EndpointCall& before : CallsWithBody()) {
      if (before.protocol != call.protocol) continue;
      if (before.endpoint != "create_room" && before.endpoint != "add_pusher") continue;
      nlohmann::json body = GoodBody(before);
      if (before.protocol != Protocol::kWebrtc) body["roomID"] = "r1";
      seed.append("\x1E").append(BytesOf(before, body));
    }
    seeds.push_back(seed.append("\x1E").append(BytesOf(call, GoodBody(call))));
  }
  return seeds;
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

TEST(RequestFuzz, EverySeedOfTheTableIsTaken) {
  for (const std::string& seed : SeedsOfTheTable()) {
    const RequestFuzzServer server;
    LabelledReply reply;
    for (const HttpRequest& request : RequestsFromBytes(seed)) reply = server.Handle(request);
    EXPECT_EQ(FaultOf(reply), std::nullopt);
    EXPECT_NE(reply.label.failure, Errc::kBadRequest) << seed << reply.body;
    EXPECT_NE(reply.label.failure, Errc::kRoomNotFound) << seed << reply.body;
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

/// `gen2_get_pushers`
std::string Name(Protocol protocol, std::string_view endpoint) {
  return EndpointCall{.endpoint = endpoint, .method = "POST", .protocol = protocol}.name();
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
  // Nothing is mixed without a mixing service, and browsers have no sessions without a limit of
  // them; the log endpoints return pages instead of JSON and are refused here.
  const std::set<std::string_view> never = {"merge_stream", "get_whip_url", "get_whep_url",
                                            "logfilelist", "getlogfile"};
  for (const EndpointCall& call : AllCalls()) {
    if (never.contains(call.endpoint)) continue;
    EXPECT_TRUE(succeeded.contains(Name(call.protocol, call.endpoint))) << call;
  }
}

TEST(RequestFuzz, AnswersMutatedRequestsWithACodeAndAMessage) {
  std::mt19937_64 random(Seed(3));
  std::vector<std::string> corpus = ReadRequests();
  ASSERT_FALSE(corpus.empty());
  std::ranges::move(SeedsOfTheTable(), std::back_inserter(corpus));
  for (int round = 0; round < 500 && !HasFailure(); ++round) {
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
