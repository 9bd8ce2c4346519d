#include "daemon/edge/accept_queue.h"

#include <optional>
#include <string>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>

namespace rtcroom {
namespace {

AcceptedSocket From(const std::string& peer) {
  return {.socket = FileDescriptor(open("/dev/null", O_RDONLY | O_CLOEXEC)), .peer_address = peer};
}

TEST(AcceptQueue, HandsOutInTheOrderOfArrival) {
  AcceptQueue queue(10);
  queue.Push(From("a"));
  queue.Push(From("b"));
  EXPECT_EQ(queue.Pop()->peer_address, "a");
  EXPECT_EQ(queue.Pop()->peer_address, "b");
}

TEST(AcceptQueue, DropsWhatIsBeyondItsCapacity) {
  AcceptQueue queue(1);
  queue.Push(From("a"));
  queue.Push(From("b"));
  queue.Close();
  EXPECT_EQ(queue.Pop()->peer_address, "a");
  EXPECT_FALSE(queue.Pop());
}

TEST(AcceptQueue, StillHandsOutWhatWaitedWhenItWasClosed) {
  AcceptQueue queue(10);
  queue.Push(From("a"));
  queue.Close();
  queue.Push(From("late"));
  EXPECT_EQ(queue.Pop()->peer_address, "a");
  EXPECT_FALSE(queue.Pop());
}

TEST(AcceptQueue, AsksAsManyToGiveWayAsThereAreNewcomers) {
  AcceptQueue queue(10);
  EXPECT_FALSE(queue.ShouldGiveWay());
  queue.Push(From("a"));
  queue.Push(From("b"));
  EXPECT_TRUE(queue.ShouldGiveWay());
  EXPECT_TRUE(queue.ShouldGiveWay());
  EXPECT_FALSE(queue.ShouldGiveWay());
  (void)queue.Pop();  // one of the two came back as it was asked
  EXPECT_FALSE(queue.ShouldGiveWay());
  queue.Push(From("c"));
  EXPECT_TRUE(queue.ShouldGiveWay());
}

TEST(AcceptQueue, WakesAWaitingWorker) {
  AcceptQueue queue(10);
  std::optional<AcceptedSocket> popped;
  {
    const std::jthread worker([&] { popped = queue.Pop(); });
    queue.Push(From("a"));
  }
  ASSERT_TRUE(popped);
  EXPECT_EQ(popped->peer_address, "a");
}

}  // namespace
}  // namespace rtcroom
