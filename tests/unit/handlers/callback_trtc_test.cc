#include "handlers/callbacks/callback_trtc.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/base/base64.h"
#include "daemon/base/digest.h"
#include "tests/unit/handlers/callback_reading.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

// The vectors of the protocol: one published, one of its own.
constexpr std::string_view kPublishedTrtc =
    "{\n\t\"EventGroupId\":\t2,\n\t\"EventType\":\t204,\n\t\"CallbackTs\":\t1664209748188,\n"
    "\t\"EventInfo\":\t{\n\t\t\"RoomId\":\t8489,\n\t\t\"EventTs\":\t1664209748,\n"
    "\t\t\"EventMsTs\":\t1664209748180,\n\t\t\"UserId\":\t\"user_85034614\",\n"
    "\t\t\"Reason\":\t0\n\t}\n}";
constexpr std::string_view kTrtcTimeout =
    R"({"EventGroupId":1,"EventType":104,"CallbackTs":1700000000123,"EventInfo":)"
    R"({"RoomId":"room_ab12_cd","EventTs":1700000000,"EventMsTs":1700000000100,)"
    R"("UserId":"user_0001","Role":20,"Reason":2}})";
constexpr const char* kTrtcKey = "testtrtccallbackkey";

CallbackReading<TrtcCallback> ReadTrtc(std::string_view body, std::string sign, const char* key) {
  return ReadTrtcCallback({.method = "POST",
                           .kept = {{"Sign", std::move(sign)}, {"SdkAppId", "1400000001"}},
                           .body = std::string(body)},
                          {.key = Secret(key), .sdk_app_id = 1400000001});
}

CallbackReading<TrtcCallback> ReadSignedTrtc(std::string_view body) {
  return ReadTrtc(body, EncodeBase64(HmacSha256(Secret(kTrtcKey), body)), kTrtcKey);
}

json TrtcBody() { return json::parse(kTrtcTimeout); }

TEST(TrtcCallback, ReadsThePublishedVector) {
  ASSERT_EQ(kPublishedTrtc.size(), 207u);
  const auto callback =
      Taken(ReadTrtc(kPublishedTrtc, "kkoFeO3Oh2ZHnjtg8tEAQhtXK16/KI05W3BQff8IvGA=", "123654"));
  ASSERT_TRUE(callback);
  EXPECT_EQ(callback->event, TrtcEvent::kAudioOff);
  EXPECT_EQ(callback->room, RoomId{"8489"});
  EXPECT_TRUE(callback->is_room_number);
  EXPECT_EQ(callback->user, UserId{"user_85034614"});
  EXPECT_EQ(callback->at, TimePoint(milliseconds(1'664'209'748'180)));
}

TEST(TrtcCallback, ReadsAVectorWithARoomOfTextAndATimeout) {
  ASSERT_EQ(kTrtcTimeout.size(), 188u);
  const auto callback =
      Taken(ReadTrtc(kTrtcTimeout, "YjPKRu0PFI1mxo8/VeyWoXBU9IAKqZ/FusayLnsSWPw=", kTrtcKey));
  ASSERT_TRUE(callback);
  EXPECT_EQ(callback->event, TrtcEvent::kLeft);
  EXPECT_EQ(callback->room, RoomId{"room_ab12_cd"});
  EXPECT_FALSE(callback->is_room_number);
  EXPECT_EQ(callback->user, UserId{"user_0001"});
  EXPECT_EQ(callback->at, TimePoint(milliseconds(1'700'000'000'100)));
}

TEST(TrtcCallback, RefusesAWrongSignature) {
  const std::string wrong = R"(403 {"code":1} Sign: wrong)";
  for (const char* sign : {"", "YjPKRu0PFI1mxo8/VeyWoXBU9IAKqZ/FusayLnsSWPw",
                           "kkoFeO3Oh2ZHnjtg8tEAQhtXK16/KI05W3BQff8IvGA="}) {
    EXPECT_EQ(ReplyText(ReadTrtc(kTrtcTimeout, sign, kTrtcKey)), wrong) << sign;
  }
  // The bytes are signed, not their meaning.
  EXPECT_EQ(ReplyText(ReadTrtc(std::string(kTrtcTimeout) + ' ',
                               "YjPKRu0PFI1mxo8/VeyWoXBU9IAKqZ/FusayLnsSWPw=", kTrtcKey)),
            wrong);
}

TEST(TrtcCallback, RefusesAnotherApplication) {
  const HttpRequest request{.method = "POST",
                            .kept = {{"Sign", "YjPKRu0PFI1mxo8/VeyWoXBU9IAKqZ/FusayLnsSWPw="},
                                     {"SdkAppId", "1400000002"}},
                            .body = std::string(kTrtcTimeout)};
  EXPECT_EQ(
      ReplyText(ReadTrtcCallback(request, {.key = Secret(kTrtcKey), .sdk_app_id = 1400000001})),
      R"(403 {"code":1} SdkAppId: another)");
  EXPECT_TRUE(Taken(ReadTrtcCallback(request, {.key = Secret(kTrtcKey)})));
}

TEST(TrtcCallback, ReadsEachEventThatMatters) {
  for (const auto& [type, event] :
       {std::pair(103, TrtcEvent::kEntered), std::pair(104, TrtcEvent::kLeft),
        std::pair(201, TrtcEvent::kVideoOn), std::pair(202, TrtcEvent::kVideoOff),
        std::pair(203, TrtcEvent::kAudioOn), std::pair(204, TrtcEvent::kAudioOff)}) {
    json body = TrtcBody();
    body["EventType"] = type;
    const auto callback = Taken(ReadSignedTrtc(body.dump()));
    ASSERT_TRUE(callback) << type;
    EXPECT_EQ(callback->event, event);
  }
  for (const int type : {101, 105, 205, 206, 301, 401, 0}) {
    json body = TrtcBody();
    body["EventType"] = type;
    EXPECT_EQ(ReplyText(ReadSignedTrtc(body.dump())), kCallbackAccepted) << type;
  }
}

TEST(TrtcCallback, DistinguishesWhoWasRemovedFromWhoLeft) {
  for (const auto& [reason, event] :
       {std::pair(1, TrtcEvent::kLeft), std::pair(2, TrtcEvent::kLeft),
        std::pair(3, TrtcEvent::kRemoved), std::pair(4, TrtcEvent::kLeft),
        std::pair(5, TrtcEvent::kRemoved), std::pair(6, TrtcEvent::kLeft)}) {
    json body = TrtcBody();
    body["EventInfo"]["Reason"] = reason;
    EXPECT_EQ(Taken(ReadSignedTrtc(body.dump()))->event, event) << reason;
  }
}

TEST(TrtcCallback, ReadsTheEndOfARoomWithoutAUser) {
  json body = TrtcBody();
  body["EventType"] = 102;
  EXPECT_EQ(Taken(ReadSignedTrtc(body.dump()))->user, UserId{});
  body["EventInfo"].erase("UserId");
  const auto callback = Taken(ReadSignedTrtc(body.dump()));
  ASSERT_TRUE(callback);
  EXPECT_EQ(callback->event, TrtcEvent::kRoomDismissed);
  EXPECT_EQ(callback->room, RoomId{"room_ab12_cd"});
}

TEST(TrtcCallback, TakesTheCallbacksTimeWithoutOneOfTheEvent) {
  json body = TrtcBody();
  body["EventInfo"].erase("EventMsTs");
  EXPECT_EQ(Taken(ReadSignedTrtc(body.dump()))->at, TimePoint(milliseconds(1'700'000'000'123)));
  body.erase("CallbackTs");
  EXPECT_EQ(ReplyText(ReadSignedTrtc(body.dump())),
            std::string(kCallbackAccepted) + " EventMsTs: missing");
}

TEST(TrtcCallback, AcceptsIdsThatNoRoomOrUserHasWithoutEffect) {
  for (const auto& [name, value] :
       {std::pair("RoomId", json(std::string(49, 'r'))), std::pair("RoomId", json(nullptr)),
        std::pair("RoomId", json(7.5)), std::pair("UserId", json(std::string(65, 'u'))),
        std::pair("UserId", json("a b")), std::pair("UserId", json(""))}) {
    json body = TrtcBody();
    body["EventInfo"][name] = value;
    EXPECT_EQ(ReplyText(ReadSignedTrtc(body.dump())), kCallbackAccepted) << name << value;
  }
}

TEST(TrtcCallback, AcceptsASignedBodyThatIsNotReadable) {
  for (const char* body : {"", "{", "[]", "\xFF"}) {
    EXPECT_EQ(ReplyText(ReadSignedTrtc(body)),
              std::string(kCallbackAccepted) + " body: not a JSON object");
  }
  for (const char* body : {"{}", R"({"EventType":103,"EventInfo":[]})"}) {
    EXPECT_EQ(ReplyText(ReadSignedTrtc(body)),
              std::string(kCallbackAccepted) + " EventInfo: missing");
  }
}

TEST(TrtcCallback, DoesNotExistWithoutAKey) {
  EXPECT_EQ(
      ReplyText(ReadTrtc(kTrtcTimeout, EncodeBase64(HmacSha256(Secret(""), kTrtcTimeout)), "")),
      R"(404 {"code":1} not configured)");
  EXPECT_EQ(ReplyText(ReadTrtcCallback({.method = "GET"}, {.key = Secret(kTrtcKey)})),
            R"(405 {"code":1} method: not POST)");
}

}  // namespace
}  // namespace rtcroom
