#include "daemon/media/cloud_streams.h"

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_media.h"
#include "tests/unit/media/fake_live_service.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = MediaState::Kind;

constexpr std::chrono::milliseconds kFresh = 12s;
constexpr std::chrono::milliseconds kGrace = 15s;

class CloudStreamsTest : public testing::Test {
 protected:
  ~CloudStreamsTest() override {
    service_.SetHanging(false);
    calls_.Stop();
  }

  CloudStreamsDeps Deps(const MediaView* callbacks = nullptr) {
    return {.service = service_,
            .calls = calls_,
            .callbacks = callbacks,
            .replies = replies_,
            .clock = clock_,
            .logger = logger_};
  }
  /// Looks at the stream and waits until the service has replied to all questions.
  MediaState Look(const std::string& stream = "s") {
    const MediaState state = streams_.StateOf(stream);
    Settle();
    return state;
  }
  /// As each sweep does.
  std::vector<std::string> Sweep() {
    std::vector<std::string> off = streams_.OffFor(kGrace);
    Settle();
    return off;
  }
  /// A probe behind all calls shows that they have ended: there is one caller.
  void Settle() {
    std::atomic<bool> is_settled{false};
    ASSERT_TRUE(calls_.TrySubmit({.run = [&] { is_settled = true; }, .expired = [] {}}));
    ASSERT_TRUE(Eventually([&] { return is_settled.load(); }));
  }

  FakeClock clock_;
  CapturedLog log_;
  Logger logger_{LogFormat::kJson, LogLevel::kInfo, log_.file()};
  FakeLiveService service_;
  Tally replies_;
  CallPool calls_{clock_, logger_, {.callers = 1, .max_waiting = 3}};
  CloudStreams streams_{{.fresh_for = kFresh, .forget_after = 100s, .max_streams = 2}, Deps()};
};

TEST_F(CloudStreamsTest, ALookFindsTheReplyToAnEarlierOne) {
  service_.Set("s", StreamState::kLive);
  EXPECT_EQ(Look().kind, Kind::kUnknown);
  clock_.Advance(3s);
  const MediaState state = Look();
  EXPECT_EQ(state.kind, Kind::kOn);
  EXPECT_EQ(state.lasting, 3s);
  EXPECT_THAT(service_.asked(), ElementsAre("s"));
}

TEST_F(CloudStreamsTest, AsksAgainWhenTheReplyIsOld) {
  service_.Set("s", StreamState::kLive);
  Look();
  clock_.Advance(kFresh);
  const MediaState state = Look();
  EXPECT_EQ(state.kind, Kind::kUnknown);
  EXPECT_EQ(state.lasting, kFresh) << "since it was live";
  EXPECT_EQ(Look().kind, Kind::kOn);
  EXPECT_EQ(service_.asked().size(), 2U);
}

// Its member has only its heartbeats to speak for it.
TEST_F(CloudStreamsTest, AStreamThatWasNeverLiveCountsAtOnce) {
  service_.Set("s", StreamState::kNotLive);
  Look();
  EXPECT_THAT(Sweep(), ElementsAre("s"));
  EXPECT_EQ(Look().kind, Kind::kNone);
  clock_.Advance(kFresh);
  EXPECT_THAT(Sweep(), IsEmpty());
  EXPECT_EQ(service_.asked().size(), 1U) << "nobody has looked";
}

TEST_F(CloudStreamsTest, AStreamThatWasLiveIsOffAfterAGraceAndASecondReply) {
  service_.Set("s", StreamState::kLive);
  Look();
  clock_.Advance(kFresh);
  service_.Set("s", StreamState::kNotLive);
  Look();
  EXPECT_EQ(Look().kind, Kind::kOff);
  EXPECT_THAT(Sweep(), IsEmpty());
  clock_.Advance(kFresh);
  EXPECT_THAT(Sweep(), IsEmpty());  // asks again
  clock_.Advance(kGrace - kFresh);
  EXPECT_THAT(Sweep(), ElementsAre("s"));
  EXPECT_EQ(service_.asked().size(), 3U);
  clock_.Advance(kFresh);
  EXPECT_THAT(Sweep(), IsEmpty()) << "a reply counts only so long";
}

TEST_F(CloudStreamsTest, AStreamThatBlinksIsNotOff) {
  service_.Set("s", StreamState::kLive);
  Look();
  clock_.Advance(kFresh);
  service_.Set("s", StreamState::kNotLive);
  Look();
  service_.Set("s", StreamState::kLive);
  clock_.Advance(kFresh);
  EXPECT_THAT(Sweep(), IsEmpty());
  EXPECT_EQ(Look().kind, Kind::kOn);
}

TEST_F(CloudStreamsTest, AnUnknownStateSaysNothing) {
  EXPECT_GT(Look().lasting, 1000h) << "it was never live";
  clock_.Advance(5s);
  EXPECT_EQ(Look().kind, Kind::kUnknown);
  EXPECT_THAT(Sweep(), IsEmpty());
  EXPECT_EQ(service_.asked().size(), 1U);
  clock_.Advance(kFresh);
  EXPECT_THAT(Sweep(), IsEmpty());
  EXPECT_EQ(service_.asked().size(), 2U) << "a sweep repeats the question";
  EXPECT_THAT(log_.Text(), HasSubstr("stream_states_unknown"));
}

TEST_F(CloudStreamsTest, AsksOnceWhileThereIsNoReply) {
  service_.SetHanging(true);
  (void)streams_.StateOf("s");
  (void)streams_.StateOf("s");
  service_.SetHanging(false);
  Settle();
  EXPECT_THAT(service_.asked(), ElementsAre("s"));
}

TEST_F(CloudStreamsTest, AsksAgainWhenAQuestionHadNoPlace) {
  calls_.Close();
  EXPECT_EQ(streams_.StateOf("s").kind, Kind::kUnknown);
  EXPECT_EQ(streams_.StateOf("s").kind, Kind::kUnknown);
  EXPECT_THAT(service_.asked(), IsEmpty());
  EXPECT_THAT(replies_.Read(), IsEmpty());
}

TEST_F(CloudStreamsTest, ForgetsStreamsAtWhichNobodyLooks) {
  for (const char* stream : {"s", "t"}) Look(stream);
  Look("one too many");
  EXPECT_THAT(service_.asked(), ElementsAre("s", "t"));
  clock_.Advance(100s + 1ms);
  Sweep();
  Look("one too many");
  EXPECT_EQ(service_.asked().back(), "one too many");
}

TEST_F(CloudStreamsTest, AsksNobodyWhereCallbacksKnowTheStream) {
  FakeMedia callbacks(clock_);
  callbacks.Set("s", Kind::kOn);
  callbacks.Set("t", Kind::kOff);
  clock_.Advance(kGrace);
  const CloudStreams streams({}, Deps(&callbacks));
  EXPECT_EQ(streams.StateOf("s").kind, Kind::kOn);
  EXPECT_EQ(streams.StateOf("t").kind, Kind::kOff);
  EXPECT_THAT(streams.OffFor(kGrace), ElementsAre("t"));
  Settle();
  EXPECT_THAT(service_.asked(), IsEmpty());

  callbacks.Set("s", Kind::kUnknown);
  service_.Set("s", StreamState::kLive);
  (void)streams.StateOf("s");
  Settle();
  EXPECT_EQ(streams.StateOf("s").kind, Kind::kOn);
}

}  // namespace
}  // namespace rtcroom
