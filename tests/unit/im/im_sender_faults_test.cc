// Unexpected behaviour of the service and the store.
#include <atomic>
#include <chrono>
#include <new>
#include <vector>

#include "tests/unit/im/im_sender_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;

/// Fails the next `throws` loads as if out of memory.
class ThrowingStore : public FailingStore {
 public:
  using FailingStore::FailingStore;

  std::atomic<int> throws{0};

  Result<Room> Load(const RoomKey& key) override {
    if (throws > 0 && throws-- > 0) throw std::bad_alloc();
    return FailingStore::Load(key);
  }
};

class ImSenderFaults : public ImSenderFixture {};

TEST_F(ImSenderFaults, ReleaseLaneAndGroupIfADeliveryThrows) {
  options_.lanes = 1;
  ThrowingStore store(sqlite_.rooms());
  sender_ = std::make_unique<ImSender>(DepsOn(store), options_);
  ASSERT_OK(sender_->Start());
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  store.throws = 1;
  End("r");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("r"), DestroyOf("r")));
  EXPECT_EQ(Logged("im_delivery_fault"), 1);
  sender_.reset();
}

TEST_F(ImSenderFaults, FailACreateThatThrows) {
  Restart();
  deliveries_.throws = true;
  EXPECT_ERROR(kUnavailable, Make("g"));
  deliveries_.throws = false;
  Abandon("g");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_OK(Make("g"));
  EXPECT_EQ(Logged("im_make_fault"), 1);
  sender_.reset();
}

TEST_F(ImSenderFaults, OfASingleGroupAreRetriedForALimitedTime) {
  options_.retries.most_lone_attempts = 3;
  options_.retries.longest_alone = std::chrono::seconds(5);
  Restart();
  Create("bad");
  Create("good");
  service_.AnswerWith([](const GroupCall& call) {
    return call.group == "bad" ? ImOutcome::kPassing : ImOutcome::kDone;
  });
  Join("bad");
  EXPECT_TRUE(EventuallyAsTimePasses([this] {
    Join("good");
    Leave("good");
    return TotalOf(tallies_.dropped) > 0;
  }));
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(TotalOf(tallies_.dropped), 1);
  EXPECT_TRUE(Eventually([this] { return Logged("im_given_up") == 1; }));
}

}  // namespace
}  // namespace rtcroom
