#include "daemon/web/stream_hub.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// The times, in milliseconds, of what it has taken; sound is negative.
class Viewer : public FrameReader {
 public:
  void Take(const MediaFrame& frame) override {
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(frame.time).count();
    times.push_back(frame.kind == MediaKind::kVideo ? time : -time);
  }
  std::vector<std::int64_t> times;
};

MediaFrame Key(int ms) { return {.is_key = true, .time = ms * 1ms, .bytes = 10}; }
MediaFrame Delta(int ms) { return {.time = ms * 1ms, .bytes = 10}; }
MediaFrame Sound(int ms) { return {.kind = MediaKind::kAudio, .time = ms * 1ms, .bytes = 1}; }

class StreamHubTest : public testing::Test {
 protected:
  std::shared_ptr<Viewer> Join() {
    auto viewer = std::make_shared<Viewer>();
    hub_.Add(viewer);
    return viewer;
  }
  StreamHub hub_;
};

TEST_F(StreamHubTest, BeginsWithAKeyFrameAndSoundAtOnce) {
  const auto viewer = Join();
  EXPECT_TRUE(hub_.needs_key());
  for (const MediaFrame& frame : {Delta(40), Sound(50), Key(80), Delta(120)}) hub_.Deliver(frame);
  EXPECT_THAT(viewer->times, ElementsAre(-50, 80, 120));
  EXPECT_FALSE(hub_.needs_key());
  EXPECT_EQ(hub_.frames(), 4U);
}

TEST_F(StreamHubTest, GivesWhoJoinsThePicturesSinceTheKeyFrameAtOnce) {
  for (const MediaFrame& frame : {Key(0), Key(1000), Delta(1040), Delta(1080)}) hub_.Deliver(frame);
  const auto viewer = Join();
  EXPECT_FALSE(hub_.needs_key());
  hub_.Deliver(Delta(1120));
  hub_.Deliver(Delta(1160));
  EXPECT_THAT(viewer->times, ElementsAre(1117, 1118, 1119, 1120, 1160));
}

TEST_F(StreamHubTest, ForgetsAGroupThatIsTooLong) {
  hub_.Deliver(Key(0));
  for (int i = 1; i <= 400; ++i) hub_.Deliver(Delta(i));
  const auto viewer = Join();
  EXPECT_TRUE(hub_.needs_key());
  hub_.Deliver(Delta(500));
  hub_.Deliver(Key(540));
  EXPECT_THAT(viewer->times, ElementsAre(540));
}

TEST_F(StreamHubTest, ForgetsAGroupThatIsTooLarge) {
  MediaFrame large = Delta(1);
  large.bytes = StreamHub::kMaxBytes;
  hub_.Deliver(Key(0));
  hub_.Deliver(large);
  const auto viewer = Join();
  hub_.Deliver(Delta(2));
  EXPECT_THAT(viewer->times, ElementsAre());
}

TEST_F(StreamHubTest, KeepsItsViewersWhenTheSourceIsAnotherOne) {
  const auto viewer = Join();
  hub_.Deliver(Key(0));
  hub_.SetSize(640, 360);
  hub_.Restart();
  EXPECT_TRUE(hub_.needs_key());
  EXPECT_FALSE(hub_.has(MediaKind::kVideo));
  EXPECT_EQ(hub_.width(), 0U);
  hub_.Deliver(Delta(40));
  hub_.Deliver(Key(80));
  EXPECT_THAT(viewer->times, ElementsAre(0, 80)) << "nothing that refers to the old one";
}

TEST_F(StreamHubTest, LetsViewersGo) {
  const auto one = Join();
  const auto other = Join();
  hub_.Deliver(Key(0));
  hub_.Remove(*one);
  hub_.Deliver(Delta(40));
  EXPECT_THAT(one->times, ElementsAre(0));
  EXPECT_THAT(other->times, ElementsAre(0, 40));
}

}  // namespace
}  // namespace rtcroom
