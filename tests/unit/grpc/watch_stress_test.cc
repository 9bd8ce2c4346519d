// Misbehaving subscribers.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/grpc/room_mirror.h"
#include "tests/unit/grpc/watch_fixture.h"

namespace rtcroom {
namespace {

using testing::IsEmpty;

class WatchStress : public WatchFixture {
 protected:
  explicit WatchStress(const WatchOptions& options = {}) : WatchFixture(options) {}

  /// Changes rooms until it goes out of scope.
  std::jthread ChangeRooms() {
    return std::jthread([this](const std::stop_token& stop) {
      for (int i = 0; !stop.stop_requested(); ++i) {
        const RoomKey key = CreateRoom("busy" + std::to_string(i));
        EXPECT_OK(Apply(sqlite_, Destroying(key)));
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      }
    });
  }
};

TEST_F(WatchStress, SurvivesStreamsCancelledAtAnyTime) {
  constexpr int kStreams = 240;
  constexpr int kThreads = 4;
  for (int i = 0; i < 300; ++i) CreateRoom("r" + std::to_string(i));
  {
    const std::jthread writer = ChangeRooms();
    std::vector<std::jthread> callers;
    for (unsigned thread = 0; thread < kThreads; ++thread) {
      callers.emplace_back([this, thread] {
        std::mt19937 random(thread);
        const auto stub = NewStub();
        for (int i = 0; i < kStreams / kThreads; ++i) {
          v1::WatchRequest request;
          if (random() % 3 == 0) request.mutable_earliest();
          request.set_snapshot(!request.has_earliest() && random() % 2 == 0);
          WatchCall call(*stub, request);
          std::jthread canceller;
          if (random() % 2 == 0) canceller = std::jthread([&call] { call.Cancel(); });
          for (auto reads = random() % 20; reads > 0 && call.Next(); --reads) {
          }
        }
      });
    }
  }
  EXPECT_TRUE(Eventually([&] { return hub_->subscribers() == 0; }));
}

// With a stop timeout long enough for readers to read to the end.
class WatchStop : public WatchStress {
 protected:
  WatchStop() : WatchStress({.stop_timeout = kWaitTimeout}) {}
};

TEST_F(WatchStop, EndsAllStreamsUnderLoad) {
  for (int i = 0; i < 300; ++i) CreateRoom("r" + std::to_string(i));
  const std::jthread writer = ChangeRooms();
  std::atomic<int> resumable{0};
  std::atomic<int> reading{0};
  constexpr int kCallers = 12;
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < kCallers; ++i) {
      callers.emplace_back([this, i, &resumable, &reading] {
        v1::WatchRequest request;
        if (i % 3 == 0) request.mutable_earliest();
        if (i % 3 == 1) request.set_snapshot(true);
        WatchCall call(*stub_, request);
        RoomMirror mirror;
        if (const auto message = call.Next()) mirror.Apply(*message);
        ++reading;
        while (const auto message = call.Next()) mirror.Apply(*message);
        const grpc::Status status = call.Finish();
        // A reader that cannot keep up with the constant writer may be ended for that reason
        // instead.
        if (status.error_code() != grpc::StatusCode::UNAVAILABLE) {
          EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
        }
        if (i % 3 != 2) {
          EXPECT_THAT(mirror.faults(), IsEmpty());
        }
        if (!mirror.cursor().empty() && call.final_cursor() == mirror.cursor()) ++resumable;
      });
    }
    ASSERT_TRUE(Eventually([&] { return reading == kCallers; }));
    hub_->Stop();
  }
  EXPECT_EQ(hub_->subscribers(), 0U);
  EXPECT_GT(resumable, 0);
}

class SlowWatchClient : public WatchStress {
 protected:
  SlowWatchClient() : WatchStress({.ring = {.max_events = 256}}) {
    EXPECT_TRUE(feed_has_begun_);
    slow_.WaitUntilOpen();
    // More than the buffers of the slow connection and the ring hold. The quick one never falls
    // behind by the size of the ring.
    constexpr int kRooms = 1000;
    constexpr int kAtOnce = 100;
    for (int i = 0; i < kRooms; ++i) {
      CreateRoom("r" + std::to_string(i));
      if ((i + 1) % kAtOnce != 0) continue;
      for (int event = 0; event < 2 * kAtOnce; ++event) {
        quick_mirror_.Apply(quick_->NextOrThrow());
      }
    }
  }

  const bool feed_has_begun_ = FeedHasBegun();  // or the calls begin with pages of the store
  const std::unique_ptr<WatchCall> quick_ = Watch();
  RoomMirror quick_mirror_;
  const std::unique_ptr<v1::MembershipNotifier::Stub> slow_stub_ = NewStub(1024);
  WatchCall slow_{*slow_stub_, {}};  // does not read
};

TEST_F(SlowWatchClient, IsEndedWithoutDelayingOthers) {
  EXPECT_THAT(quick_mirror_.faults(), IsEmpty());
  EXPECT_EQ(quick_mirror_.Lines(), LinesOf(sqlite_));
  EXPECT_EQ(hub_->counts().slow_ended, 1U);

  RoomMirror late;
  while (const auto message = slow_.Next()) late.Apply(*message);
  EXPECT_EQ(slow_.Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(slow_.final_cursor(), late.cursor());
  const auto resumed = WatchAfter(slow_.final_cursor());
  while (late.cursor() != sqlite_.rooms().Newest()->Encode()) late.Apply(resumed->NextOrThrow());
  EXPECT_THAT(late.faults(), IsEmpty());
  EXPECT_EQ(late.Lines(), LinesOf(sqlite_));
}

TEST_F(SlowWatchClient, IsCancelledIfItDoesNotReadItsEnd) {
  ASSERT_EQ(hub_->counts().slow_ended, 1U);
  EXPECT_EQ(hub_->subscribers(), 2U);
  clock_.Advance(std::chrono::seconds(10));
  EXPECT_TRUE(Eventually([&] { return hub_->subscribers() == 1; }));
  EXPECT_EQ(slow_.Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(SlowWatchClient, DoesNotBlockStop) {
  hub_->Stop();
  EXPECT_EQ(hub_->subscribers(), 0U);
}

}  // namespace
}  // namespace rtcroom
