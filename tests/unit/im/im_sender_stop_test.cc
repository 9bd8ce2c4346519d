// Stopping the process.
#include <chrono>
#include <cstdint>
#include <list>
#include <string>
#include <thread>

#include "tests/unit/im/im_sender_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

class ImSenderStop : public ImSenderFixture {
 protected:
  ImSenderStop() { Restart(); }
};

TEST_F(ImSenderStop, FailsCreatesThatWaitForACaller) {
  service_.Hold();
  std::list<Made> made;
  for (int i = 0; i < 20; ++i) {
    sender_->MakeGroup({"r" + std::to_string(i)}, IdOrigin::kNamed, Deadline(),
                       made.emplace_back().Callback());
  }
  // In small steps, so that no request times out meanwhile.
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return service_.hanging() == 16; }, milliseconds(1)));
  sender_->Stop(milliseconds(0));
  int answered = 0;
  for (Made& each : made) {
    if (each.times() == 0) continue;
    ++answered;
    EXPECT_ERROR(kUnavailable, each.Get());
  }
  EXPECT_EQ(answered, 4);
  service_.Release();
  for (Made& each : made) (void)each.Get();
  Made late;
  sender_->MakeGroup({"late"}, IdOrigin::kNamed, Deadline(), late.Callback());
  EXPECT_ERROR(kUnavailable, late.Get());
}

TEST_F(ImSenderStop, FailsCreatesThatWaitForADestroy) {
  LeaveADestroyUnderWay("r");
  Made made;
  sender_->MakeGroup({"r"}, IdOrigin::kNamed, Deadline(), made.Callback());
  sender_->Stop(milliseconds(0));
  EXPECT_ERROR(kUnavailable, made.Get());
  sender_->FinishGroup({"r"}, GroupOutcome::kAbandoned);
}

TEST_F(ImSenderStop, FailsCreatesThatWaitForARetry) {
  options_.maker.first_pause = std::chrono::seconds(7);
  Restart();
  service_.AnswerWith(ImOutcome::kUnreachable);
  std::list<Made> made;
  for (int i = 0; i < 8; ++i) {  // each pauses for a random part of it
    sender_->MakeGroup({"r" + std::to_string(i)}, IdOrigin::kNamed, Deadline(),
                       made.emplace_back().Callback());
  }
  EXPECT_TRUE(Eventually([this] { return service_.calls().size() >= 8; }));
  sender_->Stop(milliseconds(0));
  for (Made& each : made) EXPECT_ERROR(kUnavailable, each.Get());
}

TEST_F(ImSenderStop, WaitsForRunningCallsAndStoresTheirOutcome) {
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  service_.Hold();
  Join("r");
  EXPECT_TRUE(Eventually([this] { return service_.hanging() == 1; }));
  {
    const std::jthread releaser([this] { service_.Release(); });
    sender_->Stop(std::chrono::duration_cast<milliseconds>(kWaitTimeout));
  }
  EXPECT_EQ(PendingGroups(), 0u);
}

TEST_F(ImSenderStop, BoundsItsWait) {
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  service_.Hold();
  Join("r");
  EXPECT_TRUE(Eventually([this] { return service_.hanging() == 1; }));
  sender_->Stop(milliseconds(1));
  EXPECT_EQ(PendingGroups(), 1u) << "the outcome of that call is unknown";
}

}  // namespace
}  // namespace rtcroom
