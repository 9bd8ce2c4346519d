// What TRTC is asked to do after members were removed (docs/tencent-live.md).
#include "daemon/media/trtc_sender.h"

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/support/only_node.h"
#include "tests/support/rooms.h"
#include "tests/support/scripted_calls.h"
#include "tests/support/tally_lines.h"
#include "tests/support/temp_store.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class TrtcSenderTest : public testing::Test {
 protected:
  void Enqueue(const std::string& group, DeliveryKind kind) {
    ASSERT_OK(
        store_.deliveries().ChangeDeliveries({.group = {group}, .enqueue = kind}, clock_.Now()));
  }
  void Remove(const std::string& room, const std::string& user) {
    Enqueue(room + ' ' + user, DeliveryKind::kRemoveUser);
  }
  void Dismiss(const std::string& room) { Enqueue(room, DeliveryKind::kDismissRoom); }
  void StoreRoom(const std::string& id) {
    ASSERT_OK(Apply(store_, Creating(MakeRoom(RoomKind::kWebrtc, id))));
  }
  void Succeed(int times = 1) {
    for (int i = 0; i < times; ++i) http_.WillReply(R"({"Response":{"RequestId":"r"}})");
  }
  void Fail() {
    http_.WillReply(
        R"({"Response":{"Error":{"Code":"InternalError","Message":"m"},"RequestId":"r"}})");
  }
  /// Action and body of each call.
  std::vector<std::string> Asked() {
    std::vector<std::string> asked;
    for (const ScriptedCalls::Asked& one : http_.asked) {
      for (const auto& header : one.call.headers) {
        if (header.name != "X-TC-Action") continue;
        asked.push_back(header.value.Reveal() + ' ' + one.call.body);
      }
    }
    return asked;
  }
  std::uint64_t Pending() { return store_.deliveries().CountDeliveries()->to_trtc; }

  FakeClock clock_;
  CapturedLog log_;
  Logger logger_{LogFormat::kJson, LogLevel::kInfo, log_.file()};
  DeliverySignal enqueued_{DeliverySignal::To::kTrtc};
  TempStore store_{{}, "00000000000000aa", enqueued_};
  ScriptedCalls http_;
  TrtcApi api_{{.account = {.base_url = "https://trtc.tencentcloudapi.com",
                            .secret_id = "id",
                            .secret_key = Secret("the secret key"),
                            .region = "ap-guangzhou"},
                .sdk_app_id = 14},
               http_,
               clock_};
  Tally made_;
  OnlyNode node_;
  TrtcSender sender_{{.rooms = store_.rooms(),
                      .deliveries = store_.deliveries(),
                      .enqueued = enqueued_,
                      .api = api_,
                      .made = made_,
                      .node = node_.lease,
                      .clock = clock_,
                      .logger = logger_}};
};

TEST_F(TrtcSenderTest, RemovesUsersAndDismissesRoomsInOrder) {
  Remove("7", "alice");
  Dismiss("8");
  Remove("9", "bob");
  Succeed(3);
  sender_.Round();
  clock_.Advance(1s);
  sender_.Round();
  EXPECT_THAT(Asked(), ElementsAre(R"(RemoveUser {"SdkAppId":14,"RoomId":7,"UserIds":["alice"]})",
                                   R"(DismissRoom {"SdkAppId":14,"RoomId":8})",
                                   R"(RemoveUser {"SdkAppId":14,"RoomId":9,"UserIds":["bob"]})"));
  EXPECT_EQ(Pending(), 0U);
  EXPECT_THAT(LinesOf(made_), ElementsAre("dismiss_room done 1", "remove_user done 2"));
}

TEST_F(TrtcSenderTest, SendsOnlyWhileItIsThisNodesDuty) {
  node_.lease.Record({});
  Remove("7", "alice");
  Succeed(1);
  EXPECT_EQ(sender_.Round(), clock_.Monotonic() + 1s);
  EXPECT_THAT(Asked(), IsEmpty());
  node_.lease.Record(*node_.cluster.Renew());
  sender_.Round();
  EXPECT_THAT(Asked(), SizeIs(1));
}

TEST_F(TrtcSenderTest, LeavesMembersAndRoomsThatAreBackAlone) {
  StoreRoom("7");
  const Result<Room> room = store_.rooms().Load(MakeKey(RoomKind::kWebrtc, "7"));
  ASSERT_OK(room);
  Remove("7", room->pushers.front().user_id.value);
  Dismiss("7");
  sender_.Round();
  clock_.Advance(1s);
  sender_.Round();
  EXPECT_THAT(Asked(), IsEmpty());
  EXPECT_EQ(Pending(), 0U);
  Remove("7", "stranger");
  Succeed();
  sender_.Round();
  EXPECT_EQ(Asked().size(), 1U);
}

TEST_F(TrtcSenderTest, TriesAgainAfterGrowingPauses) {
  Remove("7", "alice");
  for (const auto pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    Fail();
    sender_.Round();
    ASSERT_EQ(http_.replies.size(), 0U) << pause.count();
    clock_.Advance(pause - 1ms);
    sender_.Round();  // not yet
    clock_.Advance(1ms);
  }
  EXPECT_EQ(Asked().size(), 7U);
  Succeed();
  sender_.Round();
  EXPECT_EQ(Pending(), 0U);
  // Once each, not for each call.
  const std::string log = log_.Text();
  EXPECT_EQ(log.find("trtc_calls_fail"), log.rfind("trtc_calls_fail"));
  EXPECT_THAT(log, HasSubstr("InternalError"));
  EXPECT_THAT(log, HasSubstr("trtc_recovered"));
  EXPECT_THAT(log, Not(HasSubstr("the secret key")));
}

TEST_F(TrtcSenderTest, GivesUpWhatFailsForTooLong) {
  Remove("7", "alice");
  const MonotonicTime begun = clock_.Monotonic();
  while (Pending() > 0 && clock_.Monotonic() - begun < 1h) {
    http_.replies.clear();  // no reply in time
    sender_.Round();
    clock_.Advance(1s);
  }
  EXPECT_GE(clock_.Monotonic() - begun, 10min);
  EXPECT_LE(clock_.Monotonic() - begun, 11min);
  EXPECT_THAT(LinesOf(made_), Contains("remove_user given_up 1"));
  EXPECT_THAT(log_.Text(), HasSubstr("trtc_given_up"));
}

TEST_F(TrtcSenderTest, GivesUpNothingBecauseTheClockWasSet) {
  Remove("7", "alice");
  for (const std::chrono::milliseconds jump : {24h, -24h}) {
    http_.replies.clear();  // no reply in time
    sender_.Round();
    clock_.JumpWallClock(jump);
    clock_.Advance(1min);
  }
  sender_.Round();
  EXPECT_EQ(Pending(), 1U);
}

TEST_F(TrtcSenderTest, GivesUpAtOnceWhatTrtcCannotHave) {
  Dismiss("no number");
  sender_.Round();
  EXPECT_EQ(Pending(), 0U);
  EXPECT_THAT(Asked(), IsEmpty());
  EXPECT_THAT(LinesOf(made_), ElementsAre("dismiss_room given_up 1"));
}

TEST_F(TrtcSenderTest, KeepsToTheRateOfTheService) {
  for (int i = 0; i < 60; ++i) Remove("7", "user" + std::to_string(i));
  Succeed(60);
  for (int millisecond = 0; millisecond < 1000; ++millisecond) {
    sender_.Round();
    clock_.Advance(1ms);
  }
  EXPECT_LE(Asked().size(), 20U);
  EXPECT_GE(Asked().size(), 18U);
}

TEST_F(TrtcSenderTest, ADeliveryThatIsMergedMeanwhileIsSentAgain) {
  Remove("7", "alice");
  const std::vector<Delivery> under_way =
      *store_.deliveries().LoadDeliveries(DeliveryKind::kRemoveUser, 10);
  Remove("7", "alice");
  ASSERT_OK(store_.deliveries().FinishDelivery(under_way.front()));
  Succeed();
  sender_.Round();
  EXPECT_EQ(Asked().size(), 1U);
  EXPECT_EQ(Pending(), 0U);
}

}  // namespace
}  // namespace rtcroom
