#include "daemon/media/mix_queue.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/support/tally_lines.h"
#include "tests/unit/media/fake_live_service.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const MixReply kDone{.code = 0, .message = "Success!", .timestamp = 7};

/// The host with a number of guests.
MixRequest MixOf(const std::string& host, int guests) {
  MixRequest mix{.output = host, .inputs = {{.stream = host}}};
  for (int i = 0; i < guests; ++i) mix.inputs.push_back({.stream = "guest", .image_layer = i + 2});
  return mix;
}

class MixQueueTest : public testing::Test {
 protected:
  ~MixQueueTest() override {
    service_.SetHanging(false);
    calls_.Stop();
  }

  /// Asks for a mix; its reply is recorded under `name`.
  void Ask(const std::string& name, MixRequest mix) {
    queue_.Mix({.kind = RoomKind::kLive, .id = {"r1"}}, std::move(mix),
               [this, name](const Result<MixReply>& reply) {
                 const MutexLock lock(mutex_);
                 replies_.push_back(name + (reply ? " " + std::to_string(reply->code)
                                                  : ": " + reply.error().detail));
               });
  }
  [[nodiscard]] std::vector<std::string> replies() const {
    const MutexLock lock(mutex_);
    return replies_;
  }
  bool HasReplies(std::size_t count) {
    return Eventually([&] { return replies().size() >= count; });
  }
  bool HasCalls(std::size_t count) {
    return Eventually([&] { return service_.mixes().size() >= count; });
  }

  FakeClock clock_;
  CapturedLog log_;
  Logger logger_{LogFormat::kJson, LogLevel::kInfo, log_.file()};
  FakeLiveService service_;
  Tally outcomes_;
  mutable Mutex mutex_;
  std::vector<std::string> replies_ GUARDED_BY(mutex_);
  CallPool calls_{clock_, logger_, {.callers = 2, .max_waiting = 2}};
  MixQueue queue_{{.max_waiting = 3}, service_, calls_, outcomes_, logger_};
};

TEST_F(MixQueueTest, PassesOnTheReplyOfTheService) {
  service_.WillReply(kDone);
  Ask("a", MixOf("host", 1));
  ASSERT_TRUE(HasReplies(1));
  EXPECT_THAT(replies(), ElementsAre("a 0"));
  EXPECT_THAT(service_.mixes(), ElementsAre(MixOf("host", 1)));
  EXPECT_THAT(LinesOf(outcomes_), ElementsAre("mixed 1"));
}

TEST_F(MixQueueTest, RepeatsAMixWithoutAReplyOnce) {
  service_.WillReply(Error{Errc::kUnavailable, "unreadable"});
  service_.WillReply(kDone);
  Ask("a", MixOf("host", 1));
  ASSERT_TRUE(HasReplies(1));
  EXPECT_THAT(replies(), ElementsAre("a 0"));
  EXPECT_THAT(service_.timeouts(), ElementsAre(2500ms, 2500ms));
}

TEST_F(MixQueueTest, FailsAfterTwoTries) {
  Ask("a", MixOf("host", 1));
  ASSERT_TRUE(HasReplies(1));
  EXPECT_THAT(replies(), ElementsAre("a: no reply in time"));
  EXPECT_EQ(service_.mixes().size(), 2U);
  EXPECT_THAT(LinesOf(outcomes_), ElementsAre("failed 1"));
}

TEST_F(MixQueueTest, DoesNotRepeatARefusedMix) {
  service_.WillReply(MixReply{.code = -505, .message = "no such stream"});
  Ask("a", MixOf("host", 1));
  ASSERT_TRUE(HasReplies(1));
  EXPECT_THAT(replies(), ElementsAre("a -505"));
  EXPECT_EQ(service_.mixes().size(), 1U);
  EXPECT_THAT(LinesOf(outcomes_), ElementsAre("refused 1"));
  EXPECT_THAT(log_.Text(), AllOf(HasSubstr("mix_refused"), HasSubstr("no such stream")));
}

TEST_F(MixQueueTest, AsksForOneMixOfAnOutputAtATimeAndThenForTheNewest) {
  service_.SetHanging(true);
  for (int i = 0; i < 3; ++i) service_.WillReply(kDone);
  Ask("a", MixOf("host", 1));
  ASSERT_TRUE(HasCalls(1));
  Ask("b", MixOf("host", 2));
  Ask("c", MixOf("host", 3));
  Ask("other", MixOf("another", 1));
  ASSERT_TRUE(HasCalls(2));
  EXPECT_THAT(service_.mixes(), ElementsAre(MixOf("host", 1), MixOf("another", 1)));

  service_.SetHanging(false);
  ASSERT_TRUE(HasReplies(4));
  EXPECT_THAT(replies(), testing::UnorderedElementsAre("a 0", "b 0", "c 0", "other 0"));
  EXPECT_EQ(service_.mixes().back(), MixOf("host", 3));
  EXPECT_EQ(service_.mixes().size(), 3U);

  service_.WillReply(kDone);
  Ask("d", MixOf("host", 0));
  ASSERT_TRUE(HasReplies(5));
  EXPECT_EQ(replies().back(), "d 0");
}

TEST_F(MixQueueTest, RefusesMoreThanMayWait) {
  service_.SetHanging(true);
  Ask("a", MixOf("host", 1));
  ASSERT_TRUE(HasCalls(1));
  for (const char* name : {"b", "c", "d"}) Ask(name, MixOf("host", 2));
  EXPECT_THAT(replies(), IsEmpty());
  Ask("e", MixOf("host", 3));
  EXPECT_THAT(replies(), ElementsAre("e: too many mixes are waiting"));
}

TEST_F(MixQueueTest, RefusesMoreOutputsThanMayWait) {
  service_.SetHanging(true);
  for (const char* host : {"h1", "h2"}) Ask(host, MixOf(host, 1));
  ASSERT_TRUE(HasCalls(2));
  for (const char* host : {"h3", "h4", "h5"}) Ask(host, MixOf(host, 1));
  EXPECT_THAT(replies(), ElementsAre("h5: too many mixes are waiting"));
  Ask("again", MixOf("h5", 1));
  EXPECT_EQ(replies().size(), 2U) << "an output of which nothing runs is not kept";
}

TEST_F(MixQueueTest, DropsAMixThatWaitedTooLong) {
  service_.SetHanging(true);
  for (const char* host : {"h1", "h2"}) Ask(host, MixOf(host, 1));
  ASSERT_TRUE(HasCalls(2));
  Ask("late", MixOf("h3", 1));
  clock_.Advance(5001ms);
  service_.SetHanging(false);
  ASSERT_TRUE(HasReplies(3));
  EXPECT_THAT(replies(), testing::Contains("late: too many mixes are waiting"));
}

TEST_F(MixQueueTest, AnswersAllWhenItStops) {
  service_.SetHanging(true);
  for (const char* host : {"h1", "h2"}) Ask(host, MixOf(host, 1));
  ASSERT_TRUE(HasCalls(2));
  Ask("waiting for a thread", MixOf("h3", 1));
  Ask("behind it", MixOf("h3", 2));
  Ask("behind a running one", MixOf("h1", 2));
  calls_.Close();
  EXPECT_EQ(replies().size(), 2U);
  service_.SetHanging(false);
  calls_.Stop();
  EXPECT_EQ(replies().size(), 5U);
  Ask("after it", MixOf("h1", 1));
  EXPECT_EQ(replies().back(), "after it: too many mixes are waiting");
}

}  // namespace
}  // namespace rtcroom
