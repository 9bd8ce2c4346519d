// Tests of the plans for publishing, pulling and pushing a stream, of the watches over load and
// sessions, and of the times of frames.
#include "daemon/web/stream_plans.h"

#include <array>

#include <gtest/gtest.h>

#include "daemon/web/load_watch.h"
#include "daemon/web/session_watch.h"
#include "daemon/web/stream_times.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

constexpr MonotonicTime kStart{1h};
constexpr bool kNobody = false;
constexpr bool kPlayed = true;

TEST(PullPlan, GoesOnForAWhileAfterTheLastPlayer) {
  PullPlan plan(kStart);
  EXPECT_TRUE(plan.IsDue(kStart + 10s, kPlayed));
  EXPECT_TRUE(plan.IsDue(kStart + 39s, kNobody));
  EXPECT_FALSE(plan.IsOver(kStart + 39s));
  EXPECT_FALSE(plan.IsDue(kStart + 40s, kNobody));
  EXPECT_TRUE(plan.IsOver(kStart + 40s));
  EXPECT_TRUE(plan.IsDue(kStart + 50s, kPlayed)) << "again";
}

TEST(PullPlan, TranscodesWhatIsPlayedAndNotWhatIsOnlyKept) {
  constexpr bool kKept = true;
  PullPlan plan(kStart);
  EXPECT_TRUE(plan.IsDue(kStart, kNobody, kKept));
  EXPECT_EQ(plan.Reordered(kStart, true), PullPictures::kLeaveOut);
  EXPECT_TRUE(plan.IsDue(kStart + 1s, kPlayed, kKept));
  EXPECT_EQ(plan.Reordered(kStart + 1s, true), PullPictures::kTranscode);
  EXPECT_EQ(plan.Reordered(kStart + 1s, false), PullPictures::kLeaveOut) << "too many run";
  EXPECT_TRUE(plan.IsDue(kStart + 40s, kNobody, kKept));
  EXPECT_EQ(plan.Reordered(kStart + 30s, true), PullPictures::kTranscode)
      << "who played it may come back";
  EXPECT_EQ(plan.Reordered(kStart + 31s, true), PullPictures::kLeaveOut);
}

TEST(PullPlan, BeginsAgainAfterAPause) {
  PullPlan plan(kStart);
  EXPECT_TRUE(plan.IsDue(kStart, kPlayed));
  plan.Ended(kStart);
  EXPECT_FALSE(plan.IsDue(kStart + 499ms, kPlayed));
  EXPECT_TRUE(plan.IsDue(kStart + 500ms, kPlayed));
}

TEST(PullPlan, IsMissingWhenNothingCameForWhoWaits) {
  PullPlan plan(kStart);
  EXPECT_FALSE(plan.IsMissing(kStart + 29s, kStart));
  EXPECT_TRUE(plan.IsMissing(kStart + 30s, kStart));
  EXPECT_FALSE(plan.IsMissing(kStart + 30s, kStart + 1s)) << "who came later waits on";
  plan.Media(kStart + 20s);
  EXPECT_FALSE(plan.IsMissing(kStart + 49s, kStart));
  EXPECT_TRUE(plan.IsMissing(kStart + 50s, kStart));
}

TEST(PublisherPlan, GivesThePlaceToTheNewestOnceItIsAnswered) {
  PublisherPlan plan;
  EXPECT_FALSE(plan.HasAny()) << "a busy worker would refuse";
  EXPECT_EQ(plan.Began("first"), "");
  EXPECT_TRUE(plan.HasAny()) << "a busy worker takes the next one";
  EXPECT_EQ(plan.Answered(), "");
  EXPECT_TRUE(plan.HasAny());
  EXPECT_EQ(plan.Began("second"), "") << "the first goes on meanwhile";
  EXPECT_EQ(plan.Began("third"), "second");
  plan.Ended("second");
  EXPECT_EQ(plan.Answered(), "first");
  plan.Ended("first");
  EXPECT_TRUE(plan.HasAny());
  plan.Ended("third");
  EXPECT_FALSE(plan.HasAny());
}

TEST(PublisherPlan, ForgetsOneThatEndsBeforeItsAnswer) {
  PublisherPlan plan;
  EXPECT_EQ(plan.Began("first"), "");
  plan.Ended("first");
  EXPECT_FALSE(plan.HasAny());
  EXPECT_EQ(plan.Began("second"), "");
}

TEST(PushPlan, IsTriedEachSecondForHalfAMinute) {
  PushPlan plan;
  std::uint64_t frames = 1;
  EXPECT_TRUE(plan.IsDue(kStart, frames));
  for (auto now = kStart; now < kStart + 30s; now += 1s) {
    EXPECT_FALSE(plan.IsLost(now));
    plan.Ended(now, frames++);
    EXPECT_FALSE(plan.IsDue(now + 999ms, frames));
    EXPECT_TRUE(plan.IsDue(now + 1s, frames));
  }
  EXPECT_FALSE(plan.WasTaken());
  EXPECT_TRUE(plan.IsLost(kStart + 30s));
}

TEST(PushPlan, ForgetsFailuresOnceItWorks) {
  PushPlan plan;
  plan.Ended(kStart, 1);
  plan.Worked(kStart + 29s);
  EXPECT_FALSE(plan.IsLost(kStart + 31s)) << "it is taken now";
  plan.Worked(kStart + 34s);
  plan.Ended(kStart + 35s, 2);
  EXPECT_FALSE(plan.IsLost(kStart + 64s));
  EXPECT_TRUE(plan.IsLost(kStart + 65s));
}

TEST(PushPlan, IsLostWhenTheMediaServerKeepsClosingIt) {
  PushPlan plan;
  for (auto now = kStart; now < kStart + 30s; now += 5s) {
    plan.Worked(now);
    EXPECT_FALSE(plan.IsLost(now));
    plan.Worked(now + 4s);
    plan.Ended(now + 4s, 1);
  }
  EXPECT_FALSE(plan.IsLost(kStart + 33s));
  EXPECT_TRUE(plan.IsLost(kStart + 34s));
}

TEST(PushPlan, BeginsAgainWhenTheMediaServerHasClosedIt) {
  PushPlan plan;
  plan.Worked(kStart);
  plan.Ended(kStart + 300s, 1);
  EXPECT_TRUE(plan.WasTaken()) << "the next one takes the stream from nobody else";
  EXPECT_FALSE(plan.IsDue(kStart + 300'999ms, 2));
  EXPECT_TRUE(plan.IsDue(kStart + 301s, 2));
  EXPECT_FALSE(plan.IsLost(kStart + 329s));
  EXPECT_TRUE(plan.IsLost(kStart + 330s));
}

TEST(PushPlan, WaitsForMediaThatCameSinceItWasClosed) {
  PushPlan plan;
  plan.Worked(kStart);
  plan.Ended(kStart, 7);
  EXPECT_FALSE(plan.IsDue(kStart + 10s, 7));
  EXPECT_TRUE(plan.IsDue(kStart + 10s, 8));
}

TEST(LoadWatch, IsBusyAfterTenSecondsOfMostOfACore) {
  LoadWatch load;
  load.Measure(kStart, 30s, 1);  // of many hours
  EXPECT_FALSE(load.is_busy());
  load.Measure(kStart + 9s, 39s, 1);
  EXPECT_FALSE(load.is_busy()) << "not for long enough";
  load.Measure(kStart + 10s, 38'001ms, 1);
  EXPECT_TRUE(load.is_busy());
  load.Measure(kStart + 15s, 38'001ms, 1);
  EXPECT_TRUE(load.is_busy());
  load.Measure(kStart + 20s, 46'001ms, 1);
  EXPECT_FALSE(load.is_busy());
}

TEST(LoadWatch, CountsTheCoresThatTheWorkerMayUse) {
  LoadWatch load;
  load.Measure(kStart, 0s, 4);
  load.Measure(kStart + 10s, 32s, 4);
  EXPECT_FALSE(load.is_busy());
  load.Measure(kStart + 20s, 64'001ms, 4);
  EXPECT_TRUE(load.is_busy());
  load.Measure(kStart + 30s, 72'001ms, 0);
  EXPECT_FALSE(load.is_busy()) << "of one, where it is not known";
  load.Measure(kStart + 40s, 80'002ms, 0);
  EXPECT_TRUE(load.is_busy());
}

TEST(SessionWatch, EndsWhatDoesNotConnect) {
  SessionWatch watch(kStart, 0);
  EXPECT_EQ(watch.Check(kStart + 9s, {}), std::nullopt);
  EXPECT_EQ(watch.Check(kStart + 10s, {}), v1::WebEnded::REASON_NEVER_CONNECTED);
}

TEST(SessionWatch, EndsWhatFallsSilent) {
  SessionWatch watch(kStart, 0);
  watch.Connected(kStart + 5s);
  EXPECT_EQ(watch.Check(kStart + 14s, {.signs = 1}), std::nullopt);
  EXPECT_EQ(watch.Check(kStart + 23s, {.signs = 1}), std::nullopt);
  EXPECT_EQ(watch.Check(kStart + 24s, {.signs = 1}), v1::WebEnded::REASON_SILENT);
}

TEST(SessionWatch, HearsNothingOfWhoIsSentNothing) {
  SessionWatch watch(kStart, 0);
  watch.Connected(kStart);
  EXPECT_EQ(watch.Check(kStart + 29s, {.is_fed = false}), std::nullopt);
  EXPECT_EQ(watch.Check(kStart + 38s, {}), std::nullopt);
  EXPECT_EQ(watch.Check(kStart + 39s, {}), v1::WebEnded::REASON_SILENT);
}

TEST(SessionWatch, EndsWhatSendsTooMuchForTooLong) {
  SessionWatch watch(kStart, 8);  // 1000 bytes a second
  watch.Connected(kStart);
  std::uint64_t bytes = 0;
  std::uint64_t signs = 0;
  const auto second = [&](int at, std::uint64_t more) {
    bytes += more;
    return watch.Check(kStart + at * 1s, {.signs = ++signs, .bytes = bytes});
  };
  for (int at = 1; at < 10; ++at) EXPECT_EQ(second(at, 1100), std::nullopt);
  EXPECT_EQ(second(10, 900), std::nullopt);
  for (int at = 11; at < 20; ++at) EXPECT_EQ(second(at, 1100), std::nullopt);
  EXPECT_EQ(second(20, 1100), v1::WebEnded::REASON_TOO_FAST);
}

TEST(SessionWatch, EndsWhatNeverFinishesAPicture) {
  SessionWatch watch(kStart, 0);
  watch.Connected(kStart);
  constexpr std::uint64_t kMost = SessionWatch::kMostUnfinished;
  EXPECT_EQ(watch.Check(kStart + 1s, {.unfinished = kMost}), std::nullopt);
  EXPECT_EQ(watch.Check(kStart + 2s, {.unfinished = kMost + 1}), v1::WebEnded::REASON_TOO_FAST);
}

TEST(OpusDuration, IsThatOfItsFrames) {
  const auto of = [](std::uint8_t first, std::uint8_t second) {
    const std::array<std::uint8_t, 2> packet = {first, second};
    return OpusDuration(packet);
  };
  EXPECT_EQ(OpusDuration({}), 0ms);
  EXPECT_EQ(of(0x00, 0), 10ms);  // SILK
  EXPECT_EQ(of(3U << 3U, 0), 60ms);
  EXPECT_EQ(of(12U << 3U, 0), 10ms);  // hybrid
  EXPECT_EQ(of(13U << 3U, 0), 20ms);
  EXPECT_EQ(of(28U << 3U, 0), 2500us);  // CELT
  EXPECT_EQ(of(31U << 3U, 0), 20ms);
  EXPECT_EQ(of((31U << 3U) | 1U, 0), 40ms);
  EXPECT_EQ(of((31U << 3U) | 3U, 3), 60ms);
}

TEST(SteadySound, FollowsThePacketBefore) {
  SteadySound sound;
  EXPECT_EQ(sound.Next(100ms, 20ms), 100ms);
  EXPECT_EQ(sound.Next(121ms, 20ms), 120ms);
  EXPECT_EQ(sound.Next(139ms, 20ms), 140ms);
  EXPECT_EQ(sound.Next(200ms, 20ms), 200ms) << "a pause is one";
}

TEST(PullOffset, IsOneForPictureAndSoundAndBeginsAnewWithTheStream) {
  PullOffset offset;
  EXPECT_EQ(offset.Apply(5000ms, 100ms), 100ms);
  EXPECT_EQ(offset.Apply(5010ms, 150ms), 110ms) << "late";
  EXPECT_EQ(offset.Apply(5100ms, 190ms), 190ms) << "ahead: the offset moves";
  EXPECT_EQ(offset.Apply(5120ms, 300ms), 210ms) << "by that much for all";
  EXPECT_EQ(offset.Apply(0ms, 400ms), 400ms) << "a new stream";
  EXPECT_EQ(offset.Apply(20ms, 3421ms), 3421ms) << "too late";
  EXPECT_EQ(offset.Apply(500ms, 3500ms), 3500ms) << "too far ahead";
}

}  // namespace
}  // namespace rtcroom
