// What neither the service nor the store should do, and may.
#include <atomic>
#include <chrono>
#include <new>
#include <vector>

#include "tests/unit/im/im_bridge_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;

/// As if memory had run out, so many times.
class ThrowingStore : public FailingStore {
 public:
  using FailingStore::FailingStore;

  std::atomic<int> throws{0};

  Result<Room> Load(const RoomKey& key) override {
    if (throws > 0 && throws-- > 0) throw std::bad_alloc();
    return FailingStore::Load(key);
  }
};

class ThrowingTasks : public GroupTaskStore {
 public:
  explicit ThrowingTasks(GroupTaskStore& tasks) : tasks_(tasks) {}

  std::atomic<bool> throws{false};

  Result<std::vector<GroupTask>> LoadGroupTasks() override { return tasks_.LoadGroupTasks(); }
  Status PutGroupTask(const GroupTask& task) override {
    if (throws) throw std::bad_alloc();
    return tasks_.PutGroupTask(task);
  }
  Status RemoveGroupTask(const RoomId& group) override { return tasks_.RemoveGroupTask(group); }

 private:
  GroupTaskStore& tasks_;
};

class ImBridgeFaults : public ImBridgeFixture {};

TEST_F(ImBridgeFaults, KeepNoLaneAndNoGroupWhenADeliveryThrows) {
  options_.dispatcher.lanes = 1;
  ThrowingStore store(memory_);
  bridge_ = std::make_unique<ImBridge>(PartsOn(store, memory_, positions_), options_);
  ASSERT_OK(bridge_->Start());
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  store.throws = 1;
  End("r");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("r"), DestroyOf("r")));
  EXPECT_EQ(Logged("im_delivery_threw"), 1);
  bridge_.reset();
}

TEST_F(ImBridgeFaults, FailACreateThatThrows) {
  ThrowingTasks tasks(memory_);
  bridge_ = std::make_unique<ImBridge>(PartsOn(store_, tasks, positions_), options_);
  ASSERT_OK(bridge_->Start());
  tasks.throws = true;
  EXPECT_ERROR(kUnavailable, Make("g"));
  Abandon("g");
  tasks.throws = false;
  EXPECT_TRUE(EventuallyNoTasks());
  EXPECT_OK(Make("g"));
  EXPECT_EQ(Logged("im_make_threw"), 1);
  bridge_.reset();
}

TEST_F(ImBridgeFaults, OfOneGroupAloneHoldThePositionBackForATime) {
  options_.limits.most_failures_alone = 3;
  options_.limits.longest_alone = std::chrono::seconds(5);
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
    return observer_.dropped > 0;
  }));
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(observer_.dropped, 1);
  EXPECT_TRUE(Eventually([this] { return Logged("im_given_up") == 1; }));
}

}  // namespace
}  // namespace rtcroom
