#include "daemon/http/stream_queue.h"

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using Outcome = StreamQueue::PutOutcome;

TEST(StreamQueue, IsSignalledOnceUntilRead) {
  StreamQueue queue(100);
  EXPECT_EQ(queue.Put("a"), Outcome::kFirst);
  EXPECT_EQ(queue.Put("b"), Outcome::kQueued);
  EXPECT_EQ(queue.Take(), "ab");
  EXPECT_EQ(queue.Put("c"), Outcome::kFirst);
}

TEST(StreamQueue, SignalsNothingThatIsAboutToBeTaken) {
  StreamQueue queue(100);
  queue.ExpectTake();
  EXPECT_EQ(queue.Put("a"), Outcome::kQueued);
  EXPECT_EQ(queue.Take(), "a");
  EXPECT_EQ(queue.Put("b"), Outcome::kFirst);
}

TEST(StreamQueue, BoundsQueuedAndUnsentBytesTogether) {
  StreamQueue queue(10);
  EXPECT_EQ(queue.Put("12345678"), Outcome::kFirst);
  EXPECT_EQ(queue.Take(), "12345678");
  EXPECT_EQ(queue.held(), 8U);
  queue.RecordUnsent(4);
  EXPECT_EQ(queue.Put("123456"), Outcome::kFirst);
  EXPECT_EQ(queue.held(), 10U);
  EXPECT_EQ(queue.Put("1"), Outcome::kTooMuch);
  EXPECT_TRUE(queue.overflown());
  EXPECT_EQ(queue.Put(""), Outcome::kClosed);
}

TEST(StreamQueue, RejectsWritesOnceClosed) {
  StreamQueue queue(10);
  EXPECT_EQ(queue.Put("1"), Outcome::kFirst);
  queue.Close();
  EXPECT_EQ(queue.Put("2"), Outcome::kClosed);
  EXPECT_EQ(queue.Take(), "");
  EXPECT_FALSE(queue.overflown());
}

TEST(StreamQueue, SaysOnceThatNoMoreThanItsMarkIsHeldAgain) {
  StreamQueue queue(100, 4);
  EXPECT_EQ(queue.Put("1234"), Outcome::kFirst);
  EXPECT_EQ(queue.Take(), "1234");
  EXPECT_FALSE(queue.RecordUnsent(0)) << "no more were";
  EXPECT_EQ(queue.Put("123"), Outcome::kFirst);
  EXPECT_EQ(queue.Take(), "123");
  EXPECT_EQ(queue.Put("45"), Outcome::kFirst);
  EXPECT_FALSE(queue.RecordUnsent(3)) << "5 with those that wait";
  EXPECT_TRUE(queue.RecordUnsent(2));
  EXPECT_EQ(queue.held(), 4U);
  EXPECT_FALSE(queue.RecordUnsent(0));
}

}  // namespace
}  // namespace rtcroom
