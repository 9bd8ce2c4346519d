#include "daemon/media/trtc_api.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/support/scripted_calls.h"

namespace rtcroom {
namespace {

using std::chrono::seconds;

TrtcOptions TrtcTestOptions() {
  return {.account = {.base_url = "https://trtc.tencentcloudapi.com",
                      .secret_id = "AKID",
                      .secret_key = Secret("TestSecretKeyTestSecretKey012345"),
                      .region = "ap-guangzhou"},
          .sdk_app_id = 1400000001};
}

/// Name and payload.
std::pair<std::string, std::string> Texts(const Result<CloudAction>& action) {
  if (!action) return {"failed", action.error().detail};
  EXPECT_EQ(action->service, "trtc");
  EXPECT_EQ(action->version, "2019-07-22");
  return {action->name, action->payload};
}

TEST(TrtcApi, DistinguishesNumbersFromTexts) {
  using testing::Pair;
  EXPECT_THAT(Texts(TrtcDismissAction(TrtcTestOptions(), 7U)),
              Pair("DismissRoom", R"({"SdkAppId":1400000001,"RoomId":7})"));
  EXPECT_THAT(Texts(TrtcDismissAction(TrtcTestOptions(), "7")),
              Pair("DismissRoomByStrRoomId", R"({"SdkAppId":1400000001,"RoomId":"7"})"));
  EXPECT_THAT(Texts(TrtcDismissAction(TrtcTestOptions(), "room_ab12_cd")),
              Pair("DismissRoomByStrRoomId", R"({"SdkAppId":1400000001,"RoomId":"room_ab12_cd"})"));
  const std::vector<UserId> users = {{"a"}, {"b\"c"}};
  EXPECT_THAT(
      Texts(TrtcRemoveAction(TrtcTestOptions(), 4294967294U, users)),
      Pair("RemoveUser", R"({"SdkAppId":1400000001,"RoomId":4294967294,"UserIds":["a","b\"c"]})"));
  EXPECT_THAT(Texts(TrtcRemoveAction(TrtcTestOptions(), "r", users)),
              Pair("RemoveUserByStrRoomId",
                   R"({"SdkAppId":1400000001,"RoomId":"r","UserIds":["a","b\"c"]})"));
}

TEST(TrtcApi, RefusesRoomsThatTheServiceCannotHave) {
  for (const TrtcRoom& room :
       {TrtcRoom(0U), TrtcRoom(4294967295U), TrtcRoom(""), TrtcRoom(std::string(65, 'a'))}) {
    EXPECT_ERROR(kBadRequest, TrtcDismissAction(TrtcTestOptions(), room));
    EXPECT_ERROR(kBadRequest,
                 TrtcRemoveAction(TrtcTestOptions(), room, std::vector<UserId>{{"a"}}));
  }
  EXPECT_OK(TrtcDismissAction(TrtcTestOptions(), std::string(64, 'a')));
}

TEST(TrtcApi, RemovesOneToTenUsers) {
  EXPECT_ERROR(kBadRequest, TrtcRemoveAction(TrtcTestOptions(), 1U, {}));
  EXPECT_OK(TrtcRemoveAction(TrtcTestOptions(), 1U, std::vector<UserId>(10, {"a"})));
  EXPECT_ERROR(kBadRequest,
               TrtcRemoveAction(TrtcTestOptions(), 1U, std::vector<UserId>(11, {"a"})));
}

TEST(TrtcApi, SucceedsWhenTheRoomOrUserIsGone) {
  const auto reply_of = [](const std::string& code) {
    return ReadTrtcReply({200, R"({"Response":{"Error":{"Code":")" + code +
                                   R"(","Message":"m"},"RequestId":"r"}})"});
  };
  EXPECT_OK(ReadTrtcReply({200, R"({"Response":{"RequestId":"r"}})"}));
  EXPECT_OK(reply_of("FailedOperation.RoomNotExist"));
  EXPECT_OK(reply_of("FailedOperation.UserNotExist"));
  const Status refused = reply_of("UnauthorizedOperation.SdkAppId");
  EXPECT_ERROR(kUnavailable, refused);
  EXPECT_EQ(refused.error().detail, "UnauthorizedOperation.SdkAppId");
  EXPECT_ERROR(kUnavailable, ReadTrtcReply({200, "{}"}));
}

class TrtcClient : public testing::Test {
 protected:
  FakeClock clock_;
  ScriptedCalls http_;
  TrtcApi api_{TrtcTestOptions(), http_, clock_};
};

TEST_F(TrtcClient, SignsItsCallsForItsRegion) {
  for (int i = 0; i < 2; ++i) http_.WillReply(R"({"Response":{"RequestId":"r"}})");
  EXPECT_OK(api_.Dismiss("room_ab12_cd", seconds(3)));
  EXPECT_OK(api_.Remove(7U, std::vector<UserId>{{"a"}}, seconds(3)));
  ASSERT_EQ(http_.asked.size(), 2u);
  const OutgoingCall& dismiss = http_.asked[0].call;
  EXPECT_EQ(HeaderOf(dismiss, "X-TC-Region"), "ap-guangzhou");
  // The first vector of protocol D.8 of our own.
  EXPECT_THAT(
      HeaderOf(dismiss, "Authorization"),
      testing::EndsWith("fed1663dc7792306d6ff9ed336eecbde3a7e5c23109afab4ee6600b424e2eaa1"));
  EXPECT_EQ(HeaderOf(http_.asked[1].call, "X-TC-Action"), "RemoveUser");
}

TEST_F(TrtcClient, FailsWithoutAReply) {
  EXPECT_ERROR(kUnavailable, api_.Dismiss("r", seconds(3)));
  http_.is_broken = true;
  EXPECT_ERROR(kUnavailable, api_.Dismiss("r", seconds(3)));
  EXPECT_ERROR(kBadRequest, api_.Dismiss("", seconds(3)));
  EXPECT_EQ(http_.asked.size(), 2u);
}

}  // namespace
}  // namespace rtcroom
