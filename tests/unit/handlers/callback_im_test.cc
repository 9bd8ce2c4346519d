#include "handlers/callbacks/callback_im.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/handlers/callback_reading.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kImOk = R"(200 {"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""})";
constexpr const char* kImFail =
    R"(403 {"ActionStatus":"FAIL","ErrorCode":1,"ErrorInfo":"refused"} )";
constexpr const char* kMemberExit = "Group.CallbackAfterMemberExit";
constexpr const char* kGroupDestroyed = "Group.CallbackAfterGroupDestroyed";
constexpr TimePoint kImNow{seconds(1'700'000'000)};

// The vectors of the protocol: one published, one of its own.
constexpr const char* kImSign = "e4770bdef2bcca30dc661cfefd2ccb0ef99b1d62e83361d5e7fc7a3a1bd9c113";
constexpr const char* kPublishedImSign =
    "17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061";

std::string ImQuery(std::string_view command, std::string_view sign = kImSign,
                    std::string_view request_time = "1700000000") {
  return fmt::format(
      "SdkAppid=1400000001&CallbackCommand={}&contenttype=json&ClientIP=127.0.0.1&OptPlatform="
      "RESTAPI"
      "&Sign={}&RequestTime={}",
      command, sign, request_time);
}

CallbackReading<ImCallback> ReadIm(std::string query, std::string body, TimePoint now = kImNow,
                                   const char* token = "testimtoken") {
  return ReadImCallback({.method = "POST", .query = std::move(query), .body = std::move(body)},
                        {.token = Secret(token), .sdk_app_id = 1400000001}, now);
}

constexpr const char* kExitBody =
    R"({"CallbackCommand":"Group.CallbackAfterMemberExit","GroupId":"room_1","Type":"AVChatRoom",)"
    R"("ExitType":"Quit","Operator_Account":"u1",)"
    R"("ExitMemberList":[{"Member_Account":"u1"},{"Member_Account":"u2"}]})";

TEST(ImCallback, ReadsTheMembersThatExited) {
  const auto callback = Taken(ReadIm(ImQuery(kMemberExit), kExitBody));
  ASSERT_TRUE(callback);
  EXPECT_EQ(callback->event, ImEvent::kMembersExited);
  EXPECT_EQ(callback->group, RoomId{"room_1"});
  EXPECT_THAT(callback->users, ElementsAre(UserId{"u1"}, UserId{"u2"}));
}

TEST(ImCallback, ReadsADestroyedGroup) {
  const auto callback = Taken(ReadIm(
      ImQuery(kGroupDestroyed), R"({"GroupId":"room_1","MemberList":[{"Member_Account":"u1"}]})"));
  ASSERT_TRUE(callback);
  EXPECT_EQ(callback->event, ImEvent::kGroupDestroyed);
  EXPECT_EQ(callback->group, RoomId{"room_1"});
  EXPECT_THAT(callback->users, IsEmpty());
}

TEST(ImCallback, AcceptsThePublishedSignature) {
  EXPECT_TRUE(Taken(ReadIm(ImQuery(kMemberExit, kPublishedImSign, "1669872112"), kExitBody,
                           TimePoint(seconds(1'669'872'112)), "xxxxyyyy")));
}

TEST(ImCallback, RefusesAWrongSignature) {
  const std::string wrong = std::string(kImFail) + "Sign: missing or wrong";
  EXPECT_EQ(ReplyText(ReadIm(ImQuery(kMemberExit, kPublishedImSign), kExitBody)), wrong);
  EXPECT_EQ(ReplyText(ReadIm(ImQuery(kMemberExit, ""), kExitBody)), wrong);
  EXPECT_EQ(ReplyText(ReadIm(ImQuery(kMemberExit, kImSign, "1700000001"), kExitBody)), wrong);
  EXPECT_EQ(ReplyText(ReadIm("SdkAppid=1400000001&CallbackCommand=State.StateChange", "{}")),
            wrong);
  EXPECT_EQ(ReplyText(ReadIm("", "")), wrong);
}

TEST(ImCallback, TakesTheFirstOfRepeatedParameters) {
  EXPECT_EQ(ReplyText(ReadIm("Sign=0&" + ImQuery(kMemberExit), kExitBody)),
            std::string(kImFail) + "Sign: missing or wrong");
  EXPECT_TRUE(Taken(ReadIm(ImQuery(kMemberExit) + "&Sign=0&RequestTime=0&SdkAppid=0", kExitBody)));
}

TEST(ImCallback, RefusesASignatureThatIsOverAMinuteAway) {
  for (const milliseconds distance : {milliseconds(-60'000), milliseconds(60'000)}) {
    EXPECT_TRUE(Taken(ReadIm(ImQuery(kMemberExit), kExitBody, kImNow + distance)));
  }
  for (const milliseconds distance : {milliseconds(-60'001), milliseconds(60'001)}) {
    EXPECT_EQ(ReplyText(ReadIm(ImQuery(kMemberExit), kExitBody, kImNow + distance)),
              std::string(kImFail) + "RequestTime: over a minute away");
  }
  EXPECT_EQ(ReplyText(ReadIm(ImQuery(kMemberExit), kExitBody, TimePoint())),
            std::string(kImFail) + "RequestTime: over a minute away");
}

TEST(ImCallback, RefusesASignedTimeThatIsNone) {
  // SHA-256 of the token alone.
  EXPECT_EQ(ReplyText(ReadIm(
                ImQuery(kMemberExit,
                        "544404c0e2bca6ff3c616cd172b45d0394b581a258bfc038a521e9c914082087", ""),
                kExitBody)),
            std::string(kImFail) + "RequestTime: over a minute away");
}

TEST(ImCallback, RefusesAnotherApplication) {
  EXPECT_EQ(ReplyText(ReadIm("SdkAppid=1400000002&" + ImQuery(kMemberExit), kExitBody)),
            std::string(kImFail) + "SdkAppid: another");
  EXPECT_TRUE(
      Taken(ReadImCallback({.method = "POST", .query = ImQuery(kMemberExit), .body = kExitBody},
                           {.token = Secret("testimtoken")}, kImNow)));
}

TEST(ImCallback, AcceptsOtherCommandsWithoutEffect) {
  for (const char* command :
       {"Group.CallbackAfterNewMemberJoin", "State.StateChange", "C2C.CallbackBeforeSendMsg", ""}) {
    EXPECT_EQ(ReplyText(ReadIm(ImQuery(command), "not JSON")), kImOk) << command;
  }
}

TEST(ImCallback, AcceptsGroupsThatAreNoRoomsWithoutEffect) {
  for (const char* group : {R"("@TGS#2J4SZEAEL")", R"("")", "null", "[]"}) {
    EXPECT_EQ(
        ReplyText(ReadIm(ImQuery(kGroupDestroyed), fmt::format(R"({{"GroupId":{}}})", group))),
        kImOk)
        << group;
  }
}

TEST(ImCallback, LeavesOutMembersThatAreNoUsers) {
  const auto users = [](std::string_view list) {
    return Taken(ReadIm(ImQuery(kMemberExit),
                        fmt::format(R"({{"GroupId":"room_1","ExitMemberList":{}}})", list)))
        ->users;
  };
  EXPECT_THAT(users(R"([7,{"Member_Account":"a b"},{},null,{"Member_Account":"u2"}])"),
              ElementsAre(UserId{"u2"}));
  EXPECT_THAT(users(R"({"Member_Account":"u1"})"), IsEmpty());
  EXPECT_THAT(users("null"), IsEmpty());
}

TEST(ImCallback, AcceptsABodyThatIsNotReadable) {
  for (const char* body : {"", "{", "[]", "<xml/>"}) {
    EXPECT_EQ(ReplyText(ReadIm(ImQuery(kMemberExit), body)),
              std::string(kImOk) + " body: not a JSON object");
  }
}

TEST(ImCallback, DoesNotExistWithoutAToken) {
  // SHA-256 of the time alone.
  EXPECT_EQ(
      ReplyText(ReadIm(
          ImQuery(kMemberExit, "3f3b4313e71a7e1cbfbc359314fc3de34eab90a3d441761cae10fcb2a6aba1ff"),
          kExitBody, kImNow, "")),
      R"(404 {"code":1} not configured)");
  EXPECT_EQ(ReplyText(ReadImCallback({.method = "GET"}, {.token = Secret("t")}, kImNow)),
            R"(405 {"code":1} method: not POST)");
}

}  // namespace
}  // namespace rtcroom
