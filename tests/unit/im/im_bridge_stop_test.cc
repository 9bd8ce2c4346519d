// A process that stops.
#include <chrono>
#include <cstdint>
#include <list>
#include <string>
#include <thread>

#include "tests/unit/im/im_bridge_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

class ImBridgeStop : public ImBridgeFixture {
 protected:
  ImBridgeStop() { Restart(); }
};

TEST_F(ImBridgeStop, TurnsAwayThoseWhoWaitForACaller) {
  service_.Hold();
  std::list<Made> made;
  for (int i = 0; i < 20; ++i) {
    bridge_->MakeGroup({"r" + std::to_string(i)}, IdOrigin::kNamed, Deadline(),
                       made.emplace_back().Callback());
  }
  // In small steps: nobody may have waited for too long by then.
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return service_.hanging() == 16; }, milliseconds(1)));
  bridge_->Stop(milliseconds(0));
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
  bridge_->MakeGroup({"late"}, IdOrigin::kNamed, Deadline(), late.Callback());
  EXPECT_ERROR(kUnavailable, late.Get());
}

TEST_F(ImBridgeStop, TurnsAwayThoseWhoWaitForTheirTurn) {
  LeaveADestroyUnderWay("r");
  Made made;
  bridge_->MakeGroup({"r"}, IdOrigin::kNamed, Deadline(), made.Callback());
  bridge_->Stop(milliseconds(0));
  EXPECT_ERROR(kUnavailable, made.Get());
  bridge_->FinishGroup({"r"}, GroupFate::kAbandoned);
}

TEST_F(ImBridgeStop, TurnsAwayThoseWhoWaitForTheNextTry) {
  options_.maker.first_pause = std::chrono::seconds(7);
  Restart();
  service_.AnswerWith(ImOutcome::kUnreachable);
  std::list<Made> made;
  for (int i = 0; i < 8; ++i) {  // each pauses for an unknown part of it
    bridge_->MakeGroup({"r" + std::to_string(i)}, IdOrigin::kNamed, Deadline(),
                       made.emplace_back().Callback());
  }
  EXPECT_TRUE(Eventually([this] { return service_.calls().size() >= 8; }));
  bridge_->Stop(milliseconds(0));
  for (Made& each : made) EXPECT_ERROR(kUnavailable, each.Get());
}

TEST_F(ImBridgeStop, WaitsForCallsUnderWayAndSavesThePosition) {
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  service_.Hold();
  Join("r");
  EXPECT_TRUE(Eventually([this] { return service_.hanging() == 1; }));
  {
    const std::jthread releaser([this] { service_.Release(); });
    bridge_->Stop(std::chrono::duration_cast<milliseconds>(kPatience));
  }
  EXPECT_EQ(SavedPosition(), memory_.Newest()->position);
}

TEST_F(ImBridgeStop, WaitsNoLongerThanItMay) {
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  const std::uint64_t before = SavedPosition();
  service_.Hold();
  Join("r");
  EXPECT_TRUE(Eventually([this] { return service_.hanging() == 1; }));
  bridge_->Stop(milliseconds(1));
  EXPECT_EQ(SavedPosition(), before) << "nobody knows what comes of that call";
}

}  // namespace
}  // namespace rtcroom
