#include <chrono>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/system_clock.h"
#include "daemon/base/system_random.h"
#include "daemon/http_client/outgoing_http.h"
#include "daemon/im/im_rest.h"
#include "tests/support/eventually.h"
#include "tests/support/im_stand_in.h"
#include "tests/unit/im/counting_signer.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using enum GroupCommand;
using enum ImOutcome;

/// The whole path, over real sockets.
class ImRestWire : public testing::Test {
 protected:
  ImAnswer Call(GroupCommand command) { return im_.Call(command, {"room_1"}, kWaitTimeout); }

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

TEST_F(ImRestWire, FollowsNoRedirectAndReadsNoLongReply) {
  for (const auto& [reply, detail] : {std::pair(ImConduct::Reply::kRedirect, "HTTP status 302"),
                                      std::pair(ImConduct::Reply::kHuge, "too long")}) {
    service_.BehaveNext(1, ImConduct::Replying(reply));
    const ImAnswer answer = Call(kCreate);
    EXPECT_EQ(answer.outcome, kPassing) << detail;
    EXPECT_THAT(answer.detail, HasSubstr(detail));
  }
}

}  // namespace
}  // namespace rtcroom
