#include "handlers/callbacks/callback_live.h"

#include <chrono>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/handlers/callback_reading.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using std::chrono::seconds;

constexpr const char* kLiveForbidden = R"(403 {"code":1} )";
constexpr TimePoint kLiveSignEnds{seconds(1'700'000'600)};

LiveCallbackRules LiveRules() { return {.key = Secret("testcallbackkey")}; }

// The vector of the protocol signs it.
json LiveBody(int event_type = 1) {
  return {{"t", 1700000600},
          {"sign", "b14d2c6e73da1e10af979c650f4b777c"},
          {"event_type", event_type},
          {"stream_id", "8888_user_0001"},
          {"channel_id", "8888_user_0001"},
          {"sequence", "6674468118806626493"},
          {"event_time", 1700000000},
          {"push_duration", "1200"}};
}

CallbackReading<LiveCallback> ReadLive(const json& body,
                                       TimePoint now = kLiveSignEnds - seconds(600),
                                       const LiveCallbackRules& rules = LiveRules()) {
  return ReadLiveCallback({.method = "POST", .body = body.dump(), .peer_address = "10.0.0.9"},
                          rules, now);
}

TEST(LiveCallback, ReadsAStartAndAStop) {
  const auto start = Taken(ReadLive(LiveBody(1)));
  ASSERT_TRUE(start);
  EXPECT_EQ(start->event, LiveEvent::kStart);
  EXPECT_EQ(start->stream, "8888_user_0001");
  EXPECT_EQ(start->sequence, "6674468118806626493");
  EXPECT_EQ(start->at, TimePoint(seconds(1'700'000'000)));
  const auto stop = Taken(ReadLive(LiveBody(0)));
  ASSERT_TRUE(stop);
  EXPECT_EQ(stop->event, LiveEvent::kStop);
}

TEST(LiveCallback, ReadsNoMoreThanABoundedBody) {
  json body = LiveBody();
  body["stream_param"] = "";
  body["stream_param"] = std::string(kMaxLiveCallbackBytes - body.dump().size(), 'x');
  EXPECT_TRUE(Taken(ReadLive(body)));
  body["stream_param"] = body["stream_param"].get<std::string>() + "x";
  EXPECT_EQ(std::get<CallbackReply>(ReadLive(body)).http.status, 413);
}

TEST(LiveCallback, ReadsNumbersAsTextsAndTheOtherWayRound) {
  json body = LiveBody();
  body["t"] = "1700000600";
  body["event_type"] = "1";
  body["event_time"] = "1700000000";
  body["sequence"] = 6674468118806626493;
  const auto callback = Taken(ReadLive(body));
  ASSERT_TRUE(callback);
  EXPECT_EQ(callback->sequence, "6674468118806626493");
  EXPECT_EQ(callback->at, TimePoint(seconds(1'700'000'000)));
}

TEST(LiveCallback, ReadsTheStreamFromTheChannelWithoutAStreamId) {
  json body = LiveBody();
  body.erase("stream_id");
  body.erase("sequence");
  body.erase("event_time");
  const auto callback = Taken(ReadLive(body));
  ASSERT_TRUE(callback);
  EXPECT_EQ(callback->stream, "8888_user_0001");
  EXPECT_EQ(callback->sequence, "");
  EXPECT_EQ(callback->at, std::nullopt);
}

TEST(LiveCallback, CountsUntilItsSecondIsOver) {
  EXPECT_TRUE(Taken(ReadLive(LiveBody(), kLiveSignEnds)));
  EXPECT_TRUE(Taken(ReadLive(LiveBody(), kLiveSignEnds + std::chrono::milliseconds(999))));
  EXPECT_EQ(ReplyText(ReadLive(LiveBody(), kLiveSignEnds + seconds(1))),
            std::string(kLiveForbidden) + "t: past");
}

TEST(LiveCallback, RefusesAWrongSignature) {
  for (const json& sign :
       {json("b14d2c6e73da1e10af979c650f4b777d"), json("B14D2C6E73DA1E10AF979C650F4B777C"),
        json("b14d2c6e73da1e10af979c650f4b777"), json(""), json(nullptr), json(0)}) {
    json body = LiveBody();
    body["sign"] = sign;
    EXPECT_EQ(ReplyText(ReadLive(body)), std::string(kLiveForbidden) + "sign: wrong") << sign;
  }
  for (const json& t : {json(1700000601), json("01700000600"), json(nullptr), json("")}) {
    json body = LiveBody();
    body["t"] = t;
    EXPECT_EQ(ReplyText(ReadLive(body)), std::string(kLiveForbidden) + "sign: wrong") << t;
  }
}

TEST(LiveCallback, RefusesASignedTimeThatIsNone) {
  // MD5 of the key and each text.
  for (const auto& [t, sign] : {std::pair("", "445a1fe98a1408f805fdbdff5a513d3b"),
                                std::pair("soon", "75fb41321df666f5860f0822bd4a2503")}) {
    json body = LiveBody();
    body["t"] = t;
    body["sign"] = sign;
    EXPECT_EQ(ReplyText(ReadLive(body)), std::string(kLiveForbidden) + "t: past") << t;
  }
}

TEST(LiveCallback, AcceptsOtherEventsWithoutEffect) {
  for (const int event : {2, 100, 200, 321, -1})
    EXPECT_EQ(ReplyText(ReadLive(LiveBody(event))), kCallbackAccepted);
  json body = LiveBody();
  body.erase("event_type");
  EXPECT_EQ(ReplyText(ReadLive(body)), kCallbackAccepted);
}

TEST(LiveCallback, AcceptsAnEventOfNoStreamWithoutEffect) {
  for (const json& stream : {json(""), json("a/b"), json(nullptr), json(std::string(256, 'n'))}) {
    json body = LiveBody();
    body["stream_id"] = stream;
    EXPECT_EQ(ReplyText(ReadLive(body)),
              std::string(kCallbackAccepted) + " stream_id: not a stream's");
  }
}

TEST(LiveCallback, RefusesWhatIsNotAnObject) {
  for (const char* body : {"", "{", "[]", "0", "t=1700000600"}) {
    EXPECT_EQ(
        ReplyText(ReadLiveCallback({.method = "POST", .body = body}, LiveRules(), kLiveSignEnds)),
        std::string(kLiveForbidden) + "body: not a JSON object");
  }
}

TEST(LiveCallback, RefusesOtherAddressesWhereSomeAreListed) {
  LiveCallbackRules rules = LiveRules();
  rules.allow = *AddressRanges::Parse(std::vector<std::string>{"10.0.0.0/8"});
  EXPECT_TRUE(Taken(ReadLive(LiveBody(), kLiveSignEnds, rules)));
  rules.allow = *AddressRanges::Parse(std::vector<std::string>{"127.0.0.1"});
  EXPECT_EQ(ReplyText(ReadLive(LiveBody(), kLiveSignEnds, rules)),
            std::string(kLiveForbidden) + "sender: unknown");
}

TEST(LiveCallback, DoesNotExistWithoutAKey) {
  // MD5 of the time alone.
  json body = LiveBody();
  body["sign"] = "5ebd8362121e0bc17b5f2c6bd90dc0b2";
  EXPECT_EQ(ReplyText(ReadLive(body, kLiveSignEnds, {})), R"(404 {"code":1} not configured)");
  EXPECT_EQ(ReplyText(ReadLiveCallback({.method = "GET"}, LiveRules(), kLiveSignEnds)),
            R"(405 {"code":1} method: not POST)");
}

}  // namespace
}  // namespace rtcroom
