#include "daemon/grpc/subscriber.h"

#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/grpc/watch_messages.h"
#include "tests/support/eventually.h"
#include "tests/support/flaky_store.h"
#include "tests/support/matchers.h"
#include "tests/support/recording_listener.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_store.h"
#include "tests/unit/grpc/fake_stream.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class SubscriberTest : public testing::Test {
 protected:
  explicit SubscriberTest(const WatchOptions& options = {}) : options_(options) {}

  std::shared_ptr<FakeStream> Begin(WatchSpec spec) {
    auto stream = std::make_shared<FakeStream>(std::move(spec), WatchDeps{.clock = clock_,
                                                                          .options = options_,
                                                                          .ring = ring_,
                                                                          .catch_up = pool_,
                                                                          .counts = counts_});
    stream->Begin();
    streams_.push_back(stream);
    return stream;
  }

  /// Starts a stream that follows from now on and is live.
  std::shared_ptr<FakeStream> BeginLive(WatchFilter filter = {}) {
    auto stream = Begin({.filter = std::move(filter)});
    EXPECT_TRUE(Eventually([&] { return stream->is_open() && IsDealtWith(stream); }));
    return stream;
  }

  /// Whether the pool has finished with the stream: until then it holds a reference, and later
  /// events may still be sent by the pool's thread.
  static bool IsDealtWith(const std::shared_ptr<FakeStream>& stream) {
    return stream.use_count() == 2;  // held by the test and `streams_`
  }

  /// Two events.
  void CreateRoom(const std::string& id) {
    EXPECT_OK(Apply(sqlite_, Creating(MakeRoom(RoomKind::kMulti, id))));
  }

  void StartRing() {
    fed_ = *sqlite_.rooms().Newest();
    ring_.Restart(fed_.position);
  }

  /// As the feed does after it fell behind.
  void RestartRing() {
    StartRing();
    for (const auto& stream : streams_) stream->OnEvents();
  }

  /// As the feed does: appends new events of the store to the ring and notifies all streams.
  void Feed(std::size_t most = 1000) {
    const Result<EventPage> page = sqlite_.rooms().ReadEvents(fed_, most);
    std::vector<std::shared_ptr<const FeedEvent>> events;
    for (const StoredEvent& stored : page->events) {
      fed_.position = stored.position;
      events.push_back(std::make_shared<const FeedEvent>(
          FeedEvent{.position = stored.position,
                    .facts = EventFacts(stored.event),
                    .message = EventBytes(stored.event, fed_.epoch, fed_.Encode())}));
    }
    ring_.Append(std::move(events));
    for (const auto& stream : streams_) stream->OnEvents();
  }

  void Pass(std::chrono::milliseconds time) {
    clock_.Advance(time);
    for (const auto& stream : streams_) stream->OnTick(clock_.Monotonic());
  }

  static bool WroteSoon(const FakeStream& stream, std::size_t count) {
    return Eventually([&] { return stream.written().size() >= count; });
  }

  void TearDown() override {
    for (const auto& stream : streams_) {
      stream->Stop();
      EXPECT_THAT(stream->faults(), IsEmpty());
    }
  }

  const WatchOptions options_;
  RecordingListener listener_;
  TempStore sqlite_{StoreLimits{}, "00112233aabbccdd", listener_};
  FlakyStore store_{sqlite_.rooms()};
  FakeClock clock_;
  WatchCounts counts_;
  EventRing ring_{options_.ring};
  Cursor fed_;
  std::vector<std::shared_ptr<FakeStream>> streams_;
  CatchUpPool pool_{store_, options_.catch_up};
};

TEST_F(SubscriberTest, ReceivesEventsFromNow) {
  CreateRoom("before");
  StartRing();
  const auto stream = BeginLive();
  CreateRoom("after");
  Feed();
  ASSERT_EQ(stream->written().size(), 1U);
  EXPECT_EQ(stream->written()[0].event().room().room_id(), "after");
}

TEST_F(SubscriberTest, WritesOneMessageAtATime) {
  StartRing();
  const auto stream = BeginLive();
  CreateRoom("r");
  Feed();
  EXPECT_EQ(stream->written().size(), 1U);
  stream->FinishWrite();
  ASSERT_EQ(stream->written().size(), 2U);
  EXPECT_EQ(stream->written()[0].event().sequence(), 1U);
  EXPECT_EQ(stream->written()[1].event().sequence(), 2U);
  stream->FinishWrite();
  EXPECT_EQ(stream->written().size(), 2U);
  EXPECT_EQ(counts_.events_sent, 2U);
}

TEST_F(SubscriberTest, WaitsForARingThatHasNotStarted) {
  CreateRoom("r1");
  const auto stream = Begin({.after = Cursor::Start()});
  ASSERT_TRUE(WroteSoon(*stream, 1));
  stream->FinishWrite();
  ASSERT_TRUE(WroteSoon(*stream, 2));
  stream->FinishWrite();

  StartRing();
  CreateRoom("r2");
  Feed();
  ASSERT_TRUE(WroteSoon(*stream, 3));
  EXPECT_EQ(stream->written()[2].event().room().room_id(), "r2");
}

TEST_F(SubscriberTest, ReadsEventsBeforeTheRingStartFromTheStore) {
  const auto stream = BeginLive();
  CreateRoom("early");
  StartRing();
  Pass(std::chrono::milliseconds(1));
  ASSERT_TRUE(WroteSoon(*stream, 1));
  EXPECT_EQ(stream->written()[0].event().room().room_id(), "early");
}

TEST_F(SubscriberTest, SendsKeepAlivesWithItsCursor) {
  StartRing();
  const auto stream = BeginLive(WatchFilter(0, {{.id = {"mine"}}}, {}));
  CreateRoom("others");
  Feed();
  EXPECT_THAT(stream->written(), IsEmpty());
  Pass(std::chrono::milliseconds(14'999));
  EXPECT_THAT(stream->written(), IsEmpty());
  Pass(std::chrono::milliseconds(1));
  ASSERT_EQ(stream->written().size(), 1U);
  // The cursor is past the filtered-out events, so a resumed stream skips them.
  EXPECT_EQ(stream->written()[0].keep_alive().cursor(), sqlite_.rooms().Newest()->Encode());

  stream->FinishWrite();
  Pass(std::chrono::seconds(14));
  EXPECT_EQ(stream->written().size(), 1U);
  Pass(std::chrono::seconds(1));
  EXPECT_EQ(stream->written().size(), 2U);
}

TEST_F(SubscriberTest, SendsNoCursorAheadOfSentEvents) {
  StartRing();
  const auto stream = BeginLive();
  const std::string stood = sqlite_.rooms().Newest()->Encode();
  CreateRoom("r");  // not yet in the ring
  Pass(std::chrono::seconds(15));
  ASSERT_EQ(stream->written().size(), 1U);
  EXPECT_EQ(stream->written()[0].keep_alive().cursor(), stood);
}

TEST_F(SubscriberTest, UsesTheRequestedKeepAlivePeriod) {
  StartRing();
  const auto stream = Begin({.keep_alive = std::chrono::minutes(5)});
  ASSERT_TRUE(Eventually([&] { return stream->is_open(); }));
  Pass(std::chrono::minutes(4));
  EXPECT_THAT(stream->written(), IsEmpty());
  Pass(std::chrono::minutes(1));
  EXPECT_EQ(stream->written().size(), 1U);
}

TEST_F(SubscriberTest, EndsIfAMessageWaitsTooLong) {
  StartRing();
  const auto stream = BeginLive();
  CreateRoom("r");
  Feed();
  Pass(std::chrono::milliseconds(29'999));
  EXPECT_FALSE(stream->is_closed());
  Pass(std::chrono::milliseconds(1));
  ASSERT_TRUE(stream->is_closed());
  EXPECT_EQ(stream->status().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(stream->final_cursor(), stream->written()[0].event().cursor());
  EXPECT_THAT(stream->status().error_message(), HasSubstr(stream->final_cursor()));
  EXPECT_EQ(counts_.slow_ended, 1U);
}

TEST_F(SubscriberTest, IsCancelledOnceIfTheEndIsNotAcknowledged) {
  StartRing();
  const auto stream = BeginLive();
  CreateRoom("r");
  Feed();
  Pass(std::chrono::seconds(30));
  ASSERT_TRUE(stream->is_closed());
  Pass(std::chrono::milliseconds(9'999));
  EXPECT_EQ(stream->broken_off(), 0);
  Pass(std::chrono::milliseconds(1));
  EXPECT_EQ(stream->broken_off(), 1);
  Pass(std::chrono::minutes(1));
  EXPECT_EQ(stream->broken_off(), 1);
}

TEST_F(SubscriberTest, ReturnsItsCursorWhenTheServerStops) {
  StartRing();
  const auto stream = BeginLive();
  CreateRoom("r");
  Feed();
  stream->Stop();
  ASSERT_TRUE(stream->is_closed());
  EXPECT_EQ(stream->status().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(stream->final_cursor(), stream->written()[0].event().cursor());
  stream->FinishWrite();
  EXPECT_EQ(stream->written().size(), 1U);
}

TEST_F(SubscriberTest, EndsWithItsCaller) {
  StartRing();
  const auto stream = BeginLive();
  stream->Cancel();
  ASSERT_TRUE(stream->is_closed());
  EXPECT_EQ(stream->status().error_code(), grpc::StatusCode::CANCELLED);
  CreateRoom("r");
  Feed();
  EXPECT_THAT(stream->written(), IsEmpty());
}

TEST_F(SubscriberTest, EndsWhenAWriteFails) {
  StartRing();
  const auto stream = BeginLive();
  CreateRoom("r");
  Feed();
  stream->FinishWrite(false);
  EXPECT_TRUE(stream->is_closed());
  EXPECT_EQ(stream->written().size(), 1U);
}

TEST_F(SubscriberTest, ReportsACursorThatIsTooOld) {
  for (int i = 0; i < 4; ++i) CreateRoom("r" + std::to_string(i));
  ASSERT_OK(sqlite_.rooms().TrimEvents({.keep_since = {}, .max_events = 2}));
  const auto stream = Begin({.after = Cursor{.epoch = "00112233aabbccdd", .position = 1}});
  ASSERT_TRUE(Eventually([&] { return stream->is_closed(); }));
  EXPECT_FALSE(stream->is_open());
  EXPECT_EQ(stream->status().error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(stream->final_cursor(), sqlite_.rooms().Newest()->Encode());
}

TEST_F(SubscriberTest, KeepsItsCursorWhenTheStoreFails) {
  CreateRoom("r");
  const Cursor start{.epoch = "00112233aabbccdd", .position = 1};
  store_.reads_fail_with = Errc::kStoreBroken;
  const auto stream = Begin({.after = start});
  ASSERT_TRUE(Eventually([&] { return stream->is_closed(); }));
  EXPECT_EQ(stream->status().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(stream->final_cursor(), start.Encode());
}

TEST_F(SubscriberTest, ReturnsNoCursorForAnInterruptedSnapshot) {
  CreateRoom("r1");
  CreateRoom("r2");
  StartRing();
  const auto stream = Begin({.snapshot = true});
  ASSERT_TRUE(WroteSoon(*stream, 1));
  ASSERT_TRUE(Eventually([&] { return IsDealtWith(stream); }));
  Pass(std::chrono::seconds(30));
  ASSERT_TRUE(stream->is_closed());
  EXPECT_EQ(stream->status().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(stream->final_cursor(), "");
}

TEST_F(SubscriberTest, ReadsFromTheStoreAgainAfterARingRestart) {
  StartRing();
  const auto stream = BeginLive();
  CreateRoom("r1");  // never reaches the ring
  RestartRing();
  ASSERT_TRUE(WroteSoon(*stream, 1));
  stream->FinishWrite();
  ASSERT_TRUE(WroteSoon(*stream, 2));
  stream->FinishWrite();
  CreateRoom("r2");
  Feed();
  ASSERT_TRUE(WroteSoon(*stream, 3));
  EXPECT_EQ(stream->written()[0].event().room().room_id(), "r1");
  EXPECT_EQ(stream->written()[2].event().room().room_id(), "r2");
}

class SubscriberOnSmallRing : public SubscriberTest {
 protected:
  SubscriberOnSmallRing() : SubscriberTest({.ring = {.max_events = 4}}) {}
};

TEST_F(SubscriberOnSmallRing, EndsASlowSubscriberWithoutAwaitingItsWrite) {
  StartRing();
  const auto stream = BeginLive();
  CreateRoom("r0");
  Feed();
  stream->FinishWrite();
  ASSERT_EQ(stream->written().size(), 2U);
  CreateRoom("r1");
  CreateRoom("r2");
  Feed();
  EXPECT_FALSE(stream->is_closed());
  CreateRoom("r3");
  Feed();
  ASSERT_TRUE(stream->is_closed());
  EXPECT_EQ(stream->status().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(stream->final_cursor(), stream->written()[1].event().cursor());
}

TEST_F(SubscriberOnSmallRing, KeepsASubscriberWithFilteredEvents) {
  StartRing();
  const auto stream = BeginLive(WatchFilter(0, {{.id = {"mine"}}}, {}));
  for (int i = 0; i < 20; ++i) {
    CreateRoom("r" + std::to_string(i));
    Feed();
  }
  EXPECT_FALSE(stream->is_closed());
  CreateRoom("mine");
  Feed();
  EXPECT_EQ(stream->written().size(), 1U);
}

// A caller that starts at the oldest event, is disconnected in every possible way at any moment,
// and each time resumes from its last cursor.
class SubscriberUnderStress : public SubscriberTest,
                              public testing::WithParamInterface<std::uint32_t> {
 protected:
  SubscriberUnderStress()
      : SubscriberTest({.ring = {.max_events = 16},
                        .page = {.events_per_read = 5, .rooms_per_read = 5, .max_bytes = 700}}) {}

  std::uint32_t Below(std::uint32_t limit) {
    return std::uniform_int_distribution<std::uint32_t>(0, limit - 1)(random_);
  }

  void DoSomething(FakeStream& stream) {
    switch (Below(12)) {
      case 0:
        CreateRoom("r" + std::to_string(++rooms_));
        break;
      case 1:
        Feed(1 + Below(8));
        break;
      case 2:
        if (Below(40) == 0) Pass(std::chrono::seconds(31));
        break;
      case 3:
        if (Below(40) == 0) stream.Stop();
        break;
      case 4:
        if (Below(40) == 0) stream.Cancel();
        break;
      case 5:
        if (Below(20) == 0) RestartRing();
        break;
      default:
        if (IsBehind(stream)) {
          EXPECT_TRUE(Eventually([&] {
            Pass(std::chrono::milliseconds(0));  // a tick wakes store readers
            return stream.is_writing() || stream.is_closed();
          }));
        }
        if (stream.is_writing()) stream.FinishWrite();
        break;
    }
  }

  // Whether another write follows the one in progress.
  bool IsBehind(const FakeStream& stream) {
    Note(stream);
    return after_.position < fed_.position;
  }

  // Records the latest writes.
  void Note(const FakeStream& stream) {
    for (const v1::WatchResponse& message : stream.written(noted_)) {
      ++noted_;
      if (!message.has_event()) continue;
      after_ = *Cursor::Parse(message.event().cursor());
      seen_.push_back(after_.position);
    }
  }

  std::mt19937 random_{GetParam()};
  int rooms_ = 0;
  Cursor after_ = Cursor::Start();
  std::ptrdiff_t noted_ = 0;  // messages of the current stream
  std::vector<std::uint64_t> seen_;
};

TEST_P(SubscriberUnderStress, MissesNothingAndRepeatsNothing) {
  for (int i = 0; i < 10; ++i) CreateRoom("r" + std::to_string(++rooms_));
  StartRing();
  while (rooms_ < 300) {
    const auto stream = Begin({.after = after_});
    noted_ = 0;
    while (!stream->is_closed() && rooms_ < 300) DoSomething(*stream);
    stream->Cancel();
    Note(*stream);
    streams_.clear();
    EXPECT_THAT(stream->faults(), IsEmpty());
    if (!stream->final_cursor().empty()) {
      EXPECT_EQ(stream->final_cursor(), after_.Encode());
    }
  }
  EXPECT_GT(seen_.size(), 300U);
  for (std::size_t i = 0; i < seen_.size(); ++i) ASSERT_EQ(seen_[i], i + 1);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SubscriberUnderStress, testing::Range(1U, 11U));

}  // namespace
}  // namespace rtcroom
