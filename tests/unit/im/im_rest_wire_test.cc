#include <chrono>
#include <cstddef>
#include <iterator>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/system_clock.h"
#include "daemon/base/system_random.h"
#include "daemon/http_client/outgoing_http.h"
#include "daemon/im/im_error_codes.h"
#include "daemon/im/im_rest.h"
#include "tests/support/eventually.h"
#include "tests/support/im_stand_in.h"
#include "tests/unit/im/all_commands.h"
#include "tests/unit/im/counting_signer.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using enum GroupCommand;
using enum ImOutcome;
using Reply = ImConduct::Reply;

/// The whole path, over real sockets.
class ImRestWire : public testing::Test {
 protected:
  ImAnswer Call(GroupCommand command, const std::string& group = "room_1",
                milliseconds timeout = kWaitTimeout) {
    return im_.Call(command, {group}, timeout);
  }

  Logger logger_{LogFormat::kText, LogLevel::kError};
  SystemClock clock_;
  ImStandIn service_;
  HttplibOutgoing http_{clock_};
  CountingSigner signer_;
  SystemRandom random_;
  ImAdminSignature signature_{signer_, {"boss"}, std::chrono::hours(1), clock_};
  ImRest im_{{.base_url = service_.base_url(), .sdk_app_id = 1400000001},
             http_,
             signature_,
             random_,
             clock_,
             logger_};
};

TEST_F(ImRestWire, CreatesNotifiesAndDestroysAGroup) {
  EXPECT_EQ(Call(kCreate).outcome, kDone);
  EXPECT_EQ(Call(kCreate).outcome, kDone);
  EXPECT_THAT(service_.groups(), ElementsAre("room_1"));
  EXPECT_EQ(Call(kSystemNotice).outcome, kDone);
  EXPECT_EQ(Call(kCustomMessage).outcome, kDone);
  EXPECT_EQ(Call(kCustomMessage).outcome, kDone);
  EXPECT_THAT(service_.NoticesTo("room_1"),
              ElementsAre(R"({"cmd":"notifyPusherChange","data":""})",
                          R"({"cmd":"notifyPusherChange","data":{}})",
                          R"({"cmd":"notifyPusherChange","data":{}})"));
  EXPECT_EQ(Call(kDestroy).outcome, kDone);
  EXPECT_EQ(Call(kDestroy).outcome, kDone);
  EXPECT_EQ(Call(kSystemNotice).outcome, kGroupMissing);
  EXPECT_EQ(Call(kCustomMessage).outcome, kGroupMissing);
  EXPECT_EQ(service_.bad_requests(), 0u);
  EXPECT_EQ(service_.connections(), 1u);
  for (const ImCall& call : service_.calls()) {
    EXPECT_EQ(call.sdk_app_id, "1400000001");
    EXPECT_EQ(call.identifier, "boss");
    EXPECT_EQ(call.user_sig, "boss-1");
  }
}

TEST_F(ImRestWire, ReportsAForeignGroup) {
  service_.AddForeignGroup("room_1");
  EXPECT_EQ(Call(kCreate).outcome, kTakenByAnother);
}

TEST_F(ImRestWire, RenewsItsSignature) {
  service_.BehaveNext(1, ImConduct::ErrorCode(70001));
  EXPECT_EQ(Call(kCreate).outcome, kDone);
  EXPECT_THAT(service_.calls(), ElementsAre(testing::Field(&ImCall::user_sig, "boss-1"),
                                            testing::Field(&ImCall::user_sig, "boss-2")));
}

TEST_F(ImRestWire, IsUnreachableWhileTheServiceIsDown) {
  service_.GoDown();
  EXPECT_EQ(Call(kCreate).outcome, kUnreachable);
  service_.GoUp();
  EXPECT_EQ(Call(kCreate).outcome, kDone);
}

TEST_F(ImRestWire, ReconnectsAfterTheServiceClosed) {
  EXPECT_EQ(Call(kCreate).outcome, kDone);
  service_.GoDown();
  service_.GoUp();
  EXPECT_EQ(Call(kSystemNotice).outcome, kDone);
  EXPECT_EQ(service_.connections(), 2u);
}

TEST_F(ImRestWire, IsTransientIfTheServiceDiesDuringACall) {
  service_.Behave(ImConduct::Replying(Reply::kHang, /*takes_effect=*/true));
  const std::jthread killer([this] {
    EXPECT_TRUE(Eventually([this] { return service_.waiting() == 1; }));
    service_.GoDown();
  });
  EXPECT_EQ(Call(kCreate).outcome, kPassing);
  EXPECT_TRUE(service_.HasGroup("room_1"));
}

TEST_F(ImRestWire, TimesOutIfTheServiceHangs) {
  service_.Behave(ImConduct::Replying(Reply::kHang));
  ImAnswer answer;
  EXPECT_TRUE(Eventually([&] {
    answer = Call(kCreate, "room_1", milliseconds(200));
    return answer.outcome != kUnreachable;  // timed out before the call was sent
  }));
  EXPECT_EQ(answer.outcome, kPassing);
  EXPECT_EQ(answer.detail, "outgoing call: no answer in time");
}

TEST_F(ImRestWire, WaitsForALateAnswer) {
  service_.Behave(ImConduct::Late(milliseconds(50)));
  EXPECT_EQ(Call(kCreate).outcome, kDone);
}

TEST_F(ImRestWire, MatchesAnswersToConcurrentCalls) {
  constexpr int kCallers = 16;
  {
    std::vector<std::jthread> callers;
    callers.reserve(kCallers);
    for (int caller = 0; caller < kCallers; ++caller) {
      callers.emplace_back([this, caller] {
        for (int round = 0; round < 20; ++round) {
          const std::string group = fmt::format("room_{}_{}", caller, round);
          // Every other group exists.
          if (round % 2 == 0) {
            EXPECT_EQ(Call(kCreate, group).outcome, kDone);
          }
          EXPECT_EQ(Call(kSystemNotice, group).outcome, round % 2 == 0 ? kDone : kGroupMissing);
        }
      });
    }
  }
  EXPECT_EQ(service_.groups().size(), kCallers * 10u);
  EXPECT_LE(service_.connections(), std::size_t{kCallers});
}

/// An invalid reply of the service, and the resulting detail of the call.
struct OddReply {
  const char* name = "";
  ImConduct conduct{};
  const char* detail = "";
};

std::ostream& operator<<(std::ostream& out, const OddReply& reply) { return out << reply.name; }

class UnexpectedReplies : public ImRestWire, public testing::WithParamInterface<OddReply> {};

TEST_P(UnexpectedReplies, AreTransient) {
  service_.BehaveNext(std::size(kAllCommands), GetParam().conduct);
  for (const GroupCommand command : kAllCommands) {
    const ImAnswer answer = Call(command);
    EXPECT_EQ(answer.outcome, kPassing);
    EXPECT_EQ(answer.error_code, 0);
    EXPECT_THAT(answer.detail, HasSubstr(GetParam().detail));
  }
  EXPECT_EQ(service_.calls().size(), std::size(kAllCommands));
  EXPECT_EQ(Call(kCreate).outcome, kDone);
}

INSTANTIATE_TEST_SUITE_P(
    Replies, UnexpectedReplies,
    testing::Values(OddReply{"Status500", ImConduct::Status(500), "HTTP status 500"},
                    OddReply{"Status503", ImConduct::Status(503), "HTTP status 503"},
                    OddReply{"Status404", ImConduct::Status(404), "HTTP status 404"},
                    OddReply{"Garbage", ImConduct::Replying(Reply::kGarbage), "cannot be read"},
                    OddReply{"Empty", ImConduct::Replying(Reply::kEmpty), "cannot be read"},
                    OddReply{"Huge", ImConduct::Replying(Reply::kHuge), "too long"},
                    OddReply{"Redirect", ImConduct::Replying(Reply::kRedirect), "HTTP status 302"},
                    OddReply{"Closed", ImConduct::Replying(Reply::kClose), "outgoing call: "}),
    [](const auto& param_info) { return std::string(param_info.param.name); });

/// Every code of the table, over the wire.
class ImErrorCodesOnTheWire : public ImRestWire, public testing::WithParamInterface<int> {};

TEST_P(ImErrorCodesOnTheWire, MapToTheOutcomesOfTheTable) {
  bool asks_again = GetParam() == 70001 || GetParam() == 70003;
  for (const GroupCommand command : kAllCommands) {
    const std::size_t calls = service_.calls().size();
    service_.BehaveNext(asks_again ? 2 : 1, ImConduct::ErrorCode(GetParam()));
    const ImAnswer answer = Call(command);
    EXPECT_EQ(answer.error_code, GetParam());
    EXPECT_EQ(answer.outcome, OutcomeOfErrorCode(command, GetParam()));
    EXPECT_EQ(answer.detail, fmt::format("stand-in error {}", GetParam()));
    EXPECT_EQ(service_.calls().size() - calls, asks_again ? 2u : 1u);
    asks_again = false;  // paused, since the new signature was refused too
  }
}

INSTANTIATE_TEST_SUITE_P(ErrorCodes, ImErrorCodesOnTheWire,
                         testing::Values(10025, 10021, 10010, 10015, 10002, 60008, 60007, 60011,
                                         10026, 10036, 10004, 10007, 60006, 60010, 60020, 70001,
                                         70003, 70009, 70020, 12345));

}  // namespace
}  // namespace rtcroom
